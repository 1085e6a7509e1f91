"""Proposals for classes that have a defect: what was shown, what is untested, in what words."""

import inspect
import json
import shlex
from pathlib import Path
from typing import Any

import diffusers
import pandas as pd
import pytest
import yaml

from synthgap.classes import Category
from synthgap.generation import known_pipelines
from synthgap.generation.adapted_pipeline import AdaptedGenerator
from synthgap.prompts.captioned import CaptionedRecipe
from synthgap.prompts.contexts import ContextsRecipe
from synthgap.prompts.template import TemplateRecipe
from synthgap.study.changeable import changeable as said_of
from synthgap.study.model import Study
from synthgap.study.parsing import read_yaml
from synthgap.summary import changes
from synthgap.summary.changes import A_CAPTION, Changeable, Variant, changeable
from synthgap.summary.proposals import COLUMNS, Command, proposals_table
from synthgap.summary.standing import BY_HAND, SHOWN, UNTESTED

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")

CLASSES = {
    "bird": Category(class_id="bird", name="crane", definition="a wading bird"),
    "machine": Category(class_id="machine", name="crane", definition="a lifting machine"),
    "heron": Category(class_id="heron", name="heron", definition="a grey bird"),
}
SD = {"kind": "diffusers", "model": {"repository": "a/b", "revision": "0" * 40}}
COMMAND = Command(["snakemake", "--configfile", "my study.yaml"], "results", "clip", "resnet")


def study(**changed: Any) -> Changeable:
    plain = {
        "variants": {"plain": Variant("sd", "plain", 7.5, generated=True)},
        "generators": {"sd": SD},
        "recipes": {"plain": TemplateRecipe(kind="template", template="{name}")},
        "classes": CLASSES,
    }
    return Changeable(**plain | changed)


def row(source: str, cause: str, suffers: bool | None, value: float = 0.5, **more: Any) -> Any:
    return {
        "encoder": "clip",
        "source": source,
        "class_id": "bird",
        "name": "crane",
        "cause": cause,
        "suffers": suffers,
        "value": value,
        "value_low": value - 0.1,
        "value_high": value + 0.1,
        "natural": 1.0 if cause == "diversity" else 0.0,
        "other_class": "machine" if cause == "ambiguity" and suffers else None,
        "reason": "numbers",
        "advice": f"what to do about {cause}" if suffers else None,
    } | more


def proposals(rows: list[Any], of: Changeable) -> list[dict[str, Any]]:
    table = proposals_table(pd.DataFrame(rows), of, COMMAND)
    assert table.schema.names == list(COLUMNS)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def added(proposal: dict[str, Any]) -> Any:
    return yaml.safe_load(proposal["fragment"])


def test_what_another_variant_shows_is_proposed_and_nothing_untested():
    of = study(
        variants={
            name: Variant("sd", "plain", scale, generated=True)
            for name, scale in {"plain": 7.5, "poor": 5.0, "far": 2.0, "near": 1.5}.items()
        }
    )
    rows = [
        row("plain", "diversity", True, 0.2),
        row("poor", "diversity", False, 0.95),
        row("poor", "concept", True),
        row("far", "diversity", False, 0.7),
        row("far", "concept", False),
        row("near", "diversity", False, 0.9),
        row("near", "concept", None),
    ]
    (found, of_poor) = proposals(rows, of)
    # The one without another defect, and of these the one nearest to natural images.
    assert (found["source"], found["status"], found["variant"]) == ("plain", SHOWN, "near")
    assert found["value"] == 0.2
    ends = [found[f"variant_value{end}"] for end in ("", "_low", "_high")]
    assert ends == pytest.approx([0.9, 0.8, 1.0])
    assert found["other_defects"] == ""
    assert found["prompt"] == "crane"
    assert found["fragment"] is None
    assert shlex.split(found["command"]) == [
        "snakemake",
        "results/images/near/bird.parquet",
        "results/measures/clip/near/bird.parquet",
        "--configfile",
        "my study.yaml",
    ]
    assert (of_poor["cause"], of_poor["variant"]) == ("concept", "far")


