"""Estimates with their intervals."""

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

COVERAGE = 0.95
"""Nominal coverage of every interval."""

NORMAL_QUANTILE = NormalDist().inv_cdf(1 - (1 - COVERAGE) / 2)


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


class Single(NamedTuple):
    """A number of one sample alone: without replicates, so that differences of it have no interval.

    Sources are not compared by it.
    """

    value: float
    ends: Interval | None = None
    """Its interval, where there is one."""


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
    # Of the standard library: importing scipy.special takes longer than measuring a class.
    z = NORMAL_QUANTILE
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Exact at the ends, where rounding would leave an interval without its own estimate.
    low = 0.0 if share < 1e-12 else float(middle - half)
    high = 1.0 if share > 1 - 1e-12 else float(middle + half)
    return Interval(low, high)


def bootstrapped(value: float, replicates: Float[np.ndarray, "draws"], n: int) -> Estimate:
    """Make an estimate of replicates that come from resampling n images with replacement.

    The bootstrap draws from the images themselves, whose variance is (n - 1)/n of the population's
    on average. Widened by sqrt(n/(n - 1)), replicates spread as far as the estimate does, also
    after they are averaged over classes (T. Hesterberg: What Teachers Should Know About the
    Bootstrap, The American Statistician 69, 2015, on narrowness bias). They are moved so that
    their mean is the estimate; see `interval` on that.

    >>> bootstrapped(5.0, np.array([1.0, 3.0]), 2).replicates.round(3)
    array([3.586, 6.414])
    """
    deviations = replicates - replicates.mean()
    return Estimate(value, value + deviations * np.sqrt(n / max(n - 1, 1)))


def widened_at_ends(
    value: float, deviations: Float[np.ndarray, "draws"], n: int, rng: np.random.Generator
) -> Estimate:
    """Make an estimate of a share of n whose replicates say too little if it is near 0 or 1.

    Where all of n images hit, so do those of every subsample, and the replicates do not differ.
    With fewer than five hits or misses (W. G. Cochran's rule for the normal approximation,
    Biometrics 10, 1954), the replicates therefore spread at least as far as Wilson's interval does
    on its inner side. What lies beyond 0 and 1 is cut from the interval; see `limits`.

    Args:
        value: the share.
        deviations: of its replicates, from resampling.
        n: images of which it is a share.
        rng: random numbers, independent of those of other sources.

    >>> rng = np.random.default_rng(0)
    >>> low, _ = interval(widened_at_ends(1.0, np.zeros(20_000), 50, rng))
    >>> round(low, 2), round(wilson(50, 50).low, 2)
    (0.93, 0.93)
    """
    if min(value, 1 - value) * n < 5:
        ends = wilson(value * n, n)
        inner = max(value - ends.low, ends.high - value) / NORMAL_QUANTILE
        missing = max(0.0, inner**2 - float(np.var(deviations)))
        deviations = deviations + np.sqrt(missing) * rng.standard_normal(len(deviations))
    return Estimate(value, value + deviations)


def bootstrap_counts(rng: np.random.Generator, n: int, draws: int) -> Int[np.ndarray, "draws n"]:
    """Say how often each of n images is in each of the bootstrap's draws."""
    return rng.multinomial(n, np.full(n, 1 / n), size=draws)


def mean_over_classes(
    hits: Bool[np.ndarray, "q"] | Float[np.ndarray, "q"], labels: ArrayLike
) -> float:
    """Average hits within each class and then over the classes, which thus weigh the same."""
    _, numbers = np.unique(np.asarray(labels), return_inverse=True)
    return float(np.mean(np.bincount(numbers, weights=hits) / np.bincount(numbers)))


