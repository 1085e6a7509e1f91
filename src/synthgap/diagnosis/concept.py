"""The concept is missed: the images of a class lie elsewhere than the natural ones."""

from collections.abc import Sequence

import numpy as np

from synthgap.diagnosis.evidence import Class, Evidence
from synthgap.diagnosis.null import Null, displacements, judge, part
from synthgap.measures import shift
from synthgap.measures.estimates import Estimate, Interval, interval
from synthgap.measures.samples import ClassSample

VALUE = "distance of the class mean from natural-train's"
ADVICE = "add natural images to the training set, or adapt the generator to some of the class"


def diagnose(classes: Sequence[Class], draws: int) -> list[Evidence]:
    """Compare the shift of each class's mean with that between two halves of the natural images.

    The interval is that of `measures.shift`, moved to the shift of all n images.

    Args:
        classes: the classes.
        draws: partings of the natural images, and replicates of the interval.
    """
    nulls, estimates = [], []
    for one in classes:
        parted = part(one, draws)
        # The other half's mean lies as far on the other side of the mean of all.
        nulls.append(Null(2 * np.sqrt(displacements(parted.images, parted.first))))
        value, _ = shift.centroid_shift(one.images, one.train)
        sample = ClassSample(one.class_id, one.images, one.train, same=False, draws=draws)
        estimates.append(Estimate(value, shift.of_class(sample)["centroid_shift"].replicates))
    p_values, excesses = judge(np.array([found.value for found in estimates]), nulls)
    return [
        _evidence(*of_class) for of_class in zip(estimates, nulls, p_values, excesses, strict=True)
    ]


def _evidence(estimate: Estimate, null: Null, p_value: float, excess: float) -> Evidence:
    low, high = interval(estimate)
    ends = Interval(max(low, 0.0), high)
    return Evidence(
        value=estimate.value,
        ends=ends,
        natural=null.mean,
        p_value=float(p_value),
        excess=float(excess),
        reason=f"its mean lies {estimate.value:.3f} [{ends.low:.3f}, {ends.high:.3f}] from that of "
        f"natural images; two natural sets of this size lie {null.mean:.3f} apart",
        advice=ADVICE,
    )