def test_other_defects_of_what_was_shown_are_named():
    of = study(
        variants={
            "plain": Variant("sd", "plain", 7.5, generated=True),
            "other": Variant("sd", "plain", 2.0, generated=True),
        }
    )
    rows = [
        row("plain", "adherence", True),
        row("other", "adherence", False),
        row("other", "diversity", True),
        row("plain", "diversity", True),
    ]
    first = proposals(rows, of)[0]
    assert first["other_defects"] == "too alike"


def test_what_was_not_measured_shows_nothing():
    of = study(variants={name: Variant("sd", "plain", 7.5, True) for name in ("plain", "other")})
    rows = [row("plain", "diversity", True), row("other", "diversity", None)]
    assert proposals(rows, of)[0]["status"] == UNTESTED


def test_an_ambiguous_class_is_defined_captioned_and_led_away_from_the_other():
    of = study(captioners=("blip",), negative=frozenset({"sd"}))
    found = proposals([row("plain", "ambiguity", True)], of)
    assert [each["place"] for each in found] == [1, 2, 3]
    assert {each["status"] for each in found} == {UNTESTED}
    assert [each["prompt"] for each in found] == [
        "crane, a wading bird",
        f"crane, {A_CAPTION}",
        "crane",
    ]
    variant = {"generator": "sd", "guidance_scale": 7.5}
    assert added(found[0]) == {
        "prompts": {
            "plain-definition": {"kind": "template", "template": "{name}, {definition}"},
        },
        "variants": {"plain-definition": variant | {"prompts": "plain-definition"}},
    }
    recipe = {"kind": "captioned", "captioner": "blip", "template": "{name}, {caption}"}
    assert added(found[1]) == {
        "prompts": {"plain-captions": recipe},
        "variants": {"plain-captions": variant | {"prompts": "plain-captions"}},
    }
    # Both are called crane, so that the name would lead away from both.
    assert added(found[2]) == {
        "generators": {"sd-without-machine": SD | {"negative_prompt": "a lifting machine"}},
        "variants": {
            "plain-without-machine": {
                "generator": "sd-without-machine",
                "prompts": "plain",
                "guidance_scale": 7.5,
            }
        },
    }


def test_a_class_of_another_name_is_led_away_from_by_its_name_and_what_was_there():
    of = study(generators={"sd": SD | {"negative_prompt": "text"}}, negative=frozenset({"sd"}))
    found = proposals([row("plain", "ambiguity", True, other_class="heron")], of)
    assert added(found[-1])["generators"]["sd-without-heron"]["negative_prompt"] == "text, heron"


def test_nothing_is_led_away_where_guidance_is_off_or_no_pipeline_is_known_to():
    off = study(variants={"plain": Variant("sd", "plain", 1.0, True)}, negative=frozenset({"sd"}))
    for of in (off, study()):
        found = proposals([row("plain", "ambiguity", True)], of)
        assert [list(added(each)) for each in found] == [["prompts", "variants"]]


def test_definitions_are_proposed_where_every_class_has_one_and_the_prompt_none():
    classes = {**CLASSES, "heron": Category(class_id="heron", name="heron")}
    told = TemplateRecipe(kind="template", template="{definition}")
    for of in (study(classes=classes), study(recipes={"plain": told})):
        (found,) = proposals([row("plain", "ambiguity", True)], of)
        assert (found["status"], found["proposal"]) == (BY_HAND, "what to do about ambiguity")
        assert found["fragment"] is found["command"] is None


def test_contexts_keep_their_contexts_with_a_definition():
    recipe = ContextsRecipe(kind="contexts", template="a {name}", contexts=("{prompt}, far",))
    (found,) = proposals([row("plain", "ambiguity", True)], study(recipes={"plain": recipe}))
    assert found["prompt"] == "a crane, a wading bird, far"
    (entry,) = added(found)["prompts"].values()
    assert entry["contexts"] == ["{prompt}, far"]


SCALES = {
    "the next that the study has": (["adherence"], [5.0, 7.5, 9.0], 5.0, 7.5),
    "twice where it has none": (["adherence"], [5.0], 5.0, 10.0),
    "from nothing to some": (["adherence"], [0.0], 0.0, 2.0),
    "the next below": (["diversity"], [1.0, 2.5, 7.5], 7.5, 2.5),
    "half where it has none": (["diversity"], [5.0], 5.0, 2.5),
    "never below one": (["diversity"], [1.5], 1.5, 1.0),
}


