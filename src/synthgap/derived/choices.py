"""Which variant a class takes: accuracies of a class, shrunk towards those of all classes.

A class has few natural-train images, so that the variant that does best on them may do so by
chance. Its differences to the variant that is best over all classes are therefore shrunk towards
those over all classes, the further the less they vary between classes beyond what chance explains
(parametric empirical Bayes). Where classes differ by chance alone, all take the best over all.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from synthgap.measures.intervals.estimates import NORMAL_QUANTILE


class Shrunk(NamedTuple):
    """Differences of the classes, shrunk towards their mean."""

    values: Float[np.ndarray, "classes"]
    low: Float[np.ndarray, "classes"]
    high: Float[np.ndarray, "classes"]
    """Ends of their 95 % intervals."""
    between: float
    """Variance between classes beyond chance; 0 where chance explains all."""


def shrink(found: Float[np.ndarray, "classes"], variances: Float[np.ndarray, "classes"]) -> Shrunk:
    """Shrink a number of each class towards the mean of all.

    The number of class c is taken for normal with its variance v_c about a true one, and the true
    ones for normal with variance t about the mean m over classes. Then the true number is expected
    at m + t/(t + v_c) (found_c - m). t is the variance of the numbers less the mean of the v_c, at
    least 0, and m their plain mean, each class weighing the same.

    The interval is normal, with Morris's variance: that of the estimate given t and m, and what
    estimating them adds. Of fewer than four classes, for which he has none, that of four is taken.

    Args:
        found: a number of each class.
        variances: of their sampling, above 0.

    Source: B. Efron, C. Morris, JASA 70, 1975; C. N. Morris, Parametric Empirical Bayes Inference,
    JASA 78, 1983; the estimate of t: L. V. Hedges, I. Olkin, Statistical Methods for Meta-Analysis,
    1985, chapter 9 (the unweighted one).

    >>> shrink(np.array([0.0, 0.2]), np.array([0.01, 0.01])).values.round(3)
    array([0.05, 0.15])
    """
    classes = len(found)
    mean = float(found.mean())
    spread = float(found.var(ddof=1)) if classes > 1 else 0.0
    between = max(0.0, spread - float(variances.mean()))
    kept = between / (between + variances)
    values = mean + kept * (found - mean)
    total = float(np.mean(between + variances))
    given = kept * variances + (1 - kept) ** 2 * total / classes
    ratio = total / (between + variances)
    of_between = 2 / max(classes - 3, 1) * (1 - kept) ** 2 * ratio * (found - mean) ** 2
    half = NORMAL_QUANTILE * np.sqrt(given + of_between)
    return Shrunk(values, values - half, values + half, between)


class Choice(NamedTuple):
    """Which variant each class takes, and by what numbers; rows are variants."""

    chosen: Int[np.ndarray, "classes"]
    best: int
    """The variant that is best over all classes; of equal ones the first."""
    accuracies: Float[np.ndarray, "variants classes"]
    differences: Float[np.ndarray, "variants classes"]
    """To the best over all classes, as they were found."""
    shrunk: Float[np.ndarray, "variants classes"]
    low: Float[np.ndarray, "variants classes"]
    high: Float[np.ndarray, "variants classes"]
    """Of the shrunk differences, the ends of their 95 % intervals."""


def choose(
    hits: Bool[np.ndarray, "variants queries"], labels: Int[np.ndarray, "queries"]
) -> Choice:
    """Choose for each class the variant with the largest shrunk difference to the best over all.

    A tie goes to the best over all, then to the first. The variance of a difference is from the
    queries, which are the same for all variants; a 1 and a -1 are added to their differences, so
    that it is never 0 (as in `estimates.bonett_price`).

    Args:
        hits: whether a classifier made of a variant's images puts a query right.
        labels: class numbers of the queries, 0 to c - 1, each present.
    """
    classes = int(labels.max()) + 1
    counts = np.bincount(labels, minlength=classes)
    accuracies = np.stack([np.bincount(labels, row, minlength=classes) / counts for row in hits])
    # Sums of rounded shares could part variants that are equal.
    best = int(accuracies.mean(axis=1).round(12).argmax())
    differences = accuracies - accuracies[best]
    shrunk, low, high = (np.zeros_like(differences) for _ in range(3))
    for row in range(len(hits)):
        if row != best:
            variances = _variances(hits[row].astype(float) - hits[best], labels, counts)
            found = shrink(differences[row], variances)
            shrunk[row], low[row], high[row] = found.values, found.low, found.high
    order = [best, *(row for row in range(len(hits)) if row != best)]
    first = shrunk[order].round(12).argmax(axis=0)
    return Choice(np.array(order)[first], best, accuracies, differences, shrunk, low, high)


def _variances(
    differences: Float[np.ndarray, "queries"],
    labels: Int[np.ndarray, "queries"],
    counts: Int[np.ndarray, "classes"],
) -> Float[np.ndarray, "classes"]:
    """Of the mean difference of each class, after a 1 and a -1 were added to it."""
    n = counts + 2
    sums = np.bincount(labels, differences)
    squares = np.bincount(labels, differences**2) + 2
    found: Float[np.ndarray, "classes"] = (squares / n - (sums / n) ** 2) / n
    return found
