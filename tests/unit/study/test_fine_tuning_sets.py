"""Training sets that come after another one: what they take, and what is refused."""

import copy
from pathlib import Path
from typing import Any

import pytest

from synthgap.errors import InputError
from synthgap.study.model import Study
from synthgap.study.parsing import parse_study, read_yaml

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")
MIXED = {"images_per_class": 5, "proportions": {"natural-train": 0.6, "disamb": 0.4}}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def study(scales: Any = None, **training_sets: Any) -> Study:
    data = copy.deepcopy(TINY)
    data["training_sets"] |= training_sets
    if scales:
        data["variants"]["disamb"]["guidance_scale"] = scales
    return parse_study(data, "study.yaml")


def test_a_fine_tuning_takes_its_own_images_and_has_seen_the_others():
    found = study(
        mixed={"pretrained_on": "natural", "then": MIXED},
        further={"pretrained_on": "mixed", "then": ["classname"]},
    )
    assert found.counts_of("mixed") == {"natural-train": 3, "disamb": 2}
    assert found.counts_of("further") == {"classname": None}
    assert found.sources_of("further") == ("classname", "natural-train", "disamb")
    assert found.pretrained_on("further") == ("mixed", "natural")
    assert found.pretrained_on("natural") == ()
    # A replicate has other images of disamb, and so other weights to start from.
    assert found.depends_on_seeds(*found.sources_of("further"))


def test_a_list_of_scales_is_one_fine_tuning_a_scale():
    found = study([1, 2], after={"pretrained_on": "natural", "then": ["disamb"]})
    assert {
        name: (found.counts_of(name), found.pretrained_on(name)) for name in ("after-1", "after-2")
    } == {
        "after-1": ({"disamb-1": None}, ("natural",)),
        "after-2": ({"disamb-2": None}, ("natural",)),
    }


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        (
            {"after": {"pretrained_on": "sdxl", "then": ["disamb"]}},
            "training_sets.after.pretrained_on: there is no sdxl; the study has natural, disamb, ",
        ),
        (
            {"after": {"pretrained_on": "after", "then": ["disamb"]}},
            "training_sets.after.pretrained_on: goes round in a circle, after after after; let one",
        ),
        (
            {
                "first": {"pretrained_on": "second", "then": ["disamb"]},
                "second": {"pretrained_on": "first", "then": ["disamb"]},
            },
            "training_sets.first.pretrained_on: goes round in a circle, first after second after ",
        ),
        (
            {"after": {"pretrained_on": "disamb", "then": ["sdxl"]}},
            "training_sets.after: there is no sdxl; the study has natural-train, classname, disamb",
        ),
        (
            {"after": {"pretrained_on": "disamb", "then": {**MIXED, "images_per_class": 20}}},
            "training_sets.after: takes 8 images a class of disamb, but the study's images_per",
        ),
        ({"after": {"then": ["disamb"]}}, "training_sets.after.pretrained_on: missing"),
        ({"after": {"pretrained_on": "disamb"}}, "training_sets.after.then: missing"),
        (
            {"after": {"pretrained_on": "disamb", "then": "disamb"}},
            "training_sets.after.then: must be a list, not 'disamb'",
        ),
    ],
)
def test_what_is_wrong_is_one_line(sets: dict[str, Any], message: str):
    with pytest.raises(InputError) as caught:
        study(**sets)
    assert str(caught.value).startswith(f"study.yaml: {message}")
    assert "\n" not in str(caught.value)


def test_a_list_of_scales_is_not_one_training_set_to_start_from():
    with pytest.raises(InputError, match=r"there is no disamb; the study has natural, disamb-1,"):
        study([1, 2], after={"pretrained_on": "disamb", "then": ["natural-train"]})
