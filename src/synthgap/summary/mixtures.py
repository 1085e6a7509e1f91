"""Natural and synthetic images together: what the synthetic ones add, and what they are worth.

How many natural images does one synthetic image replace? The accuracy of natural images alone is
known at several numbers of them; natural and synthetic images together are worth as many natural
ones as that curve has at their accuracy. A comparison by equal accuracy is that of T. Le Scao and
A. M. Rush (How Many Data Points is a Prompt Worth?, NAACL 2021, arXiv 2103.08493).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from synthgap.described import Columns, described_table, with_interval
from synthgap.measures.intervals.estimates import (
    COVERAGE,
    Estimate,
    Row,
    columns,
    difference,
    interval,
)
from synthgap.summary.classifiers import CLASSIFIER, TRAINING_SET, Training, accuracies_of

COLUMNS: Columns = {
    "classifier": CLASSIFIER,
    "training_set": TRAINING_SET,
    "pretrained_on": (
        pa.string(),
        "the training set that came before, if any; its images are counted too",
    ),
    "natural": (pa.float64(), "natural-train images a class"),
    "synthetic": (pa.float64(), "images of variants a class, in all"),
    "synthetic_of": (pa.string(), "of each variant its images a class"),
    "trainings": (pa.int64(), "seeds that were trained"),
    **with_interval("top1", "share of natural-val images that the classifier puts right"),
    **with_interval(
        "gain", "top1 minus that of the same natural images alone, paired by image and seed"
    ),
    "decided": (pa.bool_(), "the interval of gain leaves zero out"),
    "place": (
        pa.string(),
        "where top1 lies on the curve of natural images alone: inside, below all of it, or above",
    ),
    **with_interval(
        "equivalent",
        "natural images a class that alone come to this top1, by interpolation; none outside of "
        "the curve",
        note="; none where it lies below the curve (lower end) or above it (upper end), where all "
        "draws lie outside the end of the curve",
    ),
    **with_interval(
        "worth",
        "natural images that one synthetic image is worth: (equivalent - natural) / synthetic",
        note="; none as in equivalent",
    ),
}
"""Of each column its type and what it means."""


class Taken(NamedTuple):
    """What a training set has seen."""

    natural: float
    """Images a class."""
    synthetic: Mapping[str, float]
    """Images a class of each variant."""
    pretrained_on: str | None = None


class Curve(NamedTuple):
    """How accurate natural images alone are, by their number; monotone."""

    sizes: Float[np.ndarray, "n"]
    """Numbers of images, rising."""
    levels: Float[np.ndarray, "n"]
    """The accuracies."""
    drawn: Float[np.ndarray, "draws n"]
    """The same in each draw, of images and seeds together."""


class Equivalent(NamedTuple):
    """As many natural images, with what is known of it."""

    place: str
    value: float | None
    low: float | None
    high: float | None


def mixtures_table(
    trainings: Sequence[Training], taken: Mapping[str, Taken], natural: str, draws: int
) -> pa.Table:
    """Compare what natural and synthetic images give together with natural images alone.

    Args:
        trainings: what was trained.
        taken: of each training set what it has seen.
        natural: name of natural-train.
        draws: replicates, which images and seeds are resampled for.

    Returns:
        A row a classifier and training set with natural images or without, in their order.
    """
    rows: list[Row] = []
    for classifier in dict.fromkeys(training.classifier for training in trainings):
        own = [training for training in trainings if training.classifier == classifier]
        found = {training.training_set: accuracies_of(training, draws)["top1"] for training in own}
        alone: dict[float, Estimate] = {}
        for training in own:
            seen = taken[training.training_set]
            if training.sources == (natural,) and seen.pretrained_on is None:
                alone.setdefault(seen.natural, found[training.training_set].overall)
        curve = learning_curve(alone) if len(alone) > 1 else None
        for training in own:
            seen, top1 = taken[training.training_set], found[training.training_set]
            rows.append(
                {
                    "classifier": classifier,
                    "training_set": training.training_set,
                    "pretrained_on": seen.pretrained_on,
                    "natural": seen.natural,
                    "synthetic": sum(seen.synthetic.values()),
                    "synthetic_of": ", ".join(
                        f"{name} {count:g}" for name, count in seen.synthetic.items()
                    ),
                    "trainings": len(training.predictions),
                    **columns("top1", top1.overall.value, top1.overall_interval),
                    **(_compared(top1.overall, seen, alone, curve) if seen.synthetic else {}),
                }
            )
    return described_table(rows, COLUMNS)


def _compared(
    top1: Estimate, seen: Taken, alone: Mapping[float, Estimate], curve: Curve | None
) -> Row:
    row: Row = {}
    if seen.natural in alone:
        gain = difference(alone[seen.natural], top1)
        ends = interval(gain)
        row |= columns("gain", gain.value, ends)
        row["decided"] = ends.low > 0 or ends.high < 0
    if curve is None:
        return row
    found = equivalent(top1, curve)
    synthetic = sum(seen.synthetic.values())
    row["place"] = found.place
    for end, value in (("", found.value), ("_low", found.low), ("_high", found.high)):
        row[f"equivalent{end}"] = value
        row[f"worth{end}"] = None if value is None else (value - seen.natural) / synthetic
    return row


def learning_curve(alone: Mapping[float, Estimate]) -> Curve:
    """Join the accuracies of natural images alone, in each draw those of the same draw.

    Args:
        alone: of each number of images the accuracy, with paired replicates.
    """
    sizes = sorted(alone)
    drawn = np.stack([alone[size].replicates for size in sizes], axis=1)
    return Curve(
        np.array(sizes, np.float64),
        monotone(np.array([alone[size].value for size in sizes])),
        np.stack([monotone(levels) for levels in drawn]),
    )


def equivalent(top1: Estimate, curve: Curve) -> Equivalent:
    """How many natural images alone come to an accuracy.

    The interval holds 95 % of the draws; ends that lie outside of the curve are nothing, since
    nothing is extrapolated.

    Args:
        top1: the accuracy, with replicates that are paired with those of the curve.
        curve: of natural images alone.
    """
    sizes = curve.sizes
    value = on_curve(top1.value, sizes, curve.levels)
    drawn = np.sort(
        [
            on_curve(accuracy, sizes, levels)
            for accuracy, levels in zip(top1.replicates, curve.drawn, strict=True)
        ]
    )
    # Ends are draws themselves: between one inside of the curve and one outside lies nothing. Each
    # is the farther one of its two neighbours.
    last, tail = len(drawn) - 1, (1 - COVERAGE) / 2
    low = float(drawn[int(np.floor(tail * last))])
    high = float(drawn[int(np.ceil((1 - tail) * last))])
    place = "inside" if np.isfinite(value) else ("above" if value > 0 else "below")
    return Equivalent(
        place,
        float(value) if place == "inside" else None,
        # More than the most images is at least as many, and likewise fewer than the fewest.
        None if low == -np.inf else min(low, float(sizes[-1])),
        None if high == np.inf else max(high, float(sizes[0])),
    )


def monotone(levels: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """The nearest levels that never fall: more images of a kind are not worse in expectation.

    Isotonic regression (R. E. Barlow et al.: Statistical Inference under Order Restrictions, 1972).

    >>> monotone(np.array([0.5, 0.8, 0.6])).round(6)
    array([0.5, 0.7, 0.7])
    """
    from sklearn.isotonic import isotonic_regression

    found: Float[np.ndarray, "n"] = isotonic_regression(np.asarray(levels, np.float64))
    return found


def on_curve(
    accuracy: float, sizes: Float[np.ndarray, "n"], levels: Float[np.ndarray, "n"]
) -> float:
    """The fewest images at which a learning curve comes to an accuracy.

    Between the numbers that were measured the curve is linear in the logarithm of the number.

    Args:
        accuracy: that is looked for.
        sizes: numbers of images, rising.
        levels: accuracy at each of them, never falling.

    Returns:
        The number; -inf for less than the whole curve has, inf for more.

    >>> round(on_curve(0.6, np.array([1.0, 100.0]), np.array([0.5, 0.7])), 6)
    10.0
    """
    # Rounding of a mean of equal numbers must not carry an accuracy over the end of the curve.
    slack = 1e-12
    if accuracy < levels[0] - slack:
        return float("-inf")
    if accuracy > levels[-1] + slack:
        return float("inf")
    after = int(np.searchsorted(levels, accuracy - slack))
    if after == 0:
        return float(sizes[0])
    below, above = levels[after - 1], levels[after]
    part = min((accuracy - below) / (above - below), 1.0)
    low, high = np.log(sizes[after - 1]), np.log(sizes[after])
    return float(np.exp(low + part * (high - low)))
