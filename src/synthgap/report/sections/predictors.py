"""The page of what foretells training: how each measure orders the variants."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import NOTHING, Written, counted, in_row, number
from synthgap.report.facts import Facts
from synthgap.report.rendering import rendered

NAMED = 5
"""Measures that the sentence names at most."""


class Predictor(NamedTuple):
    """How a measure orders variants."""

    name: str
    tau: Written
    decided: bool
    """The interval of tau leaves zero out."""
    rho: Written
    expected: str
    variants: int
    chance: str
    corrected: str
    note: str
    """What is odd about it; mostly nothing."""


def predictors_section(facts: Facts, predictors: pd.DataFrame) -> Markup:
    """Write the measures by how far their rank correlation with top-1 is from zero.

    Args:
        facts: the study.
        predictors: `summary/predictors`; of encoders the headline one is shown.
    """
    own = predictors[predictors["encoder"] == facts.encoder]
    known = own[own["tau"].notna()]
    decided = known[(known["tau_low"] > 0) | (known["tau_high"] < 0)]
    first = known.iloc[:1]
    return rendered(
        "predictors",
        encoder=facts.encoder,
        more=len(own) < len(predictors),
        classifier=str(own["classifier"].iloc[0]),
        variants=int(own["variants"].max()),
        measures=len(known),
        by_chance=number(0.05 * len(known), 1),
        decided=counted(len(decided), "measure"),
        named=_named(decided),
        corrected=int((decided["q_value"] <= 0.05).sum()),
        alike=_alike(first, known),
        first=str(first["name"].iloc[0]) if len(first) else "",
        rows=[_predictor(row) for row in own.to_dict("records")],
    )


def _named(decided: pd.DataFrame) -> str:
    names = [
        f"{row['name']} ({number(row['tau'], 2, signed=True)})"
        for row in decided.head(NAMED).to_dict("records")
    ]
    return ", ".join(names) + (" and others" if len(decided) > NAMED else "")


def _alike(first: pd.DataFrame, known: pd.DataFrame) -> int:
    """How many others are at least as far from zero as the first one's interval reaches down."""
    if not len(first):
        return 0
    low, high = first["tau_low"].iloc[0], first["tau_high"].iloc[0]
    nearest = max(low, -high, 0.0)
    return int((known["tau"].abs() >= nearest).sum()) - 1


def _predictor(row: Mapping[Any, Any]) -> Predictor:
    empty = pd.isna(row["tau"])
    decided = not empty and (row["tau_low"] > 0 or row["tau_high"] < 0)
    expected = "" if pd.isna(row["expected"]) else str(row["expected"])
    turned = decided and expected and (row["tau"] > 0) != expected.startswith("higher")
    return Predictor(
        row["name"],
        in_row(row, "tau", 2, signed=True),
        bool(decided),
        in_row(row, "rho", 2, signed=True),
        expected or NOTHING,
        row["variants"],
        number(row["p_value"]),
        number(row["q_value"]),
        "the other way round" if turned else "" if empty or row["resampled"] else "values alone",
    )
