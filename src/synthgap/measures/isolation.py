"""Isolation of the two effects: how much accuracy is lost to shift, and how much to diversity?

The images of a class are split into location (their mean), scale (root of their centroid distance)
and shape (what is left, of scale 1). Each of the three can come from natural-train (N) or from the
source (S), which makes the eight corners of a cube, written in this order:

- NNN is natural-train and SSS the source;
- NSS is the source *recentred* on the natural class means: only diversity differs;
- NSN is natural-train *rescaled* to the source's centroid distance, SNS the source rescaled to
  natural-train's;
- SNN is natural-train moved onto the source's class means: only shift differs.

Points that were moved or scaled are not normalised again: their lengths are what they become.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from synthgap.errors import InputError
from synthgap.measures import nearest_centroid, nearest_neighbours
from synthgap.measures.intervals.estimates import (
    Share,
    averaged,
    bonett_price,
    mean_over_classes,
    share,
)
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks

COLUMNS = {
    "accuracy_gap": Column(
        "accuracy gap",
        "5-NN accuracy of natural-train minus that of the source",
        Family.LOSS,
    ),
    "gap_from_shift": Column(
        "gap from shift",
        "part of accuracy_gap that comes from where the class means lie (Owen value)",
        Family.LOSS,
    ),
    "gap_from_diversity": Column(
        "gap from diversity",
        "part of accuracy_gap that comes from how the images of a class lie "
        "about their mean; with gap_from_shift it is the whole gap",
        Family.LOSS,
    ),
    "diversity_minus_shift": Column(
        "diversity minus shift",
        "gap_from_diversity minus gap_from_shift, paired: above zero where diversity costs more",
        Family.LOSS,
    ),
    "gap_from_spread": Column(
        "gap from spread",
        "part of gap_from_diversity that comes from the centroid distance alone",
        Family.LOSS,
    ),
    "gap_from_shape": Column(
        "gap from shape",
        "the rest of gap_from_diversity: directions and proportions at equal centroid distance",
        Family.LOSS,
    ),
    "recentred_knn_accuracy": Column(
        "recentred k-NN accuracy",
        "5-NN accuracy of the source's images moved onto the natural class means",
        Family.LOSS,
    ),
    "rescaled_knn_accuracy": Column(
        "rescaled k-NN accuracy",
        "5-NN accuracy of natural-train's images drawn to or from their class "
        "means until they have the source's centroid distance",
        Family.LOSS,
    ),
    "respread_knn_accuracy": Column(
        "respread k-NN accuracy",
        "5-NN accuracy of the source's images drawn to or from their class "
        "means until they have natural-train's centroid distance",
        Family.LOSS,
    ),
    "centroid_accuracy_gap": Column(
        "centroid accuracy gap",
        "centroid accuracy of natural-train minus that of the source; class "
        "means are all it sees, so all of it comes from shift",
        Family.LOSS,
    ),
}

ACCURACIES = {
    "recentred_knn_accuracy": "NSS",
    "rescaled_knn_accuracy": "NSN",
    "respread_knn_accuracy": "SNS",
}
"""Columns that are the accuracy of one corner."""

CORNERS = tuple("".join(corner) for corner in product("NS", repeat=3))
"""Location, scale and shape: each natural (N) or the source's (S)."""

NO_SCALE = 1e-10
"""Spread below this share of the embeddings' length is rounding: the images are equal."""


class Isolation(NamedTuple):
    """How an accuracy gap splits, each class weighing the same. Negative parts narrow it."""

    gap: float
    """k-NN accuracy of the natural images minus that of the source: shift + diversity."""
    shift: float
    """What the locations cost."""
    diversity: float
    """What scales and shapes cost: spread + shape."""
    spread: float
    """What the scales cost."""
    shape: float
    """What the shapes cost."""
    accuracies: dict[str, float]
    """k-NN accuracy of each corner, by its letters; "NSS" is the recentred source."""
    centroid_gap: float
    """The gap in centroid accuracy, all of it shift: class means are the same in every corner of
    one location, so its diversity part is 0 by construction and says nothing about diversity."""


