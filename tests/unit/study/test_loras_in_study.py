"""LoRAs that a study trains: what of its file does not fit, and what others see of them."""

import copy
from pathlib import Path
from typing import Any

import pytest

from synthgap.errors import InputError
from synthgap.generation import adapted_pipeline
from synthgap.study.generators import AdaptedGenerator
from synthgap.study.made import facts
from synthgap.study.model import Study
from synthgap.study.notices import notices
from synthgap.study.parsing import parse_study, read_yaml
from synthgap.study.replicate import replicate
from synthgap.study.seeds_left_open import open_question

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")
PLAIN = TINY["generators"]["stable-diffusion"]
HUB = {"repository": "owner/name", "revision": "0" * 40}
TAUGHT = {"of": "stable-diffusion", "prompts": "disamb", "steps": 2}
LORA = {"trained": "taught", "scale": 0.5}
FILE = "models/loras/taught/x.safetensors"


def data(
    lora: dict[str, Any] | None = None, taught: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The tiny study with a LoRA, and a variant made with it."""
    study = copy.deepcopy(TINY)
    study["loras"] = {"taught": {**TAUGHT, **(taught or {})}}
    study["generators"]["adapted"] = {**PLAIN, "kind": "adapted", "loras": [lora or LORA]}
    study["variants"]["low-rank"] = {**study["variants"]["disamb"], "generator": "adapted"}
    for section, entries in more.items():
        study[section] = {**study.get(section, {}), **entries}
    return study


def parsed(**changes: Any) -> Study:
    return parse_study(data(**changes), "study.yaml")


def adapted(study: Study) -> AdaptedGenerator:
    found = study.generators["adapted"]
    assert isinstance(found, AdaptedGenerator)
    return found


CAPTIONS = {
    "prompts": {"own": {"kind": "captioned", "captioner": "words", "template": "{caption}"}},
    "captioners": {"words": {"kind": "measured"}},
}
MADE = {"kind": "folder", "images": "."}
DIT = {
    "adapted": {
        **PLAIN,
        "model": {"miniature": "dit"},
        "kind": "adapted",
        "loras": [LORA],
    }
}
OTHER = {**PLAIN, "model": HUB}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lora": {"trained": "no"}}, "generators.adapted.loras[0].trained: there is no no; the"),
        ({"lora": {**LORA, "file": "x.safetensors"}}, "loras[0]: name exactly one of trained"),
        ({"lora": {"scale": 1}}, "generators.adapted.loras[0]: name exactly one of trained"),
        ({"lora": {**LORA, **HUB}}, "generators.adapted.loras[0]: name exactly one of trained"),
        ({"lora": HUB}, "loras[0]: name a file, or repository, revision"),
        ({"taught": {"of": "no"}}, "loras.taught.of: there is no no; the study has stable-diff"),
        ({"taught": {"of": "adapted"}}, "loras.taught.of: adapted is of the kind adapted; name"),
        (
            {"taught": {"of": "made"}, "generators": {"made": MADE}},
            "loras.taught.of: made is of the kind folder; name a generator of the kind diffusers",
        ),
        ({"taught": {"prompts": "no"}}, "loras.taught.prompts: there is no no; the study has"),
        (
            {
                "taught": {"of": "other"},
                "lora": LORA,
                "generators": {"other": {**PLAIN, "model": {"miniature": "dit"}}, **DIT},
                "miniature": {"generators": {"dit": {"steps": 2, "blocks": 1}}},
            },
            "loras.taught.of: the model of other is a transformer (blocks), for which no LoRA is",
        ),
        (
            {"taught": {"prompts": "own"}, **CAPTIONS},
            "loras.taught.prompts: own has captions of natural images",
        ),
        (
            {"taught": {"of": "other"}, "generators": {"other": OTHER}},
            "generators.adapted.loras[0].trained: taught is trained for the model of other, and "
            "adapted has another; give both the same model",
        ),
        ({"taught": {"rank": 0}}, "loras.taught.rank: must be"),
        ({"taught": {"caption_dropout": 1}}, "loras.taught.caption_dropout: must be"),
        ({"loras": {"TAUGHT": TAUGHT}}, "loras: taught and TAUGHT differ in case alone"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        parsed(**changes)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_prompts_that_a_class_lacks_are_missed_where_no_variant_has_them(tmp_path: Path) -> None:
    (tmp_path / "prompts.csv").write_text("class_id,prompt\ndigit-0,a ring\n")
    own = {"own": {"kind": "captions", "file": str(tmp_path / "prompts.csv")}}
    with pytest.raises(InputError, match=r"^study\.yaml: prompts\.own: .*digit-6"):
        parsed(taught={"prompts": "own"}, prompts=own)


def test_a_generator_loads_the_file_of_what_is_trained_and_its_name_decides_nothing() -> None:
    loading = adapted(parsed()).loading({"taught": FILE})
    given = adapted_pipeline.AdaptedGenerator.model_validate(
        {**PLAIN, "kind": "adapted", "loras": [{"file": FILE, "scale": 0.5}]}
    )
    assert loading == given
    assert loading.params() == given.params()
    assert loading.deciding()["loras"] == [{"scale": 0.5}]
    assert adapted(parsed()).further() == {}


def test_files_of_weights_are_as_they_were() -> None:
    lora = {**HUB, "weight_name": "x.safetensors"}
    study = parsed(lora=lora)
    given = adapted_pipeline.AdaptedGenerator.model_validate(
        {**PLAIN, "kind": "adapted", "loras": [lora]}
    )
    found = adapted(study)
    assert found.trained == {}
    assert found.params() == given.params() == found.loading({}).params()
    assert found.deciding() == given.deciding()
    assert found.further() == given.further()
    assert list(found.params()) == list(given.params())
    assert facts(study, "low-rank")["weights of loras[0]"].startswith("owner/name/x.safetensors@")


def test_cards_say_how_it_was_trained() -> None:
    study = parsed(taught={"steps": 300, "rank": 8})
    assert facts(study, "low-rank")["LoRA taught"] == (
        "trained on natural-train's images with the prompts disamb (recipe template): rank 8, 300 "
        "steps of 16 images, learning rate 0.0001, 0.1 without a prompt, seed 0"
    )
    assert not any("LoRA" in key for key in facts(study, "disamb"))


def test_variants_with_another_lora_are_not_taken_for_alike() -> None:
    again = {**PLAIN, "kind": "adapted", "loras": [{**LORA, "trained": "again"}]}
    more = {
        "loras": {"again": {**TAUGHT, "seed": 1}},
        "generators": {"again": again},
        "variants": {"again": {**TINY["variants"]["disamb"], "generator": "again"}},
    }
    assert not any("identical images" in each for each in notices(parsed(**more)))
    more["generators"]["again"] = {**again, "loras": [LORA]}
    assert any("identical images" in each for each in notices(parsed(**more)))


def test_a_replicate_trains_another() -> None:
    study = parsed()
    other = replicate(study, 2)
    assert study.loras["taught"].seed != other.loras["taught"].seed
    assert other.loras["taught"].model_dump(exclude={"seed"}) == study.loras["taught"].model_dump(
        exclude={"seed"}
    )


def test_what_seeds_leave_open_names_it() -> None:
    pretrained = {
        "generators": {
            "stable-diffusion": {**PLAIN, "model": HUB},
            "adapted": {**PLAIN, "model": HUB, "kind": "adapted", "loras": [LORA]},
        },
        "encoders": {"clip": {"kind": "clip", "model": HUB}},
    }
    study = Study.model_validate({**data(**pretrained), "miniature": None})
    assert open_question(study).startswith("LoRAs were trained once: ")
    assert open_question(parsed()).startswith("Generator, encoder and LoRAs were trained once: ")
    unused = {**data(**pretrained), "miniature": None}
    del unused["variants"]["low-rank"]
    assert "trained" not in open_question(Study.model_validate(unused)).partition("(")[0]


def test_one_that_nothing_loads_is_said() -> None:
    unused = data()
    del unused["variants"]["low-rank"]
    (said,) = [each for each in notices(Study.model_validate(unused)) if each.startswith("loras")]
    assert said == "loras.taught: no variant's generator loads it, so it is not trained"
    assert not [each for each in notices(parsed()) if each.startswith("loras")]
