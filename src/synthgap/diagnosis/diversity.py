"""Low diversity: the images of a class are more alike than natural ones."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from synthgap import seeds
from synthgap.diagnosis.evidence import Class, Evidence
from synthgap.diagnosis.null import judge, log_ratio, log_spread_ratio, residuals, spreads
from synthgap.measures.intervals.estimates import Interval, bootstrap_counts, bootstrapped, interval
from synthgap.numbers import number, with_interval

MUCH = 2.0
"""Half and twice are much less and much more: an interval that holds both tells neither that a
class is less diverse than natural images nor that it is not."""

LARGE = 1_000
"""Times above which a ratio is not written out."""

FEW = 5
"""Images below which draws hold so few different ones that they tell nothing of other n."""

NO_SPREAD = 1e-12
"""Mean squared distance of unit embeddings that is rounding: the images are all the same."""

VALUE = "centroid distance as a ratio to that of natural-train, at equal n"
ADVICE = (
    "lower the guidance scale, guide at some noise levels alone (guidance_interval), or vary the "
    "prompt (recipe contexts)"
)


def diagnose(classes: Sequence[Class], draws: int) -> list[Evidence]:
    """Compare the centroid distance of each class with that of natural-train.

    The statistic is minus the logarithm of their ratio, judged by parting the images of both, moved
    to one mean. The interval is a bootstrap of both sets' images; where it says nothing, the reason
    says so.

    Args:
        classes: the classes.
        draws: replicates of the interval.
    """
    return [_of_class(one, draws) for one in classes]


def _of_class(one: Class, draws: int) -> Evidence:
    sets = one.images.astype(np.float64), one.train.astype(np.float64)
    n = len(one.images)
    centred = residuals(*sets)
    judgement = judge(lambda first: -log_spread_ratio(centred, first), n, one.class_id)
    own, natural = (float(spreads(images, np.ones((1, len(images))))[0]) for images in sets)
    if natural <= NO_SPREAD:
        alike = "are too" if own <= NO_SPREAD else "are not"
        reason = (
            f"the natural images of the class are all the same, and its images {alike}: there is "
            "no spread to compare with"
        )
        return Evidence(None, None, 1.0, judgement.p_value, judgement.excess, reason, ADVICE)
    counts = [
        bootstrap_counts(seeds.generator("bootstrap", name, one.class_id), len(images), draws)
        for name, images in zip(("source", "natural"), sets, strict=True)
    ]
    value = float(log_ratio(np.array([own]), np.array([natural]))[0])
    of_draws = [spreads(images, drawn) for images, drawn in zip(sets, counts, strict=True)]
    replicates = log_ratio(*of_draws)
    ends = interval(bootstrapped(value, replicates, n))
    ratio, low, high = map(float, np.exp([value, *ends]))
    if says_nothing(low, high):
        # A draw of one image alone has no spread, whatever that of the others.
        proper = (of_draws[0] > NO_SPREAD) & (of_draws[1] > NO_SPREAD)
        reason = _too_few(low, high, n, _enough(value, replicates[proper], n))
    else:
        reason = (
            f"its centroid distance is {with_interval(ratio, low, high)} times that of natural "
            "images"
        )
    return Evidence(
        value=ratio,
        ends=Interval(low, high),
        natural=1.0,
        p_value=judgement.p_value,
        excess=judgement.excess,
        reason=reason,
        advice=ADVICE,
    )


def says_nothing(low: float, high: float) -> bool:
    """Whether the interval of a ratio holds both much less and much more than 1.

    >>> says_nothing(0.05, 290.0), says_nothing(0.6, 290.0), says_nothing(0.6, 1.8)
    (True, False, False)
    """
    return low < 1 / MUCH and high > MUCH


def _enough(value: float, replicates: Float[np.ndarray, "draws"], n: int) -> int | None:
    """Estimate from which n on an interval would say something; None if too little is known.

    The logarithm of the ratio has an interval that narrows with the root of n. It cannot hold both
    ends any more once it is narrower than they lie apart.
    """
    if n < FEW or len(replicates) < 2:
        return None
    low, high = interval(bootstrapped(value, replicates, n))
    found = n * ((high - low) / (2 * np.log(MUCH))) ** 2
    if found <= n:
        return None
    # Two digits, upwards: it is no better known.
    step = 10 ** max(0, int(np.log10(found)) - 1)
    return int(np.ceil(found / step) * step)


def _too_few(low: float, high: float, n: int, enough: int | None) -> str:
    ends = f"{number(low)} to {number(high) if high < LARGE else f'more than {LARGE:,}'}"
    said = (
        f"too few images to tell: at n = {n} its centroid distance could be {ends} times that of "
        "natural images"
    )
    if enough is None:
        return f"{said}, and too few to estimate how many would do"
    return f"{said}; from about n = {enough:,} on one could (an estimate: intervals narrow as √n)"
