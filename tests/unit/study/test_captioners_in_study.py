"""Captioners in a study file: what is refused, and what is known before any job."""

import copy
from pathlib import Path
from typing import Any

import pytest

from synthgap.errors import InputError
from synthgap.study import made
from synthgap.study.notices import notices
from synthgap.study.parsing import parse_study, read_yaml

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")
RECIPE = {"kind": "captioned", "captioner": "measured", "template": "{name}, {caption}"}
HUB = {"repository": "owner/name", "revision": "0" * 40}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def captioned(**sections: Any) -> dict[str, Any]:
    data = copy.deepcopy(TINY)
    data["captioners"] = {"measured": {"kind": "measured"}}
    data["prompts"]["captioned"] = RECIPE
    data["variants"]["captioned"] = {**data["variants"]["disamb"], "prompts": "captioned"}
    return data | sections


def refused(data: Any) -> str:
    with pytest.raises(InputError) as caught:
        parse_study(data, "study.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix("study.yaml: ")


def test_what_captions_say_is_not_known_before_any_job() -> None:
    study = parse_study(captioned(), "study.yaml")
    assert study.prompts_of("captioned", "digit-6") == ()
    assert study.captioned("captioned") == study.prompts["captioned"]
    assert study.captioned("disamb") is None
    assert study.captioned("natural-train") is None
    assert study.depends_on_seeds("captioned")
    assert study.has_prompts("clip", "captioned")
    # Nothing is said of images or prompts that would be alike, since nobody knows.
    assert [line for line in notices(study) if "captioned" in line] == []
    assert made.facts(study, "captioned")["captions"] == "measured"
    assert made.examples(study, "captioned") == {}


def test_a_recipe_names_a_captioner_that_is_there() -> None:
    assert refused(captioned(captioners={})) == (
        "prompts.captioned.captioner: there is no measured; the study has no captioners"
    )
    others = {"blip": {"kind": "transformers", "model": HUB}}
    assert refused(captioned(captioners=others)).endswith("the study has blip")


def test_the_miniature_has_no_model_that_captions() -> None:
    model = {"kind": "transformers", "model": {"miniature": "clip"}}
    assert refused(captioned(captioners={"measured": model})) == (
        "captioners.measured.model.miniature: none of the miniature's models captions images; use "
        "the kind measured"
    )


def test_only_digits_are_measured(tmp_path: Path) -> None:
    data = captioned()
    (tmp_path / "photos").mkdir()
    data["natural"] = {"kind": "folder", "images": "photos", "val_per_class": 6}
    del data["miniature"]
    for section in ("generators", "encoders"):
        for entry in data[section].values():
            entry["model"] = HUB
    assert refused(data) == (
        "captioners.measured: the kind measured is of the strokes of digits; use the kind "
        "transformers, or natural images of the kind digits"
    )


def test_a_folder_of_a_model_must_be_there() -> None:
    model = {"kind": "transformers", "model": {"folder": "no/such"}}
    assert refused(captioned(captioners={"measured": model})) == (
        "captioners.measured.model.folder: no folder no/such"
    )


def test_names_that_one_folder_would_share_are_refused() -> None:
    both = {"measured": {"kind": "measured"}, "Measured": {"kind": "measured"}}
    assert "differ in case alone" in refused(captioned(captioners=both))
    data = captioned()
    data["prompts"]["Captioned"] = RECIPE
    assert "differ in case alone" in refused(data)


def test_images_made_elsewhere_were_not_made_of_captions(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    data = captioned()
    data["generators"]["dalle"] = {"kind": "folder", "images": "made"}
    data["variants"]["captioned"] = {"generator": "dalle", "prompts": "captioned"}
    assert refused(data).startswith("variants.captioned.prompts: captioned has captions of natural")


def test_a_template_needs_its_definitions() -> None:
    data = captioned()
    data["prompts"]["captioned"] = RECIPE | {"template": "{definition}, {caption}"}
    del data["classes"][0]["definition"]
    del data["prompts"]["disamb"], data["variants"]["disamb"], data["training_sets"]["disamb"]
    data["variants"]["captioned"]["prompts"] = "captioned"
    assert refused(data) == "prompts.captioned: uses {definition}, but the class digit-0 has none"