def isolate(
    images: ArrayLike,
    labels: ArrayLike,
    natural: ArrayLike,
    natural_labels: ArrayLike,
    queries: ArrayLike,
    query_labels: ArrayLike,
    k: int = nearest_neighbours.HEADLINE,
) -> Isolation:
    """Split the k-NN accuracy lost by classifying with a source's images into its causes.

    The parts are Owen values of location, scale and shape, with scale and shape as a union: what
    taking a factor from the source costs, averaged over the orders in which scale and shape are
    taken one right after the other. So shift and diversity are the Shapley values of two players,
    and share equally what only both together cost. Parts add up to the gap exactly. None needs to
    be positive; all lie in [-1, 1].

    Classes whose images are all equal have scale 0 and a shape of zeros: whatever scale such a
    shape is given, it stays on its mean. Where images and natural images differ in number, a
    corner has as many as its shape has, so that the shape's part contains the effect of n.

    Args:
        images: n unit embeddings of d dimensions, of the source.
        labels: their n classes, as numbers or names, in any order.
        natural: m unit embeddings of d dimensions, of natural images of the same classes.
        natural_labels: their m classes.
        queries: q natural unit embeddings of d dimensions to classify, none of them in `natural`.
        query_labels: their q classes. Queries of a class without images are never right.
        k: how many neighbours vote, by Euclidean distance. Each class needs more than k/2 images in
            either set.

    Raises:
        InputError: embeddings that are not unit, or of different dimensions; labels that are not as
            many, or of different kinds; a class that only one of the two sets has; k below 1, or so
            high that a class could not win.

    Source: the question is that of Marwood, Baluja, Alon, arXiv 2311.00056 ("isolate the effects
    of diversity"); factors and corners are ours. Owen value: G. Owen, Values of games with a
    priori unions, 1977; of two players L. S. Shapley, A value for n-person games, 1953.

    >>> angles = np.array([0.0, 0.2, 1.0, 1.2])
    >>> natural = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> moved = np.concatenate([natural[:2], -natural[2:]])
    >>> found = isolate(moved, [0, 0, 1, 1], natural, [0, 0, 1, 1], natural[3:], [1], k=1)
    >>> found.gap, found.shift, found.diversity
    (1.0, 1.0, 0.0)
    """
    known, photographs = checks.pair(images, natural)
    asked = checks.embeddings(queries, "queries")
    checks.same_space("images", known, "queries", asked)
    of_images = checks.labels(labels, known)
    of_natural = checks.labels(natural_labels, photographs, "natural_labels")
    classes = checks.labels(query_labels, asked, "query_labels")
    numbers, natural_numbers, _ = checks.numbered(of_images, of_natural, what_else="natural_labels")
    if set(numbers) != set(natural_numbers):
        raise InputError("labels: images and natural images differ in their classes; give both all")
    _, wanted, _ = checks.numbered(of_images, classes)
    for voting in (of_images, of_natural):
        nearest_neighbours.refuse_unwinnable(k, voting)
    return of_points(known, numbers, photographs, natural_numbers, asked, wanted, k, classes)


def of_points(
    images: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, "n"],
    natural: Float[np.ndarray, "m d"],
    natural_labels: Int[np.ndarray, "m"],
    queries: Float[np.ndarray, "q d"],
    query_labels: Int[np.ndarray, "q"],
    k: int,
    classes: np.ndarray,
) -> Isolation:
    """The same of points of any length, their classes numbered as in `corner_hits`.

    `classes` are those of the queries, over which the parts are averaged.
    """
    points = (images, labels, natural, natural_labels, queries, query_labels)
    hits = corner_hits(*points, k)
    accuracies = {corner: mean_over_classes(hit, classes) for corner, hit in hits.items()}
    # Parts are sums of hits with weights, and so are their means.
    found = {name: mean_over_classes(part, classes) for name, part in parts(hits).items()}
    centroid_gap = _centroid_gap(*points)
    return Isolation(
        gap=found["accuracy_gap"],
        shift=found["gap_from_shift"],
        diversity=found["gap_from_diversity"],
        spread=found["gap_from_spread"],
        shape=found["gap_from_shape"],
        accuracies=accuracies,
        centroid_gap=mean_over_classes(centroid_gap, classes),
    )


class _Factors(NamedTuple):
    """Location and scale of each class, shape of each image."""

    location: Float[np.ndarray, "classes d"]
    scale: Float[np.ndarray, "classes"]
    shape: Float[np.ndarray, "n d"]


def _factors(points: Float[np.ndarray, "n d"], labels: Int[np.ndarray, "n"]) -> _Factors:
    classes = int(labels.max()) + 1
    exact = points.astype(np.float64)
    location = nearest_centroid.centroids(exact, labels, classes)
    shape = exact - location[labels]
    counts = np.bincount(labels, minlength=classes)

    def root_mean_square(values: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "classes"]:
        squares = np.sum(values**2, axis=1)
        root: Float[np.ndarray, "classes"] = np.sqrt(
            np.bincount(labels, weights=squares, minlength=classes) / counts
        )
        return root

    scale = root_mean_square(shape)
    scale[scale <= NO_SCALE * root_mean_square(exact)] = 0.0
    some = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    return _Factors(location, scale, shape * some[labels][:, None])


