"""Precision, recall, density and coverage: do two sets lie where each other's images lie?

Each image has a ball that reaches to its k-th nearest neighbour in its own set. The balls of a set
together are its manifold, as far as a sample can show it.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from synthgap.errors import InputError
from synthgap.measures.intervals.estimates import Estimate, bootstrap_counts, widened_at_ends
from synthgap.measures.intervals.limits import POSITIVE, SHARE
from synthgap.measures.intervals.manifold_replicates import SUBSAMPLE, replicates
from synthgap.measures.intervals.samples import ClassSample, PoolSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks
from synthgap.measures.numerics.neighbour_search import in_balls, nearest

K = 5
"""Neighbours that a ball reaches to, as Naeem et al. advise."""

LEAST = min(n for n in range(100) if int(SUBSAMPLE * n) > K)
"""Images that the interval needs: those of a subsample must have balls."""

COLUMNS = {
    "precision": Column(
        "precision",
        "share of images inside the ball of a natural image; a ball reaches to the 5th "
        "nearest neighbour in its own set",
        Family.COVERAGE,
        SHARE,
    ),
    "recall": Column(
        "recall",
        "share of natural images inside the ball of an image of the source",
        Family.COVERAGE,
        SHARE,
    ),
    "density": Column(
        "density",
        "mean number of natural images' balls that an image lies in, divided by 5; 1 in "
        "expectation where the distributions are the same",
        Family.COVERAGE,
        POSITIVE,
    ),
    "coverage": Column(
        "coverage",
        "share of natural images whose ball has an image of the source inside",
        Family.COVERAGE,
        SHARE,
    ),
}

POOLED_COLUMNS = {
    f"pooled_{name}": column._replace(
        title=f"pooled {column.title}", text=f"{column.text}; all classes together"
    )
    for name, column in COLUMNS.items()
}


class Manifolds(NamedTuple):
    """Precision, recall and coverage are shares; density is at least 0."""

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall_density_coverage(
    images: ArrayLike, natural: ArrayLike, k: int = K, device: str = "cpu"
) -> Manifolds:
    """Compare the manifolds of two sets of embeddings.

    All four depend on how many images there are, so compare at equal n and m. For identical
    distributions the expected density is 1, and the expected coverage 1 - (n-1)...(n-k) /
    ((n+m-1)...(n+m-k)); precision and recall have no such closed form. Balls are open: an image at
    exactly the radius is outside. Only the ball of an image with k copies, whose radius is 0, holds
    its copies, so that sets of one and the same image lie in each other's manifolds.

    Args:
        images: m unit embeddings of d dimensions, perhaps a memory map; m > k.
        natural: n unit embeddings of d dimensions, perhaps a memory map; n > k.
        k: a ball reaches to the k-th nearest neighbour.
        device: cpu or cuda.

    Raises:
        InputError: k or fewer embeddings, dimensions that differ, or a row that is not unit.

    Source: Kynkäänniemi et al., NeurIPS 2019 (precision, recall); Naeem et al., ICML 2020 (density,
    coverage); what a ball of radius 0 holds is ours.

    >>> angles = np.arange(8.0)[:, None] / 10
    >>> natural, images = (np.hstack([np.cos(x), np.sin(x)]) for x in (angles, angles + 0.05))
    >>> precision_recall_density_coverage(images, natural, k=1)
    Manifolds(precision=1.0, recall=1.0, density=1.875, coverage=1.0)
    """
    known, photographs = checks.pair_of_rows(images, natural)
    return of_points(known, photographs, k, device)


def of_points(
    images: Float[np.ndarray, "m d"],
    natural: Float[np.ndarray, "n d"],
    k: int = K,
    device: str = "cpu",
) -> Manifolds:
    """The same of points of any length, as they come."""
    return _manifolds(_balls(images, natural, k, device), k)


class _Balls(NamedTuple):
    """How often each image and each natural image is inside a ball, and has one inside its own."""

    images_inside: Int[np.ndarray, "m"]
    """Natural images' balls that an image lies in."""
    natural_inside: Int[np.ndarray, "n"]
    """Images' balls that a natural image lies in."""
    natural_holds: Int[np.ndarray, "n"]
    """Images in a natural image's ball."""
    only_ball: Int[np.ndarray, "n"]
    """Images that lie in this natural image's ball and in no other."""
    only_member: Int[np.ndarray, "m"]
    """Natural images whose balls hold this image and no other."""
    only_image_ball: Int[np.ndarray, "m"]
    """Natural images that lie in this image's ball and in no other."""


