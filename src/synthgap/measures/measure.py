"""What a measure says of itself: its columns, and the function that gives their numbers.

Tables, summaries, differences and the page of all measures take from here what they need, so that a
measure is one module and one line in `MEASURES` of its level: `tables.of_class`, `tables.of_source`
or `tables.pooled`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from synthgap.measures.intervals.estimates import Interval
from synthgap.measures.intervals.limits import UNLIMITED

Sample = TypeVar("Sample", contravariant=True)
"""What is measured: a `ClassSample`, a `SourceSample` or a `PoolSample`."""

Found = TypeVar("Found", covariant=True)
"""What is found: an `Estimate`, or of a source also a `Share` or a `Single`."""


class Family(StrEnum):
    """Measures that stand together on the page of all measures."""

    DIVERSITY = "Diversity"
    SHIFT = "Shift"
    DISTANCES = "Distances between distributions"
    COVERAGE = "Fidelity and coverage"
    ACCURACY = "Accuracy"
    LOSS = "What accuracy is lost to shift and to diversity"
    PROMPTS = "Prompts"


class Column(NamedTuple):
    """One number of a measure."""

    title: str
    """Its name for people."""
    text: str
    """What it means."""
    family: Family
    """Where it stands on the page of all measures."""
    limits: Interval = UNLIMITED
    """What values it can take: its interval ends there."""
    compared: bool = True
    """Whether sources are compared by it; not where it is one number in every source's table,
    nor where it has no replicates."""


@dataclass(frozen=True)
class Measure(Generic[Sample, Found]):
    """Columns and the function behind them.

    A job's code identity follows it as it follows any constant: to this measure alone, not to what
    else its module holds.
    """

    columns: Mapping[str, Column]
    """By their names, which are unique over all measures, in the order of the tables."""
    of: Callable[[Sample], Mapping[str, Found]]
    """Gives each column's number; none where the measure does not apply to a sample, such as a
    distance of natural-train from itself."""


def columns_of(measures: Iterable[Measure[Any, Any]]) -> dict[str, Column]:
    """The columns of several measures in their order."""
    return {name: column for measure in measures for name, column in measure.columns.items()}
