"""Variants that are made of others: what a study says of them, and what it refuses."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgap.derived.spec import kept
from synthgap.errors import InputError
from synthgap.study import made
from synthgap.study.images import problem_of_images
from synthgap.study.model import Study
from synthgap.study.parsing import parse_study, read_yaml
from synthgap.study.variants import Variant, count_of, needs

TINY = read_yaml(Path(__file__).parents[3] / "tests/studies/tiny.yaml")


def with_variants(**variants: dict[str, Any]) -> dict[str, Any]:
    return {**copy.deepcopy(TINY), "images_per_class": 12, "variants": TINY["variants"] | variants}


def filtered(of: str, share: float = 0.5, by: str = "random", **more: Any) -> dict[str, Any]:
    return {"filtered": {"of": of, "by": by, "share": share, **more}}


def selected(*among: str, **more: Any) -> dict[str, Any]:
    return {"selected": {"among": list(among), **more}}


def refusal(data: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        parse_study(data, "study.yaml")
    return str(caught.value)


def test_a_study_says_what_its_variants_are_made_of():
    study = parse_study(
        with_variants(
            best=selected("classname", "disamb"), half=filtered("best"), all=filtered("best", 1)
        ),
        "study.yaml",
    )
    assert study.derived == ("best", "half", "all")
    assert study.generated == ("classname", "disamb")
    assert study.origins("half") == ("classname", "disamb")
    assert [study.count(name) for name in ("classname", "best", "half")] == [12, 12, 6]
    assert study.knows_prompts("half")
    assert not study.knows_prompts("natural-train")
    assert study.has_prompts("clip", "half")
    assert study.image_set("half") is None
    assert study.prompts_of("best", "digit-6") == study.prompts_of("half", "digit-6") == ()


def test_a_filtered_variant_has_the_prompts_of_its_source():
    study = Study.model_validate(with_variants(half=filtered("disamb")))
    assert study.prompts_of("half", "digit-6") == study.prompts_of("disamb", "digit-6")
    assert made.facts(study, "half")["images"] == (
        "0.5 of each class's images of disamb, drawn at random"
    )


@pytest.mark.parametrize(
    ("variants", "line"),
    [
        ({"half": {}}, "variants.half: name a generator, or what it is filtered or selected of"),
        (
            {"half": {**filtered("disamb"), "generator": "stable-diffusion"}},
            "variants.half: filtered takes the images of other variants, and with them their "
            "generator; leave out generator",
        ),
        (
            {"half": {**filtered("disamb"), "guidance_scale": 2}},
            "variants.half: filtered takes the images of other variants, and with them their "
            "guidance_scale; leave out guidance_scale",
        ),
        (
            {"best": {**selected("disamb", "classname"), "prompts": "disamb"}},
            "variants.best: selected takes the images of other variants, and with them their "
            "prompts; leave out prompts",
        ),
        (
            {"half": {**filtered("disamb"), **selected("disamb", "classname")}},
            "variants.half: filtered and selected: give one of them; each can be of the other",
        ),
        (
            {"half": filtered("disam")},
            "variants.half.filtered.of: there is no disam; the study has classname, disamb, half",
        ),
        (
            {"half": filtered("natural-train")},
            "variants.half.filtered.of: natural-train is natural; name a synthetic variant",
        ),
        (
            {"best": selected("disamb", "natural-val")},
            "variants.best.selected.among: natural-val is natural; name a synthetic variant",
        ),
        (
            {"best": selected("disamb", "disamb")},
            "variants.best.selected.among: names a variant twice; leave one out",
        ),
        (
            {"half": filtered("half")},
            "variants.half.filtered.of: half would be made of itself, by way of half; name a "
            "variant that has images of its own",
        ),
        (
            {"half": filtered("best"), "best": selected("disamb", "half")},
            "variants.half.filtered.of: half would be made of itself, by way of best; name a "
            "variant that has images of its own",
        ),
        ({"half": filtered("disamb", 0)}, "variants.half.filtered.share: must be more than 0"),
        ({"half": filtered("disamb", 1.5)}, "variants.half.filtered.share: must be at most 1"),
        (
            {"half": filtered("disamb", 0.4)},
            "variants.half: has 4 images a class, but measures.n is 6; raise its share, or "
            "images_per_class to 15, or lower measures.n",
        ),
        (
            {"half": filtered("disamb", by="beauty")},
            "variants.half.filtered.by: must be 'adherence', 'nearest-centroid', 'both-sides', "
            "'diverse' or 'random', not 'beauty'",
        ),
        (
            {"half": filtered("disamb", encoder="dino")},
            "variants.half.filtered.encoder: there is no dino; the study has clip",
        ),
        ({"best": selected("disamb")}, "variants.best.selected.among: must hold at least 2, not 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(variants, line):
    assert refusal(with_variants(**variants)).startswith(f"study.yaml: {line}")


def test_adherence_needs_prompts_and_an_encoder_that_reads_them(tmp_path):
    data = with_variants(fit=filtered("disamb", by="adherence"))
    data["encoders"]["eye"] = {
        "kind": "vision", "model": {"repository": "facebook/dinov2-base", "revision": "0" * 40},
    }  # fmt: skip
    data["variants"]["fit"]["filtered"]["encoder"] = "eye"
    assert "adherence needs an encoder that embeds prompts, and eye does not" in refusal(data)
    (tmp_path / "made").mkdir()
    data = with_variants(made={"generator": "made"}, fit=filtered("made", by="adherence"))
    data["generators"]["made"] = {"kind": "folder", "images": str(tmp_path / "made")}
    assert "adherence needs prompts, and made names no recipe of them" in refusal(data)


def test_a_choice_needs_images_that_can_win_a_vote():
    data = with_variants(best=selected("disamb", "classname"))
    data["measures"]["n"] = 2
    assert "variants.best.selected: a vote of 5 needs 3 images a class" in refusal(data)


def test_a_training_set_takes_no_more_than_is_kept():
    data = with_variants(half=filtered("disamb"))
    data["training_sets"]["some"] = {"images_per_class": 7, "proportions": {"half": 1}}
    assert "training_sets.some: takes 7 images a class of half, which has 6" in refusal(data)


def test_images_that_exist_are_counted_before_anything_runs(tmp_path):
    for category in TINY["classes"]:
        folder = tmp_path / "made" / category["class_id"]
        folder.mkdir(parents=True)
        for number in range(11):
            (folder / f"{number}.png").write_bytes(b"")
    data = with_variants(made={"generator": "made"}, half=filtered("made"))
    data["generators"]["made"] = {"kind": "folder", "images": str(tmp_path / "made")}
    study = Study.model_validate(data)
    said = problem_of_images(study)
    assert said is not None
    assert said.startswith("what measures.n of variants.half needs of made is 12, but made has")


@given(st.integers(1, 3000), st.floats(0.001, 1), st.floats(0.001, 1))
def test_as_many_as_are_needed_are_enough_and_one_fewer_is_not(n, share, other):
    variants = {
        "made": Variant(generator="sd"),
        "half": Variant.model_validate(filtered("made", share)),
        "less": Variant.model_validate(filtered("half", other)),
    }
    least = needs(variants, "less", n)["made"]

    def has(count: int) -> int:
        return count_of(variants, "less", lambda _: count) or 0

    assert has(least) >= n
    if least > 1 and n > 1:
        assert has(least - 1) < n


@given(st.integers(1, 10_000), st.floats(0.0001, 1))
def test_a_share_is_rounded_down_and_never_none(count, share):
    found = kept(count, share)
    assert 1 <= found <= count
    assert found == 1 or found <= count * share + 1e-6
    assert found + 1 > count * share - 1e-6
