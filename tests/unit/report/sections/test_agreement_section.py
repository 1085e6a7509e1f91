"""The page of agreeing measures says what the table says, and decides by intervals alone."""

import html
import re

import pandas as pd
from reported import facts

from synthgap.report.sections.agreement import agreement_section

NAMES = {
    "top1": "classifier top-1",
    "knn_accuracy": "5-NN <accuracy>",
    "centroid_shift": "centroid shift",
    "recall": "recall",
}


def row(measure, other, tau, half, expected="same order", decided=6, turned=0, encoder="clip"):
    return {
        "encoder": encoder,
        "measure": measure,
        "name": NAMES[measure],
        "other": other,
        "other_name": NAMES[other],
        "variants": 4,
        "expected": expected,
        "tau": tau,
        "tau_low": tau - half,
        "tau_high": tau + half,
        "decided": decided,
        "turned": turned,
    }


ALIKE = row("top1", "knn_accuracy", 0.81, 0.1)
REVERSED = row("top1", "centroid_shift", -0.67, 0.2, "reverse order", turned=5)
OPEN = row("knn_accuracy", "centroid_shift", 0.2, 0.5, "reverse order", decided=3, turned=1)
NOBODY_KNOWS = row("top1", "recall", -0.9, 0.05, None, turned=6)
AGAINST = row("knn_accuracy", "recall", -0.6, 0.3, turned=4)
TOO_CLOSE = row("centroid_shift", "recall", 0.7, 0.1, "reverse order", decided=5, turned=1)
ELSEWHERE = row("top1", "knn_accuracy", -0.99, 0.01, encoder="dino")


def text_of(*rows):
    written = str(agreement_section(facts(("crane",)), pd.DataFrame([*rows])))
    assert "<accuracy>" not in written
    return written, " ".join(html.unescape(re.sub(r"<[^>]+>", " ", written)).split())


def test_the_matrix_has_the_best_known_measures_and_what_is_decided_is_bold():
    written, text = text_of(ALIKE, REVERSED, OPEN, NOBODY_KNOWS)
    matrix = text[text.index("Kendall's tau centroid") : text.index("Of 3 pairs")]
    assert matrix.strip() == (
        "Kendall's tau centroid shift 5-NN <accuracy> "
        "5-NN <accuracy> +0.20 [−0.30, +0.70] "
        "classifier top-1 −0.67 [−0.87, −0.47] +0.81 [+0.71, +0.91]"
    )
    assert re.findall(r"<b>(.\d\.\d\d)", written) == ["−0.67", "+0.81"]


def test_only_what_goes_decidedly_against_expectation_is_listed():
    _, text = text_of(ALIKE, REVERSED, OPEN, NOBODY_KNOWS)
    assert (
        "Of 3 pairs of measures in which both say what is better, higher or lower, none orders"
        in text
    )
    _, text = text_of(ALIKE, REVERSED, OPEN, NOBODY_KNOWS, AGAINST, TOO_CLOSE, ELSEWHERE)
    assert (
        "Of 5 pairs of measures in which both say what is better, higher or lower, 2 order" in text
    )
    listed = text[text.index("pairs of variants against it") :]
    # The farther from zero comes first; against a reverse order is what was not turned.
    assert listed.index("centroid shift recall reverse order +0.70 [+0.60, +0.80] 4 of 5") < (
        listed.index("5-NN <accuracy> recall same order −0.60 [−0.90, −0.30] 4 of 6")
    )
    assert "−0.99" not in text
    assert "of all encoders" in text


def test_measures_that_find_all_variants_equal_have_no_number():
    empty = row("top1", "knn_accuracy", float("nan"), 0)
    written, text = text_of(empty, REVERSED)
    assert "classifier top-1 −0.67 [−0.87, −0.47] –" in text
    assert "nan" not in written
