"""The page of whether measures agree: how alike two of them order the variants."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import NOTHING, Written, in_row
from synthgap.report.facts import Facts
from synthgap.report.rendering import rendered
from synthgap.summary.headline import HEADLINE

CHOSEN = (*HEADLINE, "adherence", "vendi_score")
"""Measures of the matrix, those of them that the study has; the table has all."""

SHOWN = 20
"""Pairs against expectation that are listed at most."""

Row = Mapping[Any, Any]


class Cell(NamedTuple):
    """How alike two measures order the variants."""

    tau: Written
    decided: bool
    """The interval of tau leaves zero out."""


class Against(NamedTuple):
    """A pair that orders the variants decidedly the other way round than expected."""

    name: str
    other: str
    expected: str
    tau: Written
    turned: str
    """Of the pairs of variants that both decide."""


def agreement_section(facts: Facts, agreement: pd.DataFrame) -> Markup:
    """Write a matrix of the best known measures, and which pairs go against what is expected.

    Args:
        facts: the study.
        agreement: `summary/agreement`; of encoders the headline one is shown.
    """
    own = agreement[agreement["encoder"] == facts.encoder]
    names = dict(zip(own["measure"], own["name"], strict=True))
    names |= dict(zip(own["other"], own["other_name"], strict=True))
    chosen = [measure for measure in CHOSEN if measure in names]
    cells = {
        frozenset((row["measure"], row["other"])): _cell(row) for row in own.to_dict("records")
    }
    known = own[own["tau"].notna()]
    expected = known[known["expected"].notna()]
    same = expected["expected"] == "same order"
    against = expected[
        (same & (expected["tau_high"] < 0)) | (~same & (expected["tau_low"] > 0))
    ].sort_values("tau", key=lambda tau: -tau.abs(), kind="stable")
    return rendered(
        "agreement",
        encoder=facts.encoder,
        more=len(own) < len(agreement),
        variants=int(own["variants"].max()),
        columns=[names[measure] for measure in chosen[:-1]],
        rows=[
            (names[measure], [cells.get(frozenset((measure, each))) for each in chosen[:place]])
            for place, measure in enumerate(chosen)
            if place
        ],
        pairs=f"{len(known):,}",
        expected=f"{len(expected):,}",
        against=[_against(row) for row in against.head(SHOWN).to_dict("records")],
        count=len(against),
    )


def _cell(row: Row) -> Cell:
    return Cell(
        in_row(row, "tau", 2, signed=True),
        bool(row["tau_low"] > 0 or row["tau_high"] < 0),
    )


def _against(row: Row) -> Against:
    same = row["expected"] == "same order"
    # Of an order that is expected to be the reverse, those that go the same way are the odd ones.
    odd = row["turned"] if same else row["decided"] - row["turned"]
    return Against(
        row["name"],
        row["other_name"],
        row["expected"],
        in_row(row, "tau", 2, signed=True),
        f"{odd} of {row['decided']}" if row["decided"] else NOTHING,
    )