def _balls(
    images: Float[np.ndarray, "m d"], natural: Float[np.ndarray, "n d"], k: int, device: str
) -> _Balls:
    checks.same_space("images", images, "natural", natural)
    for what, rows in (("images", images), ("natural", natural)):
        if not 1 <= k < len(rows):
            raise InputError(
                f"{what}: {len(rows)} embeddings; balls to the {k}-th neighbour need k + 1 or more"
            )
    radii, image_radii = (
        nearest(rows, rows, k, leave_out_self=True, device=device).distances[:, -1]
        for rows in (natural, images)
    )
    m, n = len(images), len(natural)
    images_inside, last_ball = np.zeros((2, m), np.int64)
    natural_inside, last_image_ball = np.zeros((2, n), np.int64)
    natural_holds, last_member = np.zeros((2, n), np.int64)
    for tile in in_balls(natural, images, radii, image_radii, device=device):
        centres, members = tile.of_centres
        images_inside += np.bincount(members, minlength=m)
        natural_holds += np.bincount(centres, minlength=n)
        last_ball[members], last_member[centres] = centres, members
        members, centres = tile.of_points
        natural_inside += np.bincount(members, minlength=n)
        last_image_ball[members] = centres
    return _Balls(
        images_inside,
        natural_inside,
        natural_holds,
        np.bincount(last_ball[images_inside == 1], minlength=n),
        np.bincount(last_member[natural_holds == 1], minlength=m),
        np.bincount(last_image_ball[natural_inside == 1], minlength=m),
    )


def _manifolds(found: _Balls, k: int) -> Manifolds:
    return Manifolds(
        float((found.images_inside > 0).mean()),
        float((found.natural_inside > 0).mean()),
        float(found.images_inside.mean() / k),
        float((found.natural_holds > 0).mean()),
    )


def of_class(sample: ClassSample) -> dict[str, Estimate]:
    """Precision, recall, density and coverage of a class, with replicates from subsamples.

    Nothing for natural-train, which lies on itself, and nothing where a class has too few images
    for subsamples to have balls.
    """
    if sample.same or min(len(sample.images), len(sample.natural)) < LEAST:
        return {}
    images, natural = sample.images.astype(np.float64), sample.natural.astype(np.float64)
    values = of_points(images, natural)
    draws = replicates(images, natural, K, sample.draws, sample.rng("subsampling"))
    return _estimates(COLUMNS, values, draws, sample)


def of_pool(sample: PoolSample) -> dict[str, Estimate]:
    """The same of all classes' images together; nothing for natural-train.

    The replicates are linear: what an image adds to a measure, whether it is a member of balls or
    the centre of one, is weighted by how often the bootstrap draws it. Radii are taken as given.
    """
    if sample.same or min(len(sample.images), len(sample.natural)) <= K:
        return {}
    found = _balls(sample.images, sample.natural, K, sample.device)
    n, m = len(sample.natural), len(sample.images)
    # What a natural image and an image contribute to each measure.
    contributions = (
        (found.only_ball / m, (found.images_inside > 0) / m),
        ((found.natural_inside > 0) / n, found.only_image_ball / n),
        (found.natural_holds / (K * m), found.images_inside / (K * m)),
        ((found.natural_holds > 0) / n, found.only_member / n),
    )
    of_natural, of_images = (np.stack(parts, axis=1) for parts in zip(*contributions, strict=True))
    rng = sample.rng("bootstrap of the pool")
    # Natural images are drawn first, so that they are the same for every source.
    moved = _resampled(of_natural, sample.draws, rng) + _resampled(of_images, sample.draws, rng)
    return _estimates(POOLED_COLUMNS, _manifolds(found, K), moved.T, sample)


def _estimates(
    names: Iterable[str],
    values: Manifolds,
    draws: Float[np.ndarray, "4 draws"],
    sample: ClassSample | PoolSample,
) -> dict[str, Estimate]:
    """Join values and replicates; density is no share, and keeps the replicates it has."""
    m, n = len(sample.images), len(sample.natural)
    # Hits of images at the ends are independent of those of another source: so are these numbers,
    # which depend on the values. Equal ones would make a difference of 0 look certain.
    rng = sample.rng(f"ends of shares {float(sample.images[0].sum()):.6g}")
    return {
        name: Estimate(value, value + deviations)
        if of is None
        else widened_at_ends(value, deviations, of, rng)
        for name, value, deviations, of in zip(names, values, draws, (m, n, None, n), strict=True)
    }


def _resampled(
    contributions: Float[np.ndarray, "n c"], draws: int, rng: np.random.Generator
) -> Float[np.ndarray, "draws c"]:
    """Sums of contributions in bootstrap samples, less the sums themselves; draw by draw."""
    n = len(contributions)
    sums = np.empty((draws, contributions.shape[1]))
    for draw in range(draws):
        sums[draw] = bootstrap_counts(rng, n, 1)[0] @ contributions
    sums -= contributions.sum(axis=0)
    return sums


MEASURE = Measure(COLUMNS, of_class)
POOLED_MEASURE = Measure(POOLED_COLUMNS, of_pool)
