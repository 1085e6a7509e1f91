"""A replicate of a study: other seeds, a folder of its own, and what it does not make again."""

from pathlib import Path
from typing import Any

import pytest

from synthgap.errors import InputError
from synthgap.study.encoders import ClipEncoder
from synthgap.study.model import Study
from synthgap.study.parsing import parse_study, read_yaml
from synthgap.study.replicate import replicate
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
TUNED = {
    "encoders": {"clip": {**PRETRAINED["encoders"]["clip"], "tune": {"pairs": "p.csv", "steps": 1}}}
}
MOVED = {
    "encoders": {
        **PRETRAINED["encoders"],
        "moved": {"kind": "mean-removed", "encoder": "clip", "pairs": "p.csv"},
    }
}


def half(of: str) -> dict[str, Any]:
    return {"filtered": {"of": of, "by": "diverse", "share": 1}}


MADE = {
    **PRETRAINED,
    "generators": {"made": {"kind": "folder", "images": "made"}},
    "variants": {"made": {"generator": "made"}, "half": half("made")},
    "training_sets": {"natural": ["natural-train"]},
}


def study(**sections: Any) -> Study:
    return Study.model_validate({**TINY, **sections})


def seeds(of: Study) -> list[int]:
    assert of.miniature is not None
    models = (of.miniature.clip, of.miniature.autoencoder, of.miniature.diffusion)
    return [of.seed, *(spec.seed for spec in models)]


def test_the_first_is_the_study_itself() -> None:
    assert replicate(study(replicates=3), 1) == study(replicates=3)


def test_another_has_other_seeds_and_a_folder_of_its_own() -> None:
    own, second, third = (replicate(study(replicates=3), number) for number in (1, 2, 3))
    for one, two, three in zip(*map(seeds, (own, second, third)), strict=True):
        assert len({one, two, three}) == 3
    assert second.results == "results/replicates/2"
    assert second.model_dump(exclude={"seed", "miniature", "results"}) == own.model_dump(
        exclude={"seed", "miniature", "results"}
    )


def test_encoders_that_are_trained_or_tuned_have_other_seeds_too() -> None:
    further = {"further": {"steps": 1, "seed": 5}}
    own = study(**TUNED, miniature={**TINY["miniature"], "encoders": further}, replicates=2)
    other = replicate(own, 2)
    assert other.miniature is not None
    assert other.miniature.encoders["further"].seed not in (0, 5)
    tuned = other.encoders["clip"]
    assert isinstance(tuned, ClipEncoder)
    assert tuned.tune is not None
    assert tuned.tune.seed != 0


def test_a_replicate_does_not_depend_on_how_many_there_are() -> None:
    assert seeds(replicate(study(replicates=2), 2)) == seeds(replicate(study(replicates=9), 2))


@pytest.mark.parametrize(
    ("sections", "sources", "encoder", "depends"),
    [
        ({}, ("natural-train",), None, False),
        ({}, ("natural-train", "disamb"), None, True),
        ({}, ("natural-train",), "clip", True),
        (PRETRAINED, ("natural-train", "natural-val"), "clip", False),
        (PRETRAINED, ("disamb",), "clip", True),
        (TUNED, ("natural-train",), "clip", True),
        (MOVED, ("natural-train",), "moved", False),
        (MADE, ("made", "half"), None, False),
        ({**MADE, **TUNED}, ("made",), None, False),
        # Another encoder keeps others.
        ({**MADE, **TUNED}, ("half",), None, True),
        ({"variants": {**TINY["variants"], "half": half("disamb")}}, ("half",), None, True),
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