@pytest.mark.parametrize("case", SCALES)
def test_guidance_goes_the_way_that_the_defect_asks_for(case: str):
    (cause,), scales, now, wanted = SCALES[case]
    variants = {
        f"v{scale:g}": Variant("sd", "plain" if scale == now else "other", scale, generated=True)
        for scale in scales
    }
    recipes = {
        name: TemplateRecipe(kind="template", template="{name}") for name in ("plain", "other")
    }
    found = proposals([row(f"v{now:g}", cause, True)], study(variants=variants, recipes=recipes))
    (variant,) = added(found[0])["variants"].values()
    assert variant == {"generator": "sd", "prompts": "plain", "guidance_scale": wanted}


def test_a_scale_that_was_tried_is_not_proposed():
    variants = {f"v{scale:g}": Variant("sd", "plain", scale, True) for scale in (1.0, 2.0, 4.0)}
    rows = [row(name, "diversity", True) for name in variants]
    found = proposals(rows, study(variants=variants))
    assert [(each["source"], each["status"]) for each in found] == [
        ("v1", BY_HAND),
        ("v2", BY_HAND),
        ("v4", BY_HAND),
    ]


def test_the_next_scale_is_proposed_where_a_nearer_one_was_tried():
    variants = {f"v{scale:g}": Variant("sd", "plain", scale, True) for scale in (2.0, 4.0)}
    found = proposals([row(name, "adherence", True) for name in variants], study(variants=variants))
    scales = [
        variant["guidance_scale"]
        for each in found
        if "guidance" in (each["variant"] or "")
        for variant in added(each)["variants"].values()
    ]
    assert scales == [8.0, 8.0]


def test_images_that_are_alike_get_contexts_and_captions_that_the_study_has():
    recipes = {
        "plain": TemplateRecipe(kind="template", template="{name}"),
        "many": ContextsRecipe(kind="contexts", template="{name}", contexts=("{prompt}, far",)),
        "words": CaptionedRecipe(kind="captioned", captioner="blip", template="{name}, {caption}"),
    }
    of = study(recipes=recipes, captioners=("blip",), captioned={("words", "bird"): "crane, seen"})
    found = proposals([row("plain", "diversity", True)], of)
    assert [each["prompt"] for each in found] == ["crane", "crane, far", "crane, seen"]
    # Both recipes are there, so that only variants are to be added.
    assert [list(added(each)) for each in found] == [["variants"]] * 3
    assert added(found[2])["variants"]["plain-captions"]["prompts"] == "words"


def test_digits_are_measured_where_the_study_has_no_captioner():
    found = proposals([row("plain", "concept", True)], study(digits=True))
    assert added(found[0])["captioners"] == {"measured": {"kind": "measured"}}


def test_what_is_off_target_is_made_by_another_generator_or_trained_beside_natural_images():
    of = study(
        generators={"sd": SD, "other": SD | {"dtype": "float16"}},
        training_sets={"natural": ("natural-train",), "plain": ("plain",)},
    )
    found = proposals([row("plain", "concept", True)], of)
    assert [list(added(each)) for each in found] == [["variants"], ["training_sets"]]
    assert added(found[1]) == {"training_sets": {"plain-natural": ["natural-train", "plain"]}}
    assert found[1]["command"].split()[1] == (
        "results/classifiers/resnet/plain-natural/seed0/predictions.parquet"
    )
    trained = study(training_sets={"both": ("plain", "natural-train")})
    assert proposals([row("plain", "concept", True)], trained)[0]["status"] == BY_HAND


def test_what_is_off_target_begins_with_natural_images_where_the_pipeline_can():
    of = study(beginning=frozenset({"sd"}))
    (found,) = proposals([row("plain", "concept", True)], of)
    begun = SD | {"kind": "adapted", "image_to_image": {"strength": changes.STRENGTH}}
    assert added(found)["generators"] == {"sd-begun": begun}
    assert added(found)["variants"]["plain-begun"]["generator"] == "sd-begun"
    size = {"num_inference_steps": 5, "height": 16, "width": 16}
    assert AdaptedGenerator.model_validate({**begun, **size}).needs_natural
    assert found["command"].split()[1] == "results/images/plain-begun/bird.parquet"
    # It is not proposed to what begins with them already.
    there = study(generators={"sd": begun}, beginning=frozenset({"sd"}))
    assert proposals([row("plain", "concept", True)], there)[0]["status"] == BY_HAND


