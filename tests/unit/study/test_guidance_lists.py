"""A list of guidance scales: what it stands for, and what is refused."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from synthgap.errors import InputError
from synthgap.refusals import PATH_SAFE
from synthgap.study.documents import schema
from synthgap.study.model import Study
from synthgap.study.parsing import parse_study, read_yaml
from synthgap.study.scale_lists import named

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")
ONE = TINY["variants"]["disamb"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def swept(scales: Any, variants: Any = {}, training_sets: Any = {}) -> dict[str, Any]:  # noqa: B006
    """The tiny study with a list of scales in disamb, and further entries."""
    data = copy.deepcopy(TINY)
    data["variants"] = {
        name: {**entry, "guidance_scale": scales} if name == "disamb" else entry
        for name, entry in data["variants"].items()
    } | variants
    data["training_sets"] |= training_sets
    return data


def refused(data: Any) -> str:
    with pytest.raises(InputError) as caught:
        parse_study(data, "study.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix("study.yaml: ")


def test_a_list_is_one_variant_a_scale_in_its_place():
    study = parse_study(swept([7.5, 1, 2.5], {"last": ONE}), "study.yaml")
    assert list(study.variants) == ["classname", "disamb-7.5", "disamb-1", "disamb-2.5", "last"]
    assert [variant.scale for variant in study.variants.values()] == [7.5, 7.5, 1, 2.5, 2.5]
    assert study.prompts_of("disamb-1", "digit-6") == study.prompts_of("last", "digit-6")
    assert study.sources[2:] == tuple(study.variants)


def test_a_training_set_that_names_a_list_is_one_a_scale():
    mixed = {"images_per_class": 6, "proportions": {"natural-train": 0.5, "disamb": 0.5}}
    sets = {"both": ["natural-train", "disamb"], "mixed": mixed, "one": ["disamb-2"]}
    study = parse_study(swept([1, 2], training_sets=sets), "study.yaml")
    assert {name: study.counts_of(name) for name in study.training_sets} == {
        "natural": {"natural-train": None},
        "disamb-1": {"disamb-1": None},
        "disamb-2": {"disamb-2": None},
        "both-1": {"natural-train": None, "disamb-1": None},
        "both-2": {"natural-train": None, "disamb-2": None},
        "mixed-1": {"natural-train": 3, "disamb-1": 3},
        "mixed-2": {"natural-train": 3, "disamb-2": 3},
        "one": {"disamb-2": None},
    }


def test_what_snakemake_hands_on_is_the_same_study():
    """A cluster's job gets the file's content once more, as JSON would hold it."""
    data = swept([1, 2.5])
    again = Study.model_validate(json.loads(json.dumps(data)))
    assert again == parse_study(data, "study.yaml")


def test_the_study_comes_back_as_it_was_written():
    study = parse_study(swept([1, 2.5]), "study.yaml")
    text = yaml.safe_dump(study.as_written().model_dump(mode="json", exclude_unset=True))
    written = yaml.safe_load(text)
    assert written["variants"]["disamb"]["guidance_scale"] == [1, 2.5]
    assert written["training_sets"] == {"natural": ["natural-train"], "disamb": ["disamb"]}
    assert parse_study(written, "study.yaml").variants == study.variants


def test_a_study_without_a_list_is_as_it_is_written():
    study = parse_study(TINY, "study.yaml")
    said = [each.model_dump(exclude_unset=True) for each in (study, study.as_written())]
    assert said[0] == said[1]


OTHER = {"other": {**ONE, "guidance_scale": [3]}}
WITH_ONE_OF_ITS_SCALES = {
    "images_per_class": 4,
    "proportions": {"disamb": 0.5, "disamb-2": 0.5},
}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (swept([]), "variants.disamb.guidance_scale: must hold at least 1, not 0"),
        (swept([1, 2.5, 2.5]), "variants.disamb.guidance_scale: 2.5 stands twice in the list;"),
        (swept([0, -0.0]), "variants.disamb.guidance_scale: -0 stands twice in the list;"),
        (
            swept([2.5, 2.50000001]),
            "variants.disamb.guidance_scale: 2.5 and 2.50000001 would both be called disamb-2.5;",
        ),
        (swept([1, "x"]), "variants.disamb.guidance_scale[1]: must be a number, not 'x'"),
        (swept([1, -1]), "variants.disamb.guidance_scale[1]: must be at least 0, not -1"),
        (swept([1001]), "variants.disamb.guidance_scale[0]: must be at most 1,000 (images are"),
        (
            swept([1], {"disamb-1": ONE}),
            "variants.disamb: at guidance scale 1 it would be called disamb-1, as another one is;",
        ),
        (
            swept([1], {"Disamb-1": ONE}),
            "variants: disamb-1 and Disamb-1 differ in case alone, which many disks ignore;",
        ),
        (
            swept([1], {"Disamb": ONE}),
            "variants: disamb and Disamb differ in case alone, which many disks ignore;",
        ),
        (
            swept([1], {"prompts": {**ONE, "guidance_scale": [1]}}),
            "variants.prompts: the name is taken;",
        ),
        (
            swept([1], {"x" * 199: {**ONE, "guidance_scale": [1]}}),
            f"variants.{'x' * 199}: at guidance scale 1 it would have a name of 201 characters;",
        ),
        (
            swept([1], training_sets={"disamb-1": ["classname"]}),
            "training_sets.disamb: at guidance scale 1 it would be called disamb-1, as another",
        ),
        (
            swept([1], OTHER, {"two": ["disamb", "other"]}),
            "training_sets.two: disamb and other are both lists of guidance scales; name one of "
            "them, and single scales of the other, such as other-3",
        ),
        (
            swept([1, 2], training_sets={"twice": WITH_ONE_OF_ITS_SCALES}),
            "training_sets.twice: disamb-2 is one of disamb's guidance scales; name either",
        ),
        (
            swept([1], training_sets={"none": ["disamb-2"]}),
            "training_sets.none: there is no disamb-2; the study has natural-train, classname, di",
        ),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused_in_one_line(data, message):
    assert refused(data).startswith(message)


def test_images_made_elsewhere_have_no_scales_to_be_made_at():
    data = swept([1], {"made": {"generator": "made", "guidance_scale": [1, 2]}})
    data["generators"]["made"] = {"kind": "folder", "images": "made"}
    assert refused(data) == (
        "variants.made.guidance_scale: a list makes images at each scale, but those of made exist "
        "already; write one scale, or none"
    )


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=9, unique_by=lambda x: f"{x + 0.0:g}"))
def test_names_are_path_safe_and_tell_scales_apart(scales):
    names = [named("disamb", scale) for scale in scales]
    assert all(re.fullmatch(PATH_SAFE, name) for name in names)
    assert len({name.casefold() for name in names}) == len(scales)


def test_an_editor_takes_a_number_or_a_list():
    validator = jsonschema.Draft202012Validator(schema())
    for scales, good in ((2.5, True), ([1, 2.5], True), ([], False), ([-1], False), ("x", False)):
        assert validator.is_valid(swept(scales)) == good, scales


def test_a_choice_among_a_list_is_among_its_scales():
    best = {"selected": {"among": ["classname", "disamb"]}}
    study = parse_study(swept([1, 2.5], {"best": best}), "study.yaml")
    assert study.variants["best"].parents == ("classname", "disamb-1", "disamb-2.5")
    assert study.as_written().variants["best"].parents == ("classname", "disamb")
