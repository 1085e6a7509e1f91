"""Whether a measure orders variants as their training does: rank correlations and their chance."""

from collections.abc import Callable, Sequence
from itertools import permutations
from math import factorial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from synthgap import seeds
from synthgap.measures.intervals.estimates import COVERAGE, Estimate, Interval
from synthgap.summary.orders import kendall

PERMUTATIONS = 1999
"""Orders that are drawn where there are more than so many; else all of them are taken."""

SAME = 12
"""Decimals to which numbers are equal: means of equal shares differ by rounding beyond."""

Statistic = Callable[
    [Float[np.ndarray, "draws n"], Float[np.ndarray, "draws n"]], Float[np.ndarray, "draws"]
]


class Correlation(NamedTuple):
    """One rank correlation of a measure with an accuracy, over variants."""

    value: float
    """-1 to 1; not a number where all variants are alike in one of them."""
    ends: Interval
    p_value: float
    """Two-sided, of variants whose order is chance."""


def spearman(
    one: Float[np.ndarray, "draws n"], other: Float[np.ndarray, "draws n"]
) -> Float[np.ndarray, "draws"]:
    """Compute Spearman's rho of n numbers with n others, row by row; ties share their mean rank.

    Source: C. Spearman, The Proof and Measurement of Association between Two Things, American
    Journal of Psychology 15, 1904. Over rows at once, where scipy.stats.spearmanr takes one.

    >>> spearman(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 3.0, 2.0]])).round(3).tolist()
    [0.5]
    """
    from scipy.stats import rankdata

    ranks = [rankdata(each, axis=1) for each in (one, other)]
    first, second = (each - each.mean(axis=1, keepdims=True) for each in ranks)
    lengths = np.sqrt(np.sum(first**2, axis=1) * np.sum(second**2, axis=1))
    with np.errstate(invalid="ignore"):
        rho: Float[np.ndarray, "draws"] = np.sum(first * second, axis=1) / lengths
    return rho


def correlation(
    statistic: Statistic, one: Sequence[Estimate], other: Sequence[Estimate]
) -> Correlation:
    """Correlate a measure with an accuracy over variants.

    Each draw of the bootstrap resamples the variants with replacement and takes replicate b of
    those that it has, in both, so that what both share is paired. As the values that are resampled
    vary with their images already, this counts that twice: the interval is rather too wide. Few
    variants in perfect order resample in perfect order, so the interval reaches to zero wherever
    the permutation test leaves chance open (p above 0.05), as it does of any four variants.

    Args:
        statistic: `kendall` or `spearman`.
        one: of each variant the measure; all with as many replicates.
        other: of the same variants the accuracy.
    """
    values, others = (
        np.array([[each.value for each in found]]).round(SAME) for found in (one, other)
    )
    value = float(statistic(values, others)[0])
    if not np.isfinite(value):
        return Correlation(np.nan, Interval(np.nan, np.nan), np.nan)
    p_value = _p_value(statistic, value, values[0], others[0])
    replicates, of_other = (_centred(found) for found in (one, other))
    draws, n = replicates.shape
    drawn = seeds.generator("variants", n).integers(n, size=(draws, n))
    rows = np.arange(draws)[:, None]
    found = statistic(replicates[rows, drawn], of_other[rows, drawn])
    tail = (1 - COVERAGE) / 2
    # Draws of one variant alone have no order.
    low, high = np.quantile(found[np.isfinite(found)], [tail, 1 - tail], method="weibull")
    held = [value, *([0.0] if p_value > 1 - COVERAGE else [])]
    return Correlation(value, Interval(min(low, *held), max(high, *held)), p_value)


def _centred(found: Sequence[Estimate]) -> Float[np.ndarray, "draws n"]:
    """Replicates moved so that their mean is the estimate, as for any interval."""
    moved = [each.replicates - each.replicates.mean() + each.value for each in found]
    return np.stack(moved, axis=1).round(SAME)


def _p_value(
    statistic: Statistic,
    value: float,
    one: Float[np.ndarray, "n"],
    other: Float[np.ndarray, "n"],
) -> float:
    """Say how often an order by chance is at least as far from zero, on either side."""
    n = len(one)
    exact = factorial(n) <= PERMUTATIONS
    orders = np.array(list(permutations(range(n)))) if exact else _orders(n)
    found = statistic(np.broadcast_to(one, orders.shape), other[orders])
    # Rounding must not tell equal ones apart.
    extreme = int(np.sum(np.abs(found) >= abs(value) - 1e-9))
    return extreme / len(orders) if exact else (extreme + 1) / (len(orders) + 1)


def _orders(n: int) -> Int[np.ndarray, "permutations n"]:
    rng = seeds.generator("orders of variants", n)
    return rng.permuted(np.tile(np.arange(n), (PERMUTATIONS, 1)), axis=1)


STATISTICS: dict[str, Statistic] = {"tau": kendall, "rho": spearman}
"""By the columns that they give."""
