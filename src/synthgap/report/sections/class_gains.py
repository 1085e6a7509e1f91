"""What helps class by class: how much is found beyond chance, and a table for the page's script."""

from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import number
from synthgap.report.facts import Facts
from synthgap.report.rendering import rendered
from synthgap.summary.verdict import ACCURACIES


class Kind(NamedTuple):
    """Comparisons of one accuracy with the baseline, or with as many images at random."""

    name: str
    comparisons: str
    decided: str
    """Intervals that leave zero out, each by itself."""
    by_chance: str
    """As many would, if nothing differed."""
    gains: str
    losses: str
    """Found beyond chance, after correction for their number."""


def class_gains_part(facts: Facts, gains: pd.DataFrame) -> Markup:
    """Write how many gains and losses of single classes are beyond chance.

    Args:
        facts: the study.
        gains: `summary/class_gains`.
    """
    own = _shown(facts, gains)
    fewest, most = own["images"].min(), own["images"].max()
    return rendered(
        "class_gains",
        baseline=facts.baseline,
        kinds=[_kind(facts, measure, control, rows) for measure, control, rows in _kinds(own)],
        images=f"{fewest}" if fewest == most else f"{fewest} to {most}",
        trained=bool((own["measure"] == "top1").any()),
        variants=own["variant"].nunique(),
    )


def class_gains_data(facts: Facts, gains: pd.DataFrame) -> list[dict[str, Any]]:
    """What the page's script shows: of each kind of comparison a table of classes by variants.

    Variants stand in the order of their gain over all classes, the largest first.

    Args: as of `class_gains_part`.
    """
    found = []
    for measure, control, rows in _kinds(_shown(facts, gains)):
        # As over all classes, whose gain is the mean of these.
        mean = rows.groupby("variant")["gain"].transform("mean")
        rows = rows.loc[mean.sort_values(ascending=False, kind="stable").index]
        pairs = list(dict.fromkeys(zip(rows["variant"], rows["over"], strict=True)))
        cells: dict[int, list[Any]] = {place: [] for place in range(len(facts.classes))}
        for row in rows.to_dict("records"):
            ends = [row[f"gain{end}"] for end in ("", "_low", "_high")]
            cells[facts.numbers[row["class_id"]]].append([*ends, row["q_value"], int(row["found"])])
        found.append(
            {
                "name": _name(facts, measure, control),
                "columns": [list(pair) for pair in pairs],
                "rows": [[place, *values] for place, values in cells.items()],
            }
        )
    return found


def _shown(facts: Facts, gains: pd.DataFrame) -> pd.DataFrame:
    """Those of the headline encoder and the first classifier, as they are over all classes."""
    classifier = gains["classifier"].dropna()
    first = classifier.iloc[0] if len(classifier) else ""
    return gains[(gains["encoder"] == facts.encoder) | (gains["classifier"] == first)]


def _kinds(gains: pd.DataFrame) -> list[tuple[str, bool, pd.DataFrame]]:
    """The comparisons of one kind together, in the order of the accuracies."""
    return [
        (measure, control, rows)
        for control in (False, True)
        for measure in ACCURACIES
        if len(rows := gains[(gains["measure"] == measure) & (gains["is_control"] == control)])
    ]


def _name(facts: Facts, measure: str, control: bool) -> str:
    over = "as many at random" if control else facts.baseline
    return f"{ACCURACIES[measure]} over {over}"


def _kind(facts: Facts, measure: str, control: bool, rows: pd.DataFrame) -> Kind:
    alone = (rows["gain_low"] > 0) | (rows["gain_high"] < 0)
    found = rows[rows["found"]]
    return Kind(
        _name(facts, measure, control),
        f"{len(rows):,}",
        f"{alone.sum():,}",
        number(0.05 * len(rows), 1),
        f"{(found['gain'] > 0).sum():,}",
        f"{(found['gain'] < 0).sum():,}",
    )
