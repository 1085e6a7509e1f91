"""The section of encoders side by side: what it says is what intervals decide."""

import pandas as pd
import pytest

from synthgap.report.sections.encoders import encoders_section, sentences
from synthgap.summary.encoders import COLUMNS


def row(encoder: str, told: float, *, compared: bool = True, **given: object) -> dict[str, object]:
    """An encoder whose separability has an interval of 0.1 to both sides; nothing is decided."""
    found: dict[str, object] = dict.fromkeys(COLUMNS)
    found |= {"encoder": encoder, "compared_with": "first" if compared else None}
    found |= {"prompts_of": "disamb", "separable_in_sample": 1.0}
    found |= ends("linear_separability", told) | ends("zero_shot_accuracy", 0.8)
    if compared:
        found |= ends("linear_separability_difference", 0.0)
        found |= ends("zero_shot_accuracy_difference", 0.0)
    return found | given


def ends(column: str, value: float, half: float = 0.1) -> dict[str, float]:
    return {column: value, f"{column}_low": value - half, f"{column}_high": value + half}


FIRST = row("first", 0.9, compared=False)
LESS = ends("linear_separability_difference", -0.3)


def said(*others: dict[str, object], first: dict[str, object] = FIRST) -> str:
    # As a report reads them: what is missing is no number.
    found = sentences(pd.DataFrame([first, *others]).to_dict("records"))
    return "\n".join(f"{each.text} {'; '.join(each.encoders)}" for each in found)


def test_removed_is_decided_lower_and_not_above_chance():
    text = said(row("moved", 0.55, **LESS), row("nearly", 0.7, **LESS))
    assert "Separability on classes held out is removed: moved: 0.550 [0.450, 0.650];" in text
    assert "Lowered, and still above chance: nearly: 0.700" in text


def test_what_no_interval_decides_is_not_called_removed():
    text = said(row("unsure", 0.5, **ends("linear_separability_difference", -0.05)))
    assert "removed" not in text
    assert "No difference decided: unsure" in text


def test_more_is_said_to_be_more():
    assert "Raised: cold" in said(row("cold", 1.0, **ends("linear_separability_difference", 0.2)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.2, "zero-shot accuracy higher, +0.200 [+0.100, +0.300]"),
        (-0.2, "zero-shot accuracy lower, −0.200 [−0.300, −0.100]"),
        (0.02, "zero-shot accuracy not decided, +0.020 [−0.080, +0.120]"),
    ],
)
def test_accuracy_is_decided_by_its_paired_interval(value, words):
    assert words in said(row("moved", 0.5, **LESS, **ends("zero_shot_accuracy_difference", value)))


def test_where_the_first_is_at_chance_there_is_nothing_to_remove():
    text = said(row("moved", 0.5), first=row("first", 0.55, compared=False))
    assert "nothing decided that could be removed" in text


def test_in_sample_is_a_sentence_of_its_own():
    one, none = row("one", 0.5), row("none", 0.5, separable_in_sample=0.0)
    assert "images of first, one, and none of others." in said(one, none)
    assert "images of every encoder." in said(one)


def test_below_chance_is_said_with_what_needs_no_hyperplane():
    text = said(row("moved", 0.3, **LESS, **ends("separability_without_gap", 0.9)))
    assert "moved: 0.300 [0.200, 0.400] (below chance); without the gap and with no" in text
    assert "hyperplane 0.900 [0.800, 1.000]" in text


def test_encoders_of_images_alone_are_shown_without_words():
    blank = dict.fromkeys(COLUMNS) | {"encoder": "dino", "compared_with": "first"}
    html = encoders_section(pd.DataFrame([FIRST, blank]))
    assert "<td>dino</td><td>–</td>" in html
    assert sentences(pd.DataFrame([FIRST, blank]).to_dict("records")) == []


def test_names_are_text():
    html = encoders_section(pd.DataFrame([FIRST, row("<b>", 0.5, **LESS)]))
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_the_first_may_be_one_of_images_alone():
    blank = dict.fromkeys(COLUMNS) | {"encoder": "dino"}
    html = encoders_section(pd.DataFrame([blank, row("clip", 0.9)]))
    assert "Difference from dino" in html
    assert "those of disamb, which has most prompts" in html
