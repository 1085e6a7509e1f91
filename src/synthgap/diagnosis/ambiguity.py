"""Ambiguity: the prompt fits another class or sense as well, and the images show both."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import hypergeom

from synthgap import numbers
from synthgap.diagnosis.evidence import Class, Evidence
from synthgap.diagnosis.null import Judgement, judge, log_spread_ratio, residuals
from synthgap.measures.intervals.estimates import wilson

VALUE = "share of images nearest to the natural mean of the one other class that takes most"
SAME = "; the encoder reads the prompts of both as the same"


def diagnose(
    classes: Sequence[Class], prompts: Float[np.ndarray, "classes d"] | None
) -> list[Evidence]:
    """Look for classes whose images are shared between their own natural mean and another's.

    Two things must hold at once, so the p-value is the larger of theirs (an intersection-union
    test: R. L. Berger, Technometrics 24, 1982):

    1. One other class takes more of the images than it takes of natural-val's (nearest mean of
       natural-train; Fisher's exact test, one-sided, times the number of other classes, as the one
       that takes most was looked for).
    2. The images lie in two heaps: along the line from the class's natural mean to the other
       class's they vary more than natural images do. Without this, images that are all of one wrong
       thing, or simply poor, would pass for ambiguous. Where the encoder reads the prompts of both
       classes as the same, this is not asked: the ambiguity is then a fact.

    Args:
        classes: the classes, two at least.
        prompts: unit embedding of each class's prompts (their mean direction); None without text.
    """
    means = np.stack([one.train.mean(axis=0, dtype=np.float64) for one in classes])
    rivals = [_rival(number, classes, means) for number in range(len(classes))]
    found = []
    for number, (one, rival) in enumerate(zip(classes, rivals, strict=True)):
        times, heaps = _heaps(one, means[rival.number] - means[number])
        n, m = len(one.images), len(one.val)
        p_taken = float(hypergeom.sf(rival.taken - 1, n + m, rival.taken + rival.natural, n))
        p_taken *= len(classes) - 1
        other = classes[rival.number]
        reason = (
            f"{rival.taken} of its {n} images are nearest to natural images of {other.class_id} "
            f"({other.name}), {rival.natural} of {m} natural ones; towards these {_varying(times)}"
        )
        told_apart = True
        if prompts is not None:
            told_apart = bool(np.linalg.norm(prompts[number] - prompts[rival.number]) > 1e-6)
            cosine = prompts[number] @ prompts[rival.number]
            reason += (
                f"; the cosine of both prompts is {numbers.number(cosine)}" if told_apart else SAME
            )
        found.append(
            Evidence(
                value=rival.taken / n,
                ends=wilson(rival.taken, n),
                natural=rival.natural / m,
                p_value=min(1.0, max(p_taken, heaps.p_value) if told_apart else p_taken),
                excess=heaps.excess,
                reason=reason,
                advice=f"say in the prompt what tells it from {other.class_id} ({other.name}): use "
                "the definition",
                other_class=other.class_id,
            )
        )
    return found


def _heaps(one: Class, axis: Float[np.ndarray, "d"]) -> tuple[float, Judgement]:
    """How many times as much images vary along a line as natural ones, judged by partings."""
    sets = [(x.astype(np.float64) @ axis)[:, None] for x in (one.images, one.train)]
    centred = residuals(*sets)
    judgement = judge(lambda first: log_spread_ratio(centred, first), len(one.images), one.class_id)
    return float(np.exp(judgement.value)), judgement


def _varying(times: float) -> str:
    """Say how much images vary; beyond a million times, one side does not vary at all."""
    if times > 1e6:
        return "its images vary, and natural ones do not"
    if times < 1e-6:
        return "its images do not vary, and natural ones do"
    return f"its images vary {times:.2g} times as much as natural ones"


class _Rival(NamedTuple):
    """The other class that takes most of a class's images."""

    number: int
    taken: int
    """Images of the source that it takes."""
    natural: int
    """Images of natural-val that it takes."""


def _rival(number: int, classes: Sequence[Class], means: Float[np.ndarray, "classes d"]) -> _Rival:
    """Find it; among equals the one whose natural mean is nearest."""
    taken, natural = (
        _counts(images, means) for images in (classes[number].images, classes[number].val)
    )
    distances = np.linalg.norm(means - means[number], axis=1)
    order = np.lexsort((distances, -taken))
    other = int(next(other for other in order if other != number))
    return _Rival(other, int(taken[other]), int(natural[other]))


def _counts(
    images: Float[np.ndarray, "n d"], means: Float[np.ndarray, "classes d"]
) -> Int[np.ndarray, "classes"]:
    """Count the images nearest to each mean."""
    distances = np.sum(means**2, axis=1) - 2 * images.astype(np.float64) @ means.T
    return np.bincount(distances.argmin(axis=1), minlength=len(means))
