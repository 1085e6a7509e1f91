"""The page of what helps: what filtered and selected variants gain, and what they cost."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import NOTHING, Written, in_row, number
from synthgap.report.facts import Facts
from synthgap.report.rendering import rendered
from synthgap.report.sections.class_gains import class_gains_part
from synthgap.summary.verdict import ACCURACIES

SHOWN = 200
"""Classes on the page; the tables hold all of them."""

Row = Mapping[Hashable, Any]


class Gain(NamedTuple):
    """By how much a variant does better than another."""

    said: Written
    decided: bool


NOT_COMPARED = Gain(Written(NOTHING), decided=False)


class Variant(NamedTuple):
    """A variant, from the largest gain to the smallest."""

    name: str
    images: str
    """What it consists of, in words; nothing of a variant that was generated or read."""
    gains: list[Gain]
    """Over the baseline and over its control, in each measure."""
    used: str
    made: str
    thrown_away: str
    denoising_steps: str
    """For each image used."""


class Choice(NamedTuple):
    """Which variant a class takes."""

    class_name: str
    variant: str
    accuracy: Written
    over_best: Written
    """Its shrunk difference to the best over all."""


class Chosen(NamedTuple):
    """What a variant that selects has chosen."""

    name: str
    best: str
    """The best over all classes."""
    choices: list[Choice]
    """Classes that take another one, of which these are the first."""
    other: int
    classes: int


def gains_section(
    facts: Facts, gains: pd.DataFrame, of_classes: pd.DataFrame, choices: pd.DataFrame | None
) -> Markup:
    """Write the variants by their gain over the baseline, class by class too, and who chose what.

    Args:
        facts: the study.
        gains: `summary/gains`; of encoders the headline one is shown, of classifiers the first.
        of_classes: `summary/class_gains`.
        choices: `summary/choices`; None where no variant selects.
    """
    classifier = gains["classifier"].dropna()
    own = gains[
        (gains["encoder"] == facts.encoder)
        | (gains["classifier"] == (classifier.iloc[0] if len(classifier) else ""))
    ]
    measures = [name for name in ACCURACIES if (own["measure"] == name).any()]
    compared = own[~own["is_control"]]
    return rendered(
        "gains",
        baseline=facts.baseline,
        measures=[ACCURACIES[name] for name in measures],
        has_controls=bool(own["is_control"].any()),
        variants=_variants(facts, own, measures),
        comparisons=len(own),
        better=_named(compared[compared["decided"] & (compared["gain"] > 0)], measures),
        by_chance=number(0.05 * len(own), 1),
        per_class=class_gains_part(facts, of_classes),
        chosen=[] if choices is None else _chosen(facts, choices),
    )


def _variants(facts: Facts, gains: pd.DataFrame, measures: list[str]) -> list[Variant]:
    made = {variant.name: variant.made.facts.get("images", "") for variant in facts.variants}
    generated = {variant.name for variant in facts.variants if variant.generator is not None}
    found = []
    for name, rows in gains.groupby("variant", sort=False):
        of = {(row["measure"], row["is_control"]): _gain(row) for row in rows.to_dict("records")}
        first = rows.iloc[0]
        found.append(
            Variant(
                str(name),
                "" if name in generated else made[str(name)],
                [
                    of.get((measure, control), NOT_COMPARED)
                    for control in (False, True)
                    for measure in measures
                ],
                f"{first['images']:,}",
                f"{first['made']:,}",
                f"{first['thrown_away']:,}",
                number(first["denoising_steps"], 0),
            )
        )
    return found


def _gain(row: Row) -> Gain:
    return Gain(in_row(row, "gain", signed=True), bool(row["decided"]))


def _named(rows: pd.DataFrame, measures: list[str]) -> str:
    """Name the variants that do better, and in what."""
    said = []
    for measure in measures:
        names = list(rows.loc[rows["measure"] == measure, "variant"])
        if names:
            said.append(f"in {ACCURACIES[measure]} {', '.join(names)}")
    return "; ".join(said)


def _chosen(facts: Facts, choices: pd.DataFrame) -> list[Chosen]:
    names = {category.class_id: category.name for category in facts.classes}
    found = []
    for name, rows in choices.groupby("selected", sort=False):
        best = str(rows.loc[rows["best_overall"], "variant"].iloc[0])
        taken = rows[rows["chosen"]]
        others = taken[taken["variant"] != best]
        found.append(
            Chosen(
                str(name),
                best,
                [
                    Choice(
                        f"{row['class_id']} {names[row['class_id']]}",
                        row["variant"],
                        in_row(row, "accuracy"),
                        in_row(row, "shrunk", signed=True),
                    )
                    for row in others.head(SHOWN).to_dict("records")
                ],
                len(others),
                len(taken),
            )
        )
    return found