def test_pipelines_that_begin_with_images_are_those_of_diffusers(tmp_path):
    for name in known_pipelines.BEGUN_WITH_IMAGES:
        assert hasattr(diffusers, name.replace("Pipeline", "Img2ImgPipeline"))
        (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": name}))
        assert known_pipelines.begins_with_images(tmp_path)
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "PixArtAlphaPipeline"}))
    assert not known_pipelines.begins_with_images(tmp_path)
    assert not known_pipelines.begins_with_images(tmp_path / "gone")


def test_images_made_elsewhere_have_the_advice_alone():
    of = study(variants={"dalle": Variant("dalle", None, None, generated=False)}, generators={})
    (found,) = proposals([row("dalle", "diversity", True)], of)
    assert (found["status"], found["command"], found["prompt"]) == (BY_HAND, None, None)


def test_a_filtered_variant_changes_what_it_was_made_of():
    variants = {
        "plain": Variant("sd", "plain", 7.5, generated=True),
        "half": Variant(None, None, None, generated=False, origins=("plain",)),
    }
    rows = [row(name, "diversity", True) for name in variants]
    whole, half = proposals(rows, study(variants=variants))[:2]
    assert half["source"] == "half"
    assert half["fragment"] == whole["fragment"]


def test_names_that_are_taken_get_a_number():
    variants = {
        "plain": Variant("sd", "plain", 7.5, generated=True),
        "Plain-Definition": Variant("sd", "plain", 3.0, generated=True),
    }
    found = proposals([row("plain", "ambiguity", True)], study(variants=variants))
    assert found[0]["variant"] == "plain-definition-2"


def test_other_encoders_are_left_out_and_variants_stand_in_their_order():
    variants = {name: Variant("sd", "plain", 7.5, True) for name in ("second", "first")}
    rows = [
        row("first", "diversity", True),
        row("second", "diversity", True),
        row("first", "diversity", True, encoder="dino"),
    ]
    found = proposals(rows, study(variants=variants))
    assert [each["source"] for each in found] == ["second", "first"]


def test_a_thousand_classes_have_proposals_of_their_own():
    ids = [f"n{number:04d}" for number in range(1000)]
    classes = {
        each: Category(class_id=each, name=f"name {each}", definition=f"what {each} is")
        for each in ids
    }
    rows = [row("plain", "ambiguity", True, class_id=each, other_class=None) for each in ids]
    found = proposals(rows, study(classes=classes))
    assert [each["prompt"] for each in found] == [f"name {each}, what {each} is" for each in ids]
    assert len({each["fragment"] for each in found}) == 1


def test_a_study_without_defects_has_an_empty_table():
    assert proposals([row("plain", "diversity", False)], study()) == []


def test_a_study_says_of_itself_what_is_needed(tmp_path: Path):
    (tmp_path / "model_index.json").write_text(
        json.dumps({"_class_name": "StableDiffusionPipeline"})
    )
    tiny = Study.model_validate(TINY)
    said = json.loads(json.dumps(said_of(tiny)))
    found = changeable(said, {"disamb": str(tmp_path)}, [], [])
    assert found.variants["disamb"] == Variant("stable-diffusion", "disamb", 2.5, generated=True)
    assert found.generators["stable-diffusion"] == TINY["generators"]["stable-diffusion"]
    assert found.recipes["disamb"] == tiny.prompts["disamb"]
    assert found.training_sets == {"natural": ("natural-train",), "disamb": ("disamb",)}
    assert found.negative == {"stable-diffusion"}
    assert found.digits


@pytest.mark.parametrize("name", sorted(known_pipelines.WITH_NEGATIVE_PROMPT))
def test_pipelines_take_the_negative_prompt_that_they_are_known_for(name: str, tmp_path: Path):
    assert "negative_prompt" in inspect.signature(getattr(diffusers, name).__call__).parameters
    index = tmp_path / "model_index.json"
    index.write_text(json.dumps({"_class_name": name}))
    assert known_pipelines.takes_negative_prompt(tmp_path)
    index.write_text(json.dumps({"_class_name": "FluxPipeline"}))
    assert not known_pipelines.takes_negative_prompt(tmp_path)
    index.unlink()
    assert not known_pipelines.takes_negative_prompt(tmp_path)
