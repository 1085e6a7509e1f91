"""The concept is missed: the images of a class lie elsewhere than the natural ones."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from synthgap.diagnosis.evidence import Class, Evidence
from synthgap.diagnosis.null import displacements, judge, partings
from synthgap.measures import shift
from synthgap.measures.intervals.estimates import Estimate, Interval, interval
from synthgap.measures.intervals.samples import ClassSample
from synthgap.numbers import number, with_interval

VALUE = "distance of the class mean from natural-train's"
ADVICE = (
    "add natural images to the training set, or adapt the generator to some of the class: begin "
    "with them (image_to_image), or train a LoRA on them (loras)"
)


def diagnose(classes: Sequence[Class], draws: int) -> list[Evidence]:
    """Compare the shift of each class's mean with that of random partings.

    The interval is that of `measures.shift`, moved to the shift of all n images. Beside it stands
    the split-half baseline at the same n: the mean shift between halves of natural-train and
    natural-val together.

    Args:
        classes: the classes.
        draws: partings of the natural images, and replicates of the interval.
    """
    return [_of_class(one, draws) for one in classes]


def _of_class(one: Class, draws: int) -> Evidence:
    n = len(one.images)
    both = np.concatenate([one.images, one.train]).astype(np.float64)
    judgement = judge(lambda first: _shifts(both, first), n, one.class_id)
    natural = np.concatenate([one.train, one.val]).astype(np.float64)
    halves = partings(n, one.class_id, draws)
    baseline = float(np.mean(np.concatenate([_shifts(natural, some) for some in halves])))
    value, _ = shift.centroid_shift(one.images, one.train)
    sample = ClassSample(one.class_id, one.images, one.train, same=False, draws=draws)
    replicates = shift.of_class(sample)["centroid_shift"].replicates
    low, high = interval(Estimate(value, replicates))
    ends = Interval(max(low, 0.0), high)
    return Evidence(
        value=value,
        ends=ends,
        natural=baseline,
        p_value=judgement.p_value,
        excess=judgement.excess,
        reason=f"its mean lies {with_interval(value, *ends)} from that of natural images; two "
        f"natural sets of this size lie {number(baseline)} apart",
        advice=ADVICE,
    )


def _shifts(
    images: Float[np.ndarray, "m d"], first: Bool[np.ndarray, "draws m"]
) -> Float[np.ndarray, "draws"]:
    """Distance between the means of two halves: twice that of one from the mean of all."""
    shifts: Float[np.ndarray, "draws"] = 2 * np.sqrt(displacements(images, first))
    return shifts
