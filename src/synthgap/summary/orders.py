"""Whether two encoders order variants alike: Kendall's rank correlation, and what is decided."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from synthgap.measures.intervals.estimates import COVERAGE, Estimate, Interval, difference, interval


class Agreement(NamedTuple):
    """How far two encoders order variants alike by one measure."""

    tau: float
    """Kendall's rank correlation, -1 to 1; not a number where one of them finds all equal."""
    ends: Interval
    decided: int
    """Pairs of variants that both encoders order, each beyond its 95 % interval."""
    turned: int
    """Of these, pairs that they order the other way round."""


def kendall(
    one: Float[np.ndarray, "draws n"], other: Float[np.ndarray, "draws n"]
) -> Float[np.ndarray, "draws"]:
    """Compute Kendall's tau-b of n numbers with n others, row by row.

    Source: M. G. Kendall, The Treatment of Ties in Ranking Problems, Biometrika 33, 1945. Over rows
    at once, where scipy.stats.kendalltau takes one.

    >>> kendall(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 3.0, 2.0]])).round(3).tolist()
    [0.333]
    """
    first, second = np.triu_indices(one.shape[1], 1)
    signs = [np.sign(each[:, first] - each[:, second]) for each in (one, other)]
    untied = np.sqrt(np.prod([np.abs(sign).sum(axis=1) for sign in signs], axis=0))
    with np.errstate(invalid="ignore"):
        tau: Float[np.ndarray, "draws"] = np.sum(signs[0] * signs[1], axis=1) / untied
    return tau


def agreement(one: Sequence[Estimate], other: Sequence[Estimate]) -> Agreement:
    """Compare the order of variants in two encoders.

    The interval has the plain percentiles of the replicates, made wide enough to hold tau itself:
    moved as other intervals are, it would leave -1 to 1. With few variants it is rather too wide.

    Args:
        one: of each variant the measure in one encoder.
        other: the same variants in the other; replicate b resamples the same images in both.
    """
    (tau,) = kendall(_values(one), _values(other))
    replicates = kendall(_replicates(one), _replicates(other))
    known = replicates[np.isfinite(replicates)]
    ends = Interval(np.nan, np.nan)
    if np.isfinite(tau) and len(known):
        tail = (1 - COVERAGE) / 2
        low, high = np.quantile(known, [tail, 1 - tail], method="weibull")
        ends = Interval(min(float(low), float(tau)), max(float(high), float(tau)))
    decided = turned = 0
    for first, second in combinations(zip(one, other, strict=True), 2):
        here, there = (_way(*pair) for pair in zip(first, second, strict=True))
        decided += bool(here and there)
        turned += here * there < 0
    return Agreement(float(tau), ends, decided, turned)


def _values(found: Sequence[Estimate]) -> Float[np.ndarray, "1 n"]:
    return np.array([[each.value for each in found]])


def _replicates(found: Sequence[Estimate]) -> Float[np.ndarray, "draws n"]:
    return np.stack([each.replicates for each in found], axis=1)


def _way(first: Estimate, second: Estimate) -> int:
    """1 or -1 as the second is larger or smaller beyond its interval, else 0."""
    low, high = interval(difference(first, second))
    return int(low > 0) - int(high < 0)
