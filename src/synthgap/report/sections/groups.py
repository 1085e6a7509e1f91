"""The page of groups of classes: the headline's measures and the defects of each group."""

from typing import NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import Written, counted, in_row, number
from synthgap.report.facts import Facts
from synthgap.report.rendering import rendered
from synthgap.summary.headline import HEADLINE, PLAIN

ALL = "all classes"


class Cell(NamedTuple):
    """A measure of a source in a group."""

    written: Written
    apart: bool
    """The group differs from the classes outside of it, beyond the interval of the difference."""


class GroupRow(NamedTuple):
    """A group, or all classes."""

    name: str
    classes: str
    whole: bool
    """All classes of the study, for comparison."""
    cells: list[Cell]


class Panel(NamedTuple):
    """A measure."""

    name: str
    sources: list[str]
    rows: list[GroupRow]


class DefectRow(NamedTuple):
    """A group."""

    name: str
    classes: str
    cells: list[list[str]]
    """Of each variant what its classes have: a line a defect, none where there is none."""


def groups_section(
    facts: Facts,
    groups: pd.DataFrame,
    differences: pd.DataFrame,
    causes: pd.DataFrame,
    variants: pd.DataFrame,
) -> Markup:
    """Write each measure of the headline group by group, and which defects the groups have.

    Args:
        facts: the study.
        groups: `summary/groups`; of encoders the headline one is shown.
        differences: `summary/group_differences`.
        causes: `summary/group_causes`.
        variants: `summary/variants`, for the numbers of all classes.
    """
    own, whole, found = (
        table[table["encoder"] == facts.encoder] for table in (groups, variants, causes)
    )
    outside = differences[differences["other"].isna()]
    classifier = own["classifier"].iloc[0] if "classifier" in own else None
    outside = outside[
        (outside["encoder"] == facts.encoder)
        | (outside["encoder"].isna() & (outside["classifier"] == classifier))
    ]
    measures = [
        column
        for column in HEADLINE
        if column not in PLAIN and column in own and own[column].notna().any()
    ]
    decided = outside[(outside["difference_low"] > 0) | (outside["difference_high"] < 0)]
    apart = set(decided[["group", "source", "measure"]].itertuples(index=False, name=None))
    names = [variant.name for variant in facts.variants]
    compared = int(outside["measure"].isin(measures).sum())
    return rendered(
        "groups",
        encoder=facts.encoder,
        compared=compared,
        apart=sum(measure in measures for _, _, measure in apart),
        by_chance=number(0.05 * compared, 1),
        trained=classifier if "top1" in measures else None,
        panels=[_panel(measure, own, whole, apart, len(facts.classes)) for measure in measures],
        variants=names,
        defects=[
            _defects(str(group), int(rows["classes"].iloc[0]), found, names)
            for group, rows in own.groupby("group", sort=False)
        ],
        more=len(own) < len(groups),
    )


def _panel(
    measure: str,
    groups: pd.DataFrame,
    whole: pd.DataFrame,
    apart: set[tuple[str, str, str]],
    classes: int,
) -> Panel:
    known = groups[groups[measure].notna()]
    sources = list(dict.fromkeys(known["source"]))
    of_all = GroupRow(
        ALL,
        _classes(classes),
        True,
        [
            Cell(in_row(row, measure), False)
            for row in whole.set_index("source").loc[sources].to_dict("records")
        ],
    )
    rows = [
        GroupRow(
            str(group),
            _classes(own["classes"].iloc[0]),
            False,
            [
                Cell(in_row(row, measure), (str(group), str(source), measure) in apart)
                for source, row in own.set_index("source").loc[sources].to_dict("index").items()
            ],
        )
        for group, own in known.groupby("group", sort=False)
    ]
    return Panel(HEADLINE[measure], sources, [of_all, *rows])


def _classes(number: int) -> str:
    return counted(number, "class", "classes")


def _defects(group: str, classes: int, causes: pd.DataFrame, variants: list[str]) -> DefectRow:
    own = causes[(causes["group"] == group) & (causes["suffer"] > 0)]
    return DefectRow(
        group,
        _classes(classes),
        [
            [
                f"{row['defect']}: {row['suffer']}"
                for row in own[own["source"] == variant].to_dict("records")
            ]
            for variant in variants
        ],
    )
