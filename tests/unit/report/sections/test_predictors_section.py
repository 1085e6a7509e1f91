"""The page of what foretells training says what the table says, and decides by intervals alone."""

import html
import re

import pandas as pd
import pytest
from reported import facts

from synthgap.report.sections.predictors import predictors_section


def row(name, tau, low, high, q_value=0.01, expected="higher is better", encoder="clip", **changes):
    return {
        "encoder": encoder,
        "measure": name,
        "name": name,
        "classifier": "resnet",
        "variants": 18,
        "expected": expected,
        **{"tau": tau, "tau_low": low, "tau_high": high},
        **{"rho": tau, "rho_low": low, "rho_high": high},
        "resampled": True,
        "p_value": q_value,
        "q_value": q_value,
        **changes,
    }


STRONG = row("5-NN <accuracy>", 0.81, 0.60, 0.95)
TURNED = row("precision", -0.55, -0.80, -0.20, q_value=0.2)
OPEN = row("vendi", 0.30, -0.10, 0.60, q_value=0.4)
ALONE = row("margin", 0.1, -0.2, 0.3, q_value=0.7, expected=None, resampled=False)
EMPTY = row("baseline", None, None, None, q_value=None, expected=None)
OTHER = row("elsewhere", 0.99, 0.9, 1, encoder="dino")


def text_of(*rows):
    table = pd.DataFrame([*rows]).astype({"tau": float, "q_value": float, "p_value": float})
    written = str(predictors_section(facts(("crane",)), table))
    assert "<accuracy>" not in written
    return written, " ".join(html.unescape(re.sub(r"<[^>]+>", " ", written)).split())


def test_what_is_decided_is_named_with_its_chance():
    written, text = text_of(STRONG, TURNED, OPEN, ALONE, EMPTY, OTHER)
    assert "2 measures of 4 order variants decidedly" in text
    assert "5-NN <accuracy> (+0.81), precision (−0.55)." in text
    assert "About 0.2 of 4 would by chance" in text
    assert "corrected for their number, 1 remains." in text
    assert re.findall(r"<b>(.\d\.\d\d)", written) == ["+0.81", "−0.55"]
    assert "18 variants that resnet was trained on alone" in text
    assert "elsewhere" not in text
    assert "summary/predictors.csv has all encoders" in text


def test_which_tells_best_is_open_where_others_are_within_its_interval():
    _, text = text_of(STRONG, row("recall", 0.7, 0.4, 0.9), TURNED)
    assert "Which one tells best is open: tau of 1 other is as far" in text
    _, text = text_of(STRONG, TURNED)
    assert "is open" not in text


@pytest.mark.parametrize("rows", [(OPEN, EMPTY), (EMPTY,)])
def test_nothing_decided_is_said(rows):
    written, text = text_of(*rows)
    assert "No measure orders these variants decidedly" in text
    assert "<b>" not in written
    assert "all encoders" not in text


def test_notes_say_what_is_odd_about_a_row():
    _, text = text_of(STRONG, TURNED, ALONE)
    assert text.count("the other way round") == 1
    assert text.count("values alone") == 2  # once in the note below
