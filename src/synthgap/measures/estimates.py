"""Estimates with their intervals."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike
from scipy.special import ndtri

COVERAGE = 0.95
"""Nominal coverage of every interval."""


class Estimate(NamedTuple):
    """A number and what it might have been in other samples of the same size."""

    value: float
    replicates: Float[np.ndarray, "draws"]
    """One value a draw. Draw b uses the same image indices in every source, so that differences
    between sources are paired."""


class Interval(NamedTuple):
    """Ends of a 95 % interval."""

    low: float
    high: float


def interval(estimate: Estimate) -> Interval:
    """Give the 95 % interval of an estimate, for its measure at the sample size that was used.

    Percentiles of the replicates, moved so that their mean is the estimate: resampling n images
    with replacement leaves fewer distinct ones, which shifts any measure of spread, and that shift
    is no part of its uncertainty (B. Efron, R. Tibshirani: An Introduction to the Bootstrap, 1993,
    chapter 10 on the bias).
    """
    tail = (1 - COVERAGE) / 2
    centred = estimate.replicates - estimate.replicates.mean() + estimate.value
    # With this definition of a quantile the ends hold 95 % on average, however many replicates
    # there are; with NumPy's default 94.8 % of 1,000 and 93.1 % of 100.
    low, high = np.quantile(centred, [tail, 1 - tail], method="weibull")
    return Interval(float(low), float(high))


def difference(one: Estimate, other: Estimate) -> Estimate:
    """Give `other` minus `one`, paired.

    Replicate b of both comes from the same image indices, so what moves both alike moves the
    difference little.

    Raises:
        ValueError: they have different numbers of replicates.
    """
    return Estimate(other.value - one.value, other.replicates - one.replicates)


Row = dict[str, Any]
"""A row of a table of measures."""


def columns(name: str, value: float, ends: Interval) -> Row:
    """The columns of one number and its interval."""
    return {name: float(value), f"{name}_low": ends.low, f"{name}_high": ends.high}


def wilson(hits: float, n: int) -> Interval:
    """Give the 95 % interval of a share of n by E. B. Wilson (JASA 22, 1927).

    >>> low, high = wilson(10, 10)
    >>> round(low, 3), high
    (0.722, 1.0)
    """
    z = float(ndtri(1 - (1 - COVERAGE) / 2))
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Exact at the ends, where rounding would leave an interval without its own estimate.
    low = 0.0 if share < 1e-12 else float(middle - half)
    high = 1.0 if share > 1 - 1e-12 else float(middle + half)
    return Interval(low, high)


def bootstrap_counts(rng: np.random.Generator, n: int, draws: int) -> Int[np.ndarray, "draws n"]:
    """Say how often each of n images is in each of the bootstrap's draws."""
    return rng.multinomial(n, np.full(n, 1 / n), size=draws)


def mean_over_classes(hits: Bool[np.ndarray, "q"], labels: ArrayLike) -> float:
    """Average hits within each class and then over the classes, which thus weigh the same."""
    _, numbers = np.unique(np.asarray(labels), return_inverse=True)
    return float(np.mean(np.bincount(numbers, weights=hits) / np.bincount(numbers)))


class Share(NamedTuple):
    """An accuracy, per class and over all classes."""

    per_class: Float[np.ndarray, "classes"]
    per_class_interval: list[Interval]
    """Wilson's."""
    overall: Estimate
    """Mean over the classes."""
    overall_interval: Interval


def share(
    hits: Float[np.ndarray, "repetitions queries"],
    labels: Int[np.ndarray, "queries"],
    rngs: Sequence[np.random.Generator],
    draws: int,
) -> Share:
    """Average hits per class and over classes, each class weighing the same.

    The interval over all classes comes from resampling the queries within their classes, and the
    repetitions. Where every query hits, or none, resampling shows no spread, and Wilson's interval
    over the queries stands in, as it does for single classes.

    Args:
        hits: 1 where a query was classified right, else 0; a row for each repetition, such as the
            seeds of a training.
        labels: class numbers of the queries, 0 to c - 1, each present.
        rngs: random numbers for each class.
        draws: how many replicates.
    """
    repetitions = len(hits)
    weights = bootstrap_counts(rngs[0], repetitions, draws) / repetitions
    per_class, intervals = [], []
    replicates = np.zeros(draws)
    for label, rng in enumerate(rngs):
        of_class = hits[:, labels == label].astype(float)
        n = of_class.shape[1]
        counts = bootstrap_counts(rng, n, draws)
        replicates += np.sum((weights @ of_class) * counts, axis=1) / n
        per_class.append(of_class.mean())
        intervals.append(wilson(of_class.sum() / repetitions, n))
    overall = Estimate(float(np.mean(per_class)), replicates / len(rngs))
    if np.ptp(overall.replicates) < 1e-12:
        ends = wilson(overall.value * len(labels), len(labels))
    else:
        # Moving percentiles can carry them past the ends of a share's range.
        ends = Interval(*np.clip(interval(overall), 0.0, 1.0).tolist())
    return Share(np.array(per_class), intervals, overall, ends)