class Share(NamedTuple):
    """An accuracy, or another mean over queries or images, per class and over all classes."""

    per_class: Float[np.ndarray, "classes"]
    per_class_interval: list[Interval]
    """Wilson's for shares; for other means what `averaged` was told."""
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
    drawn = bootstrap_counts(rngs[0], repetitions, draws) / repetitions
    per_class, intervals = [], []
    of_queries, of_repetitions = np.zeros(draws), np.zeros(repetitions)
    for label, rng in enumerate(rngs):
        of_class = hits[:, labels == label].astype(float)
        n = of_class.shape[1]
        resampled = bootstrap_counts(rng, n, draws) @ of_class.mean(axis=0) / n
        value = float(of_class.mean())
        of_queries += bootstrapped(0.0, resampled, n).replicates
        of_repetitions += of_class.mean(axis=1)
        per_class.append(value)
        intervals.append(wilson(of_class.sum() / repetitions, n))
    value = float(np.mean(per_class))
    # Two causes, each with its own replicates, add up. Drawn together, the part of a hit that is
    # due to query and repetition at once would count three times (A. Owen: The pigeonhole
    # bootstrap, Annals of Applied Statistics 1, 2007).
    of_repetitions = bootstrapped(0.0, drawn @ of_repetitions, repetitions).replicates
    overall = Estimate(value, value + (of_queries + of_repetitions) / len(rngs))
    if np.ptp(overall.replicates) < 1e-12:
        ends = wilson(overall.value * len(labels), len(labels))
    else:
        # Moving percentiles can carry them past the ends of a share's range.
        ends = Interval(*np.clip(interval(overall), 0.0, 1.0).tolist())
    return Share(np.array(per_class), intervals, overall, ends)


def averaged(
    scores: Float[np.ndarray, "queries"],
    labels: Int[np.ndarray, "queries"],
    rngs: Sequence[np.random.Generator],
    draws: int,
    of_class: Callable[[Float[np.ndarray, "n"]], Interval],
) -> Share:
    """Average scores that are no shares per class and over classes, each class weighing the same.

    The interval over all classes comes from resampling the scores within their classes, as in
    `share`. Where that shows no spread, `of_class` stands in, over all scores.

    Args:
        scores: a number of each query or image.
        labels: their class numbers, 0 to c - 1, each present.
        rngs: random numbers for each class.
        draws: how many replicates.
        of_class: gives the interval of single classes: `student` or `bonett_price`.
    """
    per_class, intervals = [], []
    replicates = np.zeros(draws)
    for label, rng in enumerate(rngs):
        found = scores[labels == label].astype(np.float64)
        resampled = bootstrap_counts(rng, len(found), draws) @ found / len(found)
        replicates += bootstrapped(0.0, resampled, len(found)).replicates
        per_class.append(found.mean())
        intervals.append(of_class(found))
    value = float(np.mean(per_class))
    overall = Estimate(value, value + replicates / len(rngs))
    if np.ptp(overall.replicates) < 1e-12:
        ends = of_class(np.full(len(scores), overall.value))
    else:
        ends = interval(overall)
    return Share(np.array(per_class), intervals, overall, ends)


def student(scores: Float[np.ndarray, "n"]) -> Interval:
    """Give Student's 95 % interval of the mean of n scores; for one score it is infinite."""
    from scipy.special import stdtrit

    n, mean = len(scores), float(scores.mean())
    if n == 1:
        return Interval(-np.inf, np.inf)
    half = float(stdtrit(n - 1, 1 - (1 - COVERAGE) / 2) * scores.std(ddof=1) / np.sqrt(n))
    return Interval(mean - half, mean + half)


def bonett_price(scores: Float[np.ndarray, "n"]) -> Interval:
    """Give a 95 % interval of the mean of n differences of hits (1, 0 or -1), or of parts of them.

    A normal interval after a 1 and a -1 were added to the scores. It holds its nominal coverage
    where few queries differ and Student's falls to 0.91 at n = 40. Of parts of differences, which
    are smaller, it covers more than 95 %.

    Source: D. G. Bonett, R. M. Price, Journal of Educational and Behavioral Statistics 37, 2012;
    for parts of differences ours.

    >>> low, high = bonett_price(np.zeros(40))
    >>> round(low, 3), round(high, 3)
    (-0.066, 0.066)
    """
    n = len(scores) + 2
    mean = float(scores.sum()) / n
    variance = (float(np.sum(scores**2)) + 2) / n - mean**2
    half = float(NORMAL_QUANTILE * np.sqrt(variance / n))
    return Interval(mean - half, mean + half)
