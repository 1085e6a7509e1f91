"""The page of sweeps: which guidance scale is best, what each is worth, and which none beats."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import NOTHING, Written, in_row
from synthgap.report.facts import Facts
from synthgap.report.rendering import rendered
from synthgap.summary.sweeps import Sweep

MEASURES = {
    "adherence": "adherence",
    "centroid_distance": "centroid distance",
    "centroid_accuracy": "centroid accuracy",
    "knn_accuracy": "5-NN accuracy",
    "top1": "classifier top-1",
}
"""What the page shows of each scale, with names for people."""

OF_CLASSES = ("knn_accuracy", "centroid_accuracy")
"""Of which the first that there is chooses the scales of single classes on the page."""

ALL = -1
"""Stands for all classes where the page's script knows classes by their numbers."""

SHOWN = 30
"""Classes that the page lists; the table has them all."""


class Best(NamedTuple):
    """A chosen scale, of all classes or of one."""

    name: str
    """Of the accuracy, or of the class."""
    chosen_on: str
    scale: Written
    how_often: str
    where_chosen: Written
    accuracy: Written
    minus_reference: Written
    gain: Written


class Scale(NamedTuple):
    """What one scale is worth."""

    scale: str
    on_frontier: Written
    """Whether, and in how many of the draws."""
    cells: list[Written]


class SweepView(NamedTuple):
    """What the page shows of a sweep."""

    name: str
    best: list[Best]
    reference: str
    measures: list[str]
    scales: list[Scale]
    has_frontier: bool
    one_for_all: str
    """The scale that all classes together chose, by the accuracy of the classes below."""
    by: str
    """That accuracy."""
    classes: list[Best]
    more: int
    """Classes in all."""


def guidance_section(facts: Facts, guidance: pd.DataFrame, frontier: pd.DataFrame) -> Markup:
    """Write of each sweep which scales were chosen, what each is worth, and what classes choose.

    Args:
        facts: the study.
        guidance: `summary/guidance`.
        frontier: `summary/frontier`.
    """
    own = frontier[frontier["encoder"] == facts.encoder]
    views = [_view(sweep, _of(sweep, guidance), _of(sweep, own), facts) for sweep in facts.sweeps]
    return rendered("guidance", sweeps=views, encoder=facts.encoder)


def guidance_data(
    facts: Facts, guidance: pd.DataFrame, frontier: pd.DataFrame
) -> list[dict[str, Any]]:
    """What the page's script draws of each class: every measure at every scale, with its interval.

    Args: as of `guidance_section`.
    """
    found = []
    for sweep in facts.sweeps:
        own = _of(sweep, frontier[frontier["encoder"] == facts.encoder])
        chosen = _of(sweep, guidance)
        chosen = chosen[chosen["encoder"].isin([facts.encoder]) | chosen["encoder"].isna()]
        measures = [name for name in MEASURES if own[name].notna().any()]
        classes: dict[int, list[Any]] = {}
        for row in own.to_dict("records"):
            values: list[Any] = [
                [row[name + end] for end in ("", "_low", "_high")] for name in measures
            ]
            classes.setdefault(facts.numbers.get(row["class_id"], ALL), []).append(
                [row["guidance_scale"], int(row["on_frontier"] is True), *values]
            )
        best: list[list[Any]] = [
            [facts.numbers.get(row["class_id"], ALL), row["measure"], row["scale"]]
            for row in chosen.to_dict("records")
        ]
        found.append(
            {
                "name": sweep.name,
                "measures": [[name, MEASURES[name]] for name in measures],
                "classes": {str(place): rows for place, rows in classes.items()},
                "best": best,
            }
        )
    return found


def _none(value: Any) -> Any:
    return None if pd.isna(value) else value


def _of(sweep: Sweep, table: pd.DataFrame) -> pd.DataFrame:
    prompts = table["prompts"]
    same = prompts.isna() if sweep.prompts is None else prompts == sweep.prompts
    return table[(table["generator"] == sweep.generator) & same]


def _view(sweep: Sweep, guidance: pd.DataFrame, frontier: pd.DataFrame, facts: Facts) -> SweepView:
    together = guidance["class_id"].isna()
    reference = guidance.loc[together, "reference_scale"].dropna()
    scales = frontier[frontier["class_id"].isna()]
    measures = [name for name in MEASURES if scales[name].notna().any()]
    of_classes, one, by = guidance[:0], NOTHING, ""
    for measure in OF_CLASSES:
        own = guidance[(guidance["measure"] == measure) & (guidance["encoder"] == facts.encoder)]
        if len(own):
            of_classes, by = own[own["class_id"].notna()], MEASURES[measure]
            one = f"{own.loc[own['class_id'].isna(), 'scale'].iloc[0]:g}"
            break
    names = _names(of_classes)
    return SweepView(
        sweep.name,
        [_best(row, _by(row)) for row in guidance[together].to_dict("records")],
        f"{reference.iloc[0]:g}" if len(reference) else "",
        [MEASURES[name] for name in measures],
        [
            Scale(
                f"{row['guidance_scale']:g}",
                _frontier(row),
                [in_row(row, name) for name in measures],
            )
            for row in scales.to_dict("records")
        ],
        bool(scales["on_frontier"].notna().any()),
        one,
        by,
        [_best(row, names[row["class_id"]]) for row in of_classes.head(SHOWN).to_dict("records")],
        len(of_classes),
    )


def _frontier(row: Mapping[Any, Any]) -> Written:
    often = row.get("how_often")
    draws = "" if often is None or pd.isna(often) else f"in {100 * often:.0f} %"
    return Written("yes" if row["on_frontier"] is True else "no", draws)


def _names(rows: pd.DataFrame) -> dict[str, str]:
    """Of each class its name; where several have the same, with the id."""
    twice = rows["name"].duplicated(keep=False)
    shown = rows["name"].where(~twice, rows["name"] + " (" + rows["class_id"] + ")")
    return dict(zip(rows["class_id"], shown, strict=True))


def _by(row: Mapping[Any, Any]) -> str:
    """An accuracy, and the encoder or classifier that it is of."""
    return f"{MEASURES[row['measure']]} ({_none(row['encoder']) or row['classifier']})"


def _best(row: Mapping[Any, Any], name: str) -> Best:
    return Best(
        name,
        row["chosen_on"],
        Written(f"{row['scale']:g}", f"[{row['scale_low']:g}, {row['scale_high']:g}]"),
        f"{100 * row['how_often']:.0f} %",
        in_row(row, "accuracy_where_chosen"),
        in_row(row, "accuracy"),
        Written("the same")
        if row["scale"] == row["reference_scale"]
        else in_row(row, "minus_reference", signed=True),
        in_row(row, "per_class_gain", signed=True),
    )