def corner_hits(
    images: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, "n"],
    natural: Float[np.ndarray, "m d"],
    natural_labels: Int[np.ndarray, "m"],
    queries: Float[np.ndarray, "q d"],
    query_labels: Int[np.ndarray, "q"],
    k: int,
) -> dict[str, Bool[np.ndarray, "q"]]:
    """Say of each corner which queries its k nearest images put into the right class.

    Args:
        images: embeddings of the source.
        labels: their class numbers, 0 to c - 1, each present.
        natural: embeddings of the natural images.
        natural_labels: their class numbers, likewise.
        queries: embeddings to classify.
        query_labels: their class numbers; -1 for a class without images.
        k: how many vote.
    """
    sets = {"N": (natural, natural_labels), "S": (images, labels)}
    factors = {letter: _factors(*points) for letter, points in sets.items()}
    found = {}
    for corner in CORNERS:
        location, scale, shape = tuple(corner)
        points, numbers = sets[shape]
        if len(set(corner)) > 1:
            made = factors[location].location[numbers] + (
                factors[scale].scale[numbers][:, None] * factors[shape].shape
            )
            # The two sets themselves are taken as they are: no rounding sets them apart from what
            # other measures see. The others get their precision, which decides the speed.
            points = made.astype(points.dtype)
        hits = nearest_neighbours.hits(points, numbers, queries, query_labels, [k])
        found[corner] = hits[k]
    return found


def parts(hits: dict[str, Bool[np.ndarray, "q"]]) -> dict[str, Float[np.ndarray, "q"]]:
    """Split the gap of every query, by Owen values: scores by column, each in [-1, 1].

    Scale and shape are a union, so the orders are location first or last, and within the union
    scale first or last, with 1/4 each.

    Args:
        hits: of each corner whether it puts a query into its class.
    """
    score = {corner: hit.astype(np.float64) for corner, hit in hits.items()}
    shift = (score["NNN"] - score["SNN"] + score["NSS"] - score["SSS"]) / 2
    diversity = (score["NNN"] - score["NSS"] + score["SNN"] - score["SSS"]) / 2
    # Location is natural while the union is taken, or the source's already.
    spread, shape = np.zeros_like(shift), np.zeros_like(shift)
    for at in "NS":
        neither, scale, form, both = (score[at + rest] for rest in ("NN", "SN", "NS", "SS"))
        spread += (neither - scale + form - both) / 4
        shape += (neither - form + scale - both) / 4
    return {
        "accuracy_gap": score["NNN"] - score["SSS"],
        "gap_from_shift": shift,
        "gap_from_diversity": diversity,
        # Which is also SNN less NSS, a difference of hits.
        "diversity_minus_shift": diversity - shift,
        "gap_from_spread": spread,
        "gap_from_shape": shape,
    }


def _centroid_gap(
    images: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, "n"],
    natural: Float[np.ndarray, "m d"],
    natural_labels: Int[np.ndarray, "m"],
    queries: Float[np.ndarray, "q d"],
    query_labels: Int[np.ndarray, "q"],
) -> Float[np.ndarray, "q"]:
    """What each query loses with the nearest centroid: -1, 0 or 1."""
    of_natural = nearest_centroid.hits(natural, natural_labels, queries, query_labels)
    of_images = nearest_centroid.hits(images, labels, queries, query_labels)
    gap: Float[np.ndarray, "q"] = of_natural.astype(np.float64) - of_images
    return gap


def of_source(sample: SourceSample) -> dict[str, Share]:
    """The gap, its parts and the corners of interest on natural-val, per class and overall.

    Nothing for the natural sources: natural-train has no gap to itself, and natural-val's images
    are the queries. Where a class has too few images to win the vote, the gap of the nearest
    centroid alone. Intervals come from resampling the queries within their classes, the same ones
    in every corner; both sets of images are taken as given.
    """
    if sample.same or sample.natural is None or sample.natural is sample.images:
        return {}
    points = (sample.images, sample.labels, sample.natural, sample.natural_labels)
    asked = (sample.queries, sample.query_labels)
    k = nearest_neighbours.HEADLINE
    fewest = min(np.bincount(labels).min() for labels in (sample.labels, sample.natural_labels))
    least = nearest_neighbours.least_images(k, len(sample.class_ids))
    hits = corner_hits(*points, *asked, k) if fewest >= least else {}
    scores = {"centroid_accuracy_gap": _centroid_gap(*points, *asked)}
    scores |= parts(hits) if hits else {}
    found = {
        name: averaged(
            score, sample.query_labels, sample.rngs("queries"), sample.draws, bonett_price
        )
        for name, score in scores.items()
    }
    found |= {
        name: share(hits[corner][None], sample.query_labels, sample.rngs("queries"), sample.draws)
        for name, corner in ACCURACIES.items()
        if hits
    }
    return {name: found[name] for name in COLUMNS if name in found}


MEASURE = Measure(COLUMNS, of_source)
