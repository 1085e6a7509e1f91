"""Low diversity: the images of a class are more alike than natural ones."""

from collections.abc import Sequence

import numpy as np

from synthgap import seeds
from synthgap.diagnosis.evidence import Class, Evidence
from synthgap.diagnosis.null import Null, judge, log_ratio, part, spreads
from synthgap.measures.estimates import Estimate, Interval, bootstrap_counts, interval

VALUE = "centroid distance as a ratio to that of natural-train, at equal n"
ADVICE = "lower the guidance scale, or vary the prompt (recipe contexts)"


def diagnose(classes: Sequence[Class], draws: int) -> list[Evidence]:
    """Compare the centroid distance of each class with that of natural-train.

    The statistic is minus the logarithm of their ratio; its null is that of two halves of the
    natural images. The interval is a bootstrap of both sets' images.

    Args:
        classes: the classes.
        draws: partings of the natural images, and replicates of the interval.
    """
    nulls, estimates = [], []
    for one in classes:
        parted = part(one, draws)
        first, second = (spreads(parted.images, half) for half in (parted.first, ~parted.first))
        nulls.append(Null(-log_ratio(first, second)))
        sets = one.images.astype(np.float64), one.train.astype(np.float64)
        counts = [
            bootstrap_counts(seeds.generator("bootstrap", name, one.class_id), len(images), draws)
            for name, images in zip(("source", "natural"), sets, strict=True)
        ]
        value = log_ratio(*(spreads(images, np.ones((1, len(images)))) for images in sets))
        replicates = log_ratio(*map(spreads, sets, counts))
        estimates.append(Estimate(float(value[0]), replicates))
    p_values, excesses = judge(-np.array([found.value for found in estimates]), nulls)
    return [
        _evidence(estimate, p_value, excess)
        for estimate, p_value, excess in zip(estimates, p_values, excesses, strict=True)
    ]


def _evidence(estimate: Estimate, p_value: float, excess: float) -> Evidence:
    ratio, low, high = map(float, np.exp([estimate.value, *interval(estimate)]))
    return Evidence(
        value=ratio,
        ends=Interval(low, high),
        natural=1.0,
        p_value=float(p_value),
        excess=float(excess),
        reason=f"its centroid distance is {ratio:.2f} [{low:.2f}, {high:.2f}] times that of "
        "natural images",
        advice=ADVICE,
    )
