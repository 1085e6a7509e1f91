"""Mean pairwise cosine: how alike two different images of a class are."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from synthgap.measures import spread
from synthgap.measures.intervals.estimates import Estimate
from synthgap.measures.intervals.samples import ClassSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks
from synthgap.measures.numerics.blocks import Rows

COLUMNS = {
    "mean_cosine": Column(
        "mean cosine",
        "mean cosine of the angle between two different images; higher is less diverse",
        Family.DIVERSITY,
    ),
}


def mean_pairwise_cosine(images: ArrayLike) -> float:
    """Mean cosine over all pairs of two different embeddings.

    Lower means more diverse. It lies in [-1/(n - 1), 1] and estimates its population's value
    without bias at any n. For unit embeddings it is 1 - n/(n - 1) times the centroid distance, so
    that it says the same in another unit.

    Args:
        images: n unit embeddings of d dimensions, n >= 2.

    Raises:
        InputError: fewer than two embeddings, or one that is not unit.

    Source: the field's usual measure of similarity within a set of embeddings, by its closed form.

    >>> round(mean_pairwise_cosine([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), 6)
    0.333333
    """
    return of_points(checks.rows(images, least=2))


def of_points(images: Float[np.ndarray, "n d"]) -> float:
    """The same of points of any length but zero."""
    rows = Rows(images, unit=True)
    n = rows.n
    # The squared length of the mean holds each image's cosine with itself, 1.
    return float((n * np.sum(rows.mean() ** 2) - 1) / (n - 1))


def of_class(sample: ClassSample) -> dict[str, Estimate]:
    """Mean pairwise cosine, with the replicates of the centroid distance in its unit."""
    distance = spread.of_class(sample)["centroid_distance"]
    value = of_points(sample.images)
    n = len(sample.images)
    moved = n / (n - 1) * (distance.value - distance.replicates)
    return {"mean_cosine": Estimate(value, value + moved)}


MEASURE = Measure(COLUMNS, of_class)
