"""A replicate of a study: other seeds, a folder of its own, and what it does not make again."""

from pathlib import Path
from typing import Any

import pytest

from synthgap.errors import InputError
from synthgap.study.model import Study
from synthgap.study.parsing import parse_study, read_yaml
from synthgap.study.seeds_left_open import open_question

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")
HUB = {"repository": "openai/clip", "revision": "0" * 40}
PRETRAINED = {"encoders": {"clip": {"kind": "clip", "model": HUB}}}
GENERATED = {
    "generators": {
        "stable-diffusion": {**TINY["generators"]["stable-diffusion"], "model": HUB},
    },
    "miniature": None,
}


def study(**sections: Any) -> Study:
    return Study.model_validate({**TINY, **sections})


def seeds(of: Study) -> list[int]:
    assert of.miniature is not None
    return [of.seed, *(spec.seed for _, spec in of.miniature)]


def test_the_first_is_the_study_itself() -> None:
    assert study(replicates=3).replicate(1) == study(replicates=3)


def test_another_has_other_seeds_and_a_folder_of_its_own() -> None:
    own, second, third = (study(replicates=3).replicate(number) for number in (1, 2, 3))
    for one, two, three in zip(*map(seeds, (own, second, third)), strict=True):
        assert len({one, two, three}) == 3
    assert second.results == "results/replicates/2"
    assert second.model_dump(exclude={"seed", "miniature", "results"}) == own.model_dump(
        exclude={"seed", "miniature", "results"}
    )


def test_a_replicate_does_not_depend_on_how_many_there_are() -> None:
    assert seeds(study(replicates=2).replicate(2)) == seeds(study(replicates=9).replicate(2))


@pytest.mark.parametrize(
    ("sections", "sources", "encoder", "depends"),
    [
        ({}, ("natural-train",), None, False),
        ({}, ("natural-train", "disamb"), None, True),
        ({}, ("natural-train",), "clip", True),
        (PRETRAINED, ("natural-train", "natural-val"), "clip", False),
        (PRETRAINED, ("disamb",), "clip", True),
    ],
)
def test_what_depends_on_seeds(
    sections: dict[str, Any], sources: tuple[str, ...], encoder: str | None, depends: bool
) -> None:
    assert study(**sections).depends_on_seeds(*sources, encoder=encoder) == depends


def test_replicates_that_would_be_alike_are_refused(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    made = {
        **PRETRAINED,
        "generators": {"made": {"kind": "folder", "images": str(tmp_path / "made")}},
        "variants": {"made": {"generator": "made"}},
        "training_sets": {"natural": ["natural-train"]},
    }
    assert open_question(study(**made)) == ""
    with pytest.raises(InputError, match=r"study\.yaml: replicates: 2 would all be alike, since"):
        parse_study({**TINY, **made, "replicates": 2}, "study.yaml")


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({}, "were trained once"),
        ({"replicates": 5}, "were trained 5 times"),
        ({**PRETRAINED, **GENERATED}, "from one set of seeds"),
        ({**PRETRAINED, **GENERATED, "replicates": 5}, "from 5 sets of seeds"),
    ],
)
def test_what_seeds_leave_open_is_said(sections: dict[str, Any], said: str) -> None:
    assert said in open_question(study(**sections))
