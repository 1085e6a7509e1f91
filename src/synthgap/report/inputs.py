"""What a report is made of: summaries by name, and everything else as files."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from synthgap.report.facts import Facts

TABLES = (
    "variants",
    "differences",
    "classes",
    "diagnosis",
    "causes",
    "proposals",
    "embedding_classifiers",
    "flags",
    "copies",
    "leaks",
    "near_duplicates",
    "quarantine",
    "quoted",
)
"""Summaries that the report is made of."""

OF_SWEEPS = ("guidance", "frontier")
"""And those of a study with a sweep of the guidance scale."""

OF_GROUPS = ("groups", "group_differences", "group_causes")
"""And those of a study that names groups of classes."""


class Inputs(NamedTuple):
    """What a study has made, as files."""

    summary: Path
    """Folder of the summaries."""
    projection: Path
    places: Mapping[str, Path]
    """`positions` of natural-train and the variants."""
    images: Mapping[tuple[str, str], str | Path]
    """Of each of these sources and class its image table, and of natural-val."""
    charts: Mapping[str, Path]
    """By name, SVG."""
    made_by: Mapping[str, str | Path]
    """Tables that show how their kind was made."""
    read_sources: list[str]
    """Sources that were read, of which files may have been put aside."""
    checkout: Path
    """Where the workflow lies."""
    results: str
    """The study's folder, as the workflow names it."""
    encoders: Path | None = None
    """Summary of several encoders side by side."""
    replicated: bool = False
    """Whether the study has summaries over replicates, of which the page then speaks."""


def summaries_beside(facts: Facts) -> list[str]:
    """Summaries of a study that sweeps, filters, selects, mixes, has groups, or trains on many."""
    return [
        *(OF_SWEEPS if facts.sweeps else ()),
        *(["gains", "class_gains"] if facts.baseline is not None else []),
        *(["choices"] if facts.chooses else []),
        *(["mixtures"] if facts.mixes else []),
        *(["predictors"] if facts.predicts else []),
        *(["agreement"] if facts.ordered else []),
        *(OF_GROUPS if facts.grouped else ()),
    ]
