"""Every mean over classes, taken over the classes of a group alone."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Int

from synthgap import seeds
from synthgap.measures.intervals.estimates import Estimate, Row, columns, share
from synthgap.measures.intervals.limits import measured as with_limits
from synthgap.measures.tables.scores import means, of_classes, read_scores
from synthgap.summary.classifiers import Training, trained_alone
from synthgap.summary.measured import OF_CLASS, Measured, over_classes, rows_of_classes
from synthgap.tables import read

Members = Int[np.ndarray, "m"]
"""Numbers of classes, ascending."""


class Part(NamedTuple):
    """What was found of one source in some of the classes."""

    row: Row
    """Numbers with their intervals, as in summary/variants."""
    estimates: dict[str, Estimate]
    """The same with replicates."""


class Split(NamedTuple):
    """A source in a group, and in the classes outside of it."""

    group: str
    source: str
    inside: Part
    outside: Part | None
    """None where the group has all classes."""


def measured_in_groups(
    item: Measured, scores: str | Path, groups: Mapping[str, Sequence[str]], draws: int
) -> Iterator[Split]:
    """Average the measures of a source over each group, and over the classes outside of it.

    Images are resampled within classes, the classes are taken as given, as for all classes.

    Args:
        item: what was measured of the source.
        scores: table of its images' scores.
        groups: of each group its classes.
        draws: replicates of those measures.
    """
    rows = rows_of_classes(item)
    class_ids = [row["class_id"] for row in rows]
    found = read_scores(scores, class_ids)
    each_class = of_classes(found, class_ids, draws)

    def part(members: Members) -> Part:
        own = [rows[member] for member in members]
        estimates = over_classes(own)
        row: Row = {
            "images": sum(each["images"] for each in own),
            "n": min(each["n"] for each in own),
        }
        for name, column in OF_CLASS.items():
            if name in estimates:
                row |= with_limits(name, estimates[name], column.limits)
        for name, mean in means(found, each_class, members).items():
            row |= columns(name, mean.estimate.value, mean.ends)
            estimates[name] = mean.estimate
        return Part(row, estimates)

    for group, inside, outside in splits(groups, class_ids):
        yield Split(group, item.source, part(inside), part(outside) if len(outside) else None)


def trained_in_groups(
    trainings: Sequence[Training], classifier: str, groups: Mapping[str, Sequence[str]], draws: int
) -> Iterator[Split]:
    """Average the accuracies of a classifier over each group, where it was trained on one source.

    It chooses among all classes; what it is asked are the natural-val images of the group's.

    Args:
        trainings: what was trained.
        classifier: whose accuracies.
        groups: of each group its classes.
        draws: replicates for the intervals.
    """
    for source, training in trained_alone(trainings, classifier).items():
        tables = [read(path).to_pandas() for path in training.predictions]
        labels, names = pd.factorize(tables[0]["class_id"])
        class_ids = list(names)
        ranks = np.stack([table["rank"].to_numpy() for table in tables])
        own = partial(_trained, training.training_set, ranks, labels, class_ids, draws)
        for group, inside, outside in splits(groups, class_ids):
            yield Split(group, source, own(inside), own(outside) if len(outside) else None)


def _trained(
    training_set: str,
    ranks: Int[np.ndarray, "seeds n"],
    labels: Int[np.ndarray, "n"],
    class_ids: Sequence[str],
    draws: int,
    members: Members,
) -> Part:
    own = np.isin(labels, members)
    numbers = np.searchsorted(members, labels[own])
    row: Row = {"training_set": training_set}
    estimates = {}
    for k in (1, 5):
        rngs = [seeds.generator("queries", class_ids[member]) for member in members]
        found = share(ranks[:, own] < k, numbers, rngs, draws)
        row |= columns(f"top{k}", found.overall.value, found.overall_interval)
        estimates[f"top{k}"] = found.overall
    return Part(row, estimates)


def splits(
    groups: Mapping[str, Sequence[str]], class_ids: Sequence[str]
) -> Iterator[tuple[str, Members, Members]]:
    """Of each group the numbers of its classes and those of all others.

    >>> [(name, *map(list, both)) for name, *both in splits({"hard": ["b"]}, ["a", "b"])]
    [('hard', [np.int64(1)], [np.int64(0)])]
    """
    for group, members in groups.items():
        inside = np.isin(class_ids, list(members))
        yield group, np.flatnonzero(inside), np.flatnonzero(~inside)
