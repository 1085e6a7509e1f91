"""How often intervals hold the truth, by drawing samples of which it is known."""

from collections.abc import Callable, Mapping

import numpy as np

from synthgap.measures.intervals.estimates import Estimate, interval


def coverage(
    estimate: Callable[[np.random.Generator], Estimate], truth: float, repetitions: int = 1000
) -> float:
    """Share of intervals that hold the truth; with 1,000 repetitions it errs by 0.7 % or so.

    Args:
        estimate: draws a new sample and measures it.
        truth: what the measure is at that sample size, in expectation or in closed form.
        repetitions: samples.
    """
    return coverages(lambda rng: {"": estimate(rng)}, {"": truth}, repetitions)[""]


def coverages(
    estimates: Callable[[np.random.Generator], Mapping[str, Estimate]],
    truths: Mapping[str, float],
    repetitions: int = 1000,
) -> dict[str, float]:
    """The same for several measures of each sample."""
    held = dict.fromkeys(truths, 0)
    for seed in np.random.SeedSequence(0).spawn(repetitions):
        found = estimates(np.random.default_rng(seed))
        for name, truth in truths.items():
            low, high = interval(found[name])
            held[name] += low <= truth <= high
    return {name: count / repetitions for name, count in held.items()}
