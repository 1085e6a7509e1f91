"""One measure in several replicates of a study, made with other seeds: mean, spread and interval.

Not to be confused with the replicates of an `Estimate`, which resample images.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from synthgap.measures.intervals.estimates import COVERAGE, Estimate, Interval, interval


class AcrossSeeds(NamedTuple):
    """What several replicates of a study say together."""

    mean: float
    ends: Interval
    """Of the mean that infinitely many replicates would have; 95 %."""
    between: float
    """Standard deviation between the replicates."""
    shared: float
    """Standard error of what they share, which no number of replicates averages out."""
    least: float
    most: float
    agreeing: int
    """Replicates whose own interval leaves zero out on the side of the mean."""


def across_seeds(estimates: Sequence[Estimate]) -> AcrossSeeds:
    """Join the estimates that replicates of a study have of one measure or difference.

    What a replicate says is the true value, plus an error that all replicates share, as they share
    the natural images, plus one of its own: its models' and its images'. The variance of the mean
    is therefore var(shared) + var(own) / N. Draw b resamples the same images, by index, in every
    replicate. So the mean covariance of the draws between two replicates estimates var(shared),
    and the variance of the values between replicates estimates var(own). The interval is Student's,
    with degrees of freedom by F. E. Satterthwaite (Biometrics Bulletin 2, 1946): N - 1 where
    nothing is shared, more where the shared error dominates. As in D. B. Rubin's rules for multiple
    imputation (1987), which count the whole variance within as shared.

    Args:
        estimates: one a replicate, two or more, all with as many draws.

    Raises:
        ValueError: fewer than two, or different numbers of draws.

    >>> found = across_seeds([Estimate(value, np.full(100, value)) for value in (0.1, 0.3)])
    >>> round(found.mean, 3), round(found.between, 3), round(found.ends.high, 3)
    (0.2, 0.141, 1.471)
    """
    from scipy.special import stdtrit

    count = len(estimates)
    if count < 2:
        raise ValueError(f"{count} replicates have no spread")
    values = np.array([each.value for each in estimates])
    draws = np.stack([each.replicates for each in estimates])
    mean, between = float(values.mean()), float(values.std(ddof=1))
    shared = _mean_covariance(draws)
    own = between**2 / count
    variance = shared + own
    half = 0.0
    if variance > 0:
        freedom = np.inf if own == 0 else (count - 1) * (variance / own) ** 2
        half = float(stdtrit(freedom, 1 - (1 - COVERAGE) / 2)) * float(np.sqrt(variance))
    sign = np.sign(mean)
    agreeing = sum(sign in _signs(each) for each in estimates if sign)
    return AcrossSeeds(
        mean,
        Interval(mean - half, mean + half),
        between,
        float(np.sqrt(shared)),
        float(values.min()),
        float(values.max()),
        agreeing,
    )


def _mean_covariance(draws: Float[np.ndarray, "replicates draws"]) -> float:
    """The mean covariance of two different rows, 0 where it comes out below."""
    count = len(draws)
    of_sum, of_each = draws.sum(axis=0).var(ddof=1), draws.var(axis=1, ddof=1).sum()
    return max(0.0, float(of_sum - of_each) / (count * (count - 1)))


def _signs(estimate: Estimate) -> set[int]:
    """On which side of zero the interval lies, if on one."""
    low, high = interval(estimate)
    return ({1} if low > 0 else set()) | ({-1} if high < 0 else set())
