"""The page of mixtures says what the table says, and what lies beyond the curve as such."""

import html
import re

import pandas as pd
import pytest
from reported import with_interval

from synthgap.report.sections.mixtures import mixtures_section


def row(name, natural, synthetic=0.0, *, place=None, gain=None, equivalent=(None,) * 3, after=None):
    ends = ("", "_low", "_high")
    worth = [None if end is None else (end - natural) / (synthetic or 1) for end in equivalent]
    return {
        "classifier": "resnet",
        "training_set": name,
        "pretrained_on": after,
        "natural": natural,
        "synthetic": synthetic,
        "synthetic_of": f"made {synthetic:g}" if synthetic else "",
        "trainings": 2,
        **with_interval("top1", 0.7),
        **with_interval("gain", gain),
        "decided": None if gain is None else gain > 0.05,
        "place": place,
        **{f"equivalent{end}": value for end, value in zip(ends, equivalent, strict=True)},
        **{f"worth{end}": value for end, value in zip(ends, worth, strict=True)},
    }


@pytest.fixture
def cells():
    table = pd.DataFrame(
        [
            row("few", 2.0),
            row("many", 50.0),
            row("in", 2.0, 8.0, place="inside", gain=0.1, equivalent=(10.0, 6.0, None)),
            row("up", 50.0, 8.0, place="above", gain=0.01, equivalent=(None, 42.0, None)),
            row(
                "<b>", 2.0, 4.0, place="below", gain=-0.01, equivalent=(None, None, 4.0), after="in"
            ),
        ]
    )
    page = str(mixtures_section(table))
    assert "of 3, 1 decidedly up and 0 down" in page
    rows = re.findall(r"<tr><td>(.*?)</tr>", page)
    return [
        [
            html.unescape(re.sub(r"<(?!/?b>)[^>]*>", " ", cell)).split()
            for cell in each.split("<td>")
        ]
        for each in rows
    ]


def test_inside_of_the_curve_numbers_and_beyond_it_signs(cells):
    few, _, inside, above, below = cells
    assert few[1:4] == [["–"], ["2"], ["–"]]
    assert few[6:] == [["–"], ["–"]]
    assert inside[6:] == [["10.0", "[6.0,", ">", "50.0]"], ["1.00", "[0.50,", ">", "6.00]"]]
    assert above[6:] == [
        [">", "50.0", "[42.0,", ">", "50.0]"],
        [">", "0.00", "[−1.00,", ">", "0.00]"],
    ]
    assert below[6] == ["<", "2.0", "[<", "2.0,", "4.0]"]


def test_what_is_decided_is_bold_and_names_are_text(cells):
    _, _, inside, above, below = cells
    assert "<b>" in "".join(inside[5])
    assert "<b>" not in "".join(above[5])
    assert below[0] == ["<b>"]
    assert below[1] == ["in"]
