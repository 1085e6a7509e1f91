"""How often intervals hold the truth, by drawing samples of which it is known."""

from collections.abc import Callable

import numpy as np

from synthgap.measures.estimates import Estimate, interval


def coverage(
    estimate: Callable[[np.random.Generator], Estimate], truth: float, repetitions: int = 1000
) -> float:
    """Share of intervals that hold the truth; with 1,000 repetitions it errs by 0.7 % or so.

    Args:
        estimate: draws a new sample and measures it.
        truth: what the measure is at that sample size, in expectation or in closed form.
        repetitions: samples.
    """
    seeds = np.random.SeedSequence(0).spawn(repetitions)
    ends = [interval(estimate(np.random.default_rng(seed))) for seed in seeds]
    return float(np.mean([low <= truth <= high for low, high in ends]))
