"""Choosing the best of several scales on some images, and asking others whether it is.

The value of a maximum on the images that chose it is too high: of scales that are equally good, the
one wins that these images happen to suit (the winner's curse). So it is asked again of images that
chose nothing.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from synthgap.measures.intervals.estimates import (
    COVERAGE,
    Interval,
    Share,
    bonett_price,
    bootstrap_counts,
    bootstrapped,
    difference,
    interval,
    share,
)

Hits = Float[np.ndarray, "scales repetitions queries"]
"""1 where a query was put right, else 0: at each scale, a row a repetition such as a training."""

Random = Callable[[], Sequence[np.random.Generator]]
"""Gives random numbers for each class, each time the same ones."""

SAME = 1e-9
"""Accuracies that differ by less are the same."""


class Choices(NamedTuple):
    """Which scale is best, for all classes together and for each."""

    overall: int
    """Number of the scale; of several that are equally good the first."""
    per_class: Int[np.ndarray, "classes"]
    overall_shares: Float[np.ndarray, "scales"]
    """How often each scale is best over resampled queries and repetitions; a tie is shared."""
    per_class_shares: Float[np.ndarray, "classes scales"]


def choices(hits: Hits, labels: Int[np.ndarray, "queries"], random: Random, draws: int) -> Choices:
    """Choose the scale with the most queries put right, each class weighing the same.

    Queries are resampled within classes, and repetitions likewise; a draw takes the same ones at
    every scale. Replicates are widened as those of `share` are.

    Args:
        hits: at scales in a fixed order.
        labels: class numbers of the queries, 0 to c - 1, each present.
        random: as many generators as there are classes.
        draws: how many replicates.
    """
    rngs = random()
    scales, repetitions, _ = hits.shape
    drawn = bootstrap_counts(rngs[0], repetitions, draws) / repetitions
    total, overall = np.zeros(scales), np.zeros((scales, draws))
    per_class, per_class_shares = [], []
    for label, rng in enumerate(rngs):
        of_class = hits[:, :, labels == label].astype(float)
        n = of_class.shape[2]
        values = of_class.mean(axis=(1, 2))
        counts = bootstrap_counts(rng, n, draws) / n
        of_queries = of_class.mean(axis=1) @ counts.T
        of_repetitions = of_class.mean(axis=2) @ drawn.T
        replicates = np.stack(
            [
                bootstrapped(value, by_query, n).replicates
                + bootstrapped(0.0, by_repetition, repetitions).replicates
                for value, by_query, by_repetition in zip(
                    values, of_queries, of_repetitions, strict=True
                )
            ]
        )
        per_class.append(_first_best(values))
        per_class_shares.append(_shares(replicates))
        total += values / len(rngs)
        overall += replicates / len(rngs)
    return Choices(
        _first_best(total), np.array(per_class), _shares(overall), np.array(per_class_shares)
    )


def _first_best(values: Float[np.ndarray, "scales"]) -> int:
    return int(np.argmax(values >= values.max() - SAME))


def _shares(replicates: Float[np.ndarray, "scales draws"]) -> Float[np.ndarray, "scales"]:
    best = replicates >= replicates.max(axis=0) - SAME
    shares: Float[np.ndarray, "scales"] = (best / best.sum(axis=0)).mean(axis=1)
    return shares


def range_of(scales: Sequence[float], shares: Float[np.ndarray, "scales"]) -> Interval:
    """From which to which scale the choices reach, but for 2.5 % of them at either end.

    >>> range_of([1, 2, 4], np.array([0.02, 0.08, 0.9]))
    Interval(low=2, high=4)
    """
    tail = (1 - COVERAGE) / 2
    # A sum of shares may fall short of 1 by rounding.
    up_to = np.cumsum(shares) + SAME
    low, high = np.searchsorted(up_to, [tail + 2 * SAME, 1 - tail])
    return Interval(scales[low], scales[high])


def worth(
    chosen: Choices, hits: Hits, labels: Int[np.ndarray, "queries"], random: Random, draws: int
) -> Share:
    """Accuracies of chosen scales: of each class with its own, over all classes with one for all.

    Args:
        chosen: on these or other images.
        hits: at the same scales.
        labels: class numbers of the queries.
        random: as many generators as there are classes.
        draws: how many replicates.
    """
    own = share(_own(chosen, hits, labels), labels, random(), draws)
    one = share(hits[chosen.overall], labels, random(), draws)
    return one._replace(per_class=own.per_class, per_class_interval=own.per_class_interval)


Difference = tuple[float, Interval]

NONE: Difference = (0.0, Interval(0.0, 0.0))
"""Of one and the same scale on the same images."""


def own_against_one(
    chosen: Choices, hits: Hits, labels: Int[np.ndarray, "queries"], random: Random, draws: int
) -> tuple[Difference, list[Difference]]:
    """Accuracy with a scale for each class, minus that with one for all, paired.

    Over all classes the interval is of resampled queries, of a single class Bonett and Price's.
    On images that chose nothing it says whether choosing for each class gains anything.

    Args: see `worth`.

    Returns:
        The difference over all classes, and that of each class.
    """
    own, one = _own(chosen, hits, labels).astype(float), hits[chosen.overall].astype(float)
    of_classes: list[Difference] = []
    for label, scale in enumerate(chosen.per_class):
        if scale == chosen.overall:
            of_classes.append(NONE)
            continue
        apart = (own - one)[:, labels == label].mean(axis=0)
        of_classes.append((float(apart.mean()), bonett_price(apart)))
    if (chosen.per_class == chosen.overall).all():
        return NONE, of_classes
    return against(one, own, labels, random, draws), of_classes


def against(
    one: Float[np.ndarray, "repetitions queries"],
    other: Float[np.ndarray, "repetitions queries"],
    labels: Int[np.ndarray, "queries"],
    random: Random,
    draws: int,
) -> Difference:
    """The accuracy of `other` over all classes, minus that of `one`, paired.

    Where no query tells them apart, nor any class in sum, resampling shows no spread, and Bonett
    and Price's interval over all queries stands in.

    Args: see `worth`.
    """
    shares = [share(each, labels, random(), draws).overall for each in (one, other)]
    found = difference(*shares)
    if np.ptp(found.replicates) < SAME:
        return found.value, bonett_price(np.full(len(labels), found.value))
    return found.value, interval(found)


def _own(chosen: Choices, hits: Hits, labels: Int[np.ndarray, "queries"]) -> np.ndarray:
    return hits[chosen.per_class[labels], :, np.arange(len(labels))].T
