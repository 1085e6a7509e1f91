"""Low diversity: the images of a class are more alike than natural ones."""

from collections.abc import Sequence

import numpy as np

from synthgap import seeds
from synthgap.diagnosis.evidence import Class, Evidence
from synthgap.diagnosis.null import judge, log_ratio, log_spread_ratio, residuals, spreads
from synthgap.measures.intervals.estimates import Interval, bootstrap_counts, bootstrapped, interval
from synthgap.numbers import with_interval

VALUE = "centroid distance as a ratio to that of natural-train, at equal n"
ADVICE = "lower the guidance scale, or vary the prompt (recipe contexts)"


def diagnose(classes: Sequence[Class], draws: int) -> list[Evidence]:
    """Compare the centroid distance of each class with that of natural-train.

    The statistic is minus the logarithm of their ratio, judged by parting the images of both, moved
    to one mean. The interval is a bootstrap of both sets' images.

    Args:
        classes: the classes.
        draws: replicates of the interval.
    """
    return [_of_class(one, draws) for one in classes]


def _of_class(one: Class, draws: int) -> Evidence:
    sets = one.images.astype(np.float64), one.train.astype(np.float64)
    centred = residuals(*sets)
    judgement = judge(
        lambda first: -log_spread_ratio(centred, first), len(one.images), one.class_id
    )
    counts = [
        bootstrap_counts(seeds.generator("bootstrap", name, one.class_id), len(images), draws)
        for name, images in zip(("source", "natural"), sets, strict=True)
    ]
    value = float(log_ratio(*(spreads(images, np.ones((1, len(images)))) for images in sets))[0])
    replicates = log_ratio(*map(spreads, sets, counts))
    ends = interval(bootstrapped(value, replicates, len(one.images)))
    ratio, low, high = map(float, np.exp([value, *ends]))
    return Evidence(
        value=ratio,
        ends=Interval(low, high),
        natural=1.0,
        p_value=judgement.p_value,
        excess=judgement.excess,
        reason=f"its centroid distance is {with_interval(ratio, low, high)} times that of natural "
        "images",
        advice=ADVICE,
    )
