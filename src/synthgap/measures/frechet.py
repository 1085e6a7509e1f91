"""Fréchet distance between Gaussians that are fitted to two sets of embeddings."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from synthgap.measures.intervals.estimates import Estimate
from synthgap.measures.intervals.jackknife import of_class_against_natural, of_pool_against_natural
from synthgap.measures.intervals.samples import ClassSample, PoolSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks
from synthgap.measures.numerics.blocks import Axes, Rows, principal_axes, product

COLUMNS = {
    "frechet_distance": Column(
        "Fréchet distance",
        "squared Fréchet distance of Gaussians fitted to the images and to the "
        "natural ones; far above zero for equal distributions too where n is below the dimensions",
        Family.DISTANCES,
    ),
}
POOLED_COLUMNS = {
    "pooled_frechet_distance": Column(
        "pooled Fréchet distance",
        "frechet_distance of all classes' images together, as FID is "
        "computed, in the encoder's space",
        Family.DISTANCES,
    ),
}

LEAST = 3
"""Images that the interval needs: a covariance must be left when one is taken out."""

_LOG_T = np.arange(-44.0, 45.0)
"""Nodes of the integral below, as logarithms of multiples of the largest σ². With the step 1 the
rule errs by 3e-9 of the result, and beyond the ends lies as little."""


class Gaussian(NamedTuple):
    """What is fitted to a set."""

    centred: Rows
    mean: Float[np.ndarray, "d"]
    axes: Axes
    """Of the covariance with the divisor n - 1; at most n - 1 of them."""

    @property
    def factor(self) -> Float[np.ndarray, "r d"]:
        """F with FᵀF the covariance."""
        found: Float[np.ndarray, "r d"] = (
            np.sqrt(self.axes.eigenvalues)[:, None] * self.axes.directions
        )
        return found

    @property
    def trace(self) -> float:
        """Total variance."""
        return float(self.axes.eigenvalues.sum())


class Overlap(NamedTuple):
    """Singular value decomposition UΣVᵀ of F₁F₂ᵀ, whose σ sum to the trace of (S₁S₂)^½."""

    singular: Float[np.ndarray, "k"]
    of_images: Float[np.ndarray, "k d"]
    """UᵀF₁: its square norm along x says what x adds to the overlap from the natural side."""
    of_natural: Float[np.ndarray, "k d"]
    """VᵀF₂, likewise."""


def frechet_distance(images: ArrayLike, natural: ArrayLike, *, device: str = "cpu") -> float:
    """Squared Fréchet distance ‖m₁ - m₂‖² + tr(S₁ + S₂ - 2(S₁S₂)^½), as FID is defined.

    Means and covariances (divisor n - 1) are those of the embeddings. The estimate is biased
    upwards, the more the smaller n: below n = d most of it is bias. Compare at equal n and with
    the distance of natural from natural images only.

    The trace of the root is the sum of the singular values of F₁F₂ᵀ, where S = FᵀF: no complex
    parts arise, and of fewer images than dimensions only their span is worked in.

    Args:
        images: n unit embeddings of d dimensions, n >= 2; perhaps a memory map.
        natural: m unit embeddings of d dimensions, m >= 2.
        device: "cpu", or "cuda" for the matrix products.

    Raises:
        InputError: fewer than two embeddings, one that is not unit, or different dimensions.

    Source: M. Heusel et al.: GANs Trained by a Two Time-Scale Update Rule, NeurIPS 2017, there of
    Inception's features; D. Dowson, B. Landau, J. Multivariate Analysis 12, 1982.

    >>> round(frechet_distance([[1.0, 0.0], [0.0, 1.0]], [[-1.0, 0.0], [0.0, -1.0]]), 6)
    2.0
    """
    one, other = checks.pair_of_rows(images, natural, least=2)
    return of_points(one, other, device)


def of_points(
    one: Float[np.ndarray, "n d"], other: Float[np.ndarray, "m d"], device: str = "cpu"
) -> float:
    """The same of points of any length."""
    a, b = fitted(one, "images", device), fitted(other, "natural", device)
    return _distance(a, b, _overlap(a, b))


def fitted(images: Float[np.ndarray, "n d"], what: str, device: str = "cpu") -> Gaussian:
    """Fit a Gaussian to n >= 2 embeddings."""
    mean = Rows(images, what).mean()
    centred = Rows(images, what, centre=mean)
    return Gaussian(centred, mean, principal_axes(centred, centred.n - 1, device))


def _overlap(one: Gaussian, other: Gaussian) -> Overlap:
    u, singular, v = np.linalg.svd(one.factor @ other.factor.T, full_matrices=False)
    kept = singular > 1e-9 * singular.max(initial=0)
    return Overlap(singular[kept], u.T[kept] @ one.factor, v[kept] @ other.factor)


def _distance(one: Gaussian, other: Gaussian, overlap: Overlap) -> float:
    apart = np.sum((one.mean - other.mean) ** 2)
    # Rounding can carry the distance of equal sets below zero.
    return max(0.0, float(apart + one.trace + other.trace - 2 * overlap.singular.sum()))


def without_one_each(
    one: Gaussian,
    other: Gaussian,
    singular: Float[np.ndarray, "k"],
    facing: Float[np.ndarray, "k d"],
    device: str = "cpu",
) -> Float[np.ndarray, "n"]:
    """By how much the distance moves when one image of `one` is left out, for each, exactly.

    Leaving c out of the centred images takes a multiple of F₂c(F₂c)ᵀ from F₂S₁F₂ᵀ, whose roots of
    eigenvalues are the σ. The root of x is 1/π times the integral of x/(x + t) / √t over t > 0, so
    the sum of the roots changes by 1/2π times the integral of log(1 - vᵀ(F₂S₁F₂ᵀ + t)⁻¹v) / √t.

    Args:
        one: fitted to n >= 3 images.
        other: the other Gaussian.
        singular: σ of their overlap.
        facing: the overlap's side of `other`.
        device: as in `frechet_distance`.
    """
    n = one.centred.n
    t = np.exp(_LOG_T) * singular.max(initial=0) ** 2 if len(singular) else np.ones(1)
    resolvents = 1 / (singular[:, None] ** 2 + t)
    step = one.mean - other.mean

    def changes() -> Iterator[Float[np.ndarray, "b"]]:
        for block in one.centred.blocks():
            seen = product(block, facing.T, device) ** 2 * n / (n - 1) ** 2
            roots = np.log1p(-(seen @ resolvents).clip(max=1 - 1e-15)) @ np.sqrt(t) / (2 * np.pi)
            squares = np.sum(block**2, axis=1)
            apart = squares / (n - 1) ** 2 - 2 * block @ step / (n - 1)
            trace = (one.trace - n / (n - 1) * squares) / (n - 2)
            # Of n - 1 images the covariance has the divisor n - 2.
            scale = np.sqrt((n - 1) / (n - 2))
            yield apart + trace - 2 * ((scale - 1) * singular.sum() + scale * roots)

    return np.concatenate(list(changes()))


class _Both(NamedTuple):
    """The distance, and its changes without one image of each side."""

    value: float
    images: Float[np.ndarray, "n"]
    natural: Float[np.ndarray, "m"]


def _both(
    images: Float[np.ndarray, "n d"], natural: Float[np.ndarray, "m d"], device: str = "cpu"
) -> _Both:
    one, other = fitted(images, "images", device), fitted(natural, "natural", device)
    overlap = _overlap(one, other)
    return _Both(
        _distance(one, other, overlap),
        without_one_each(one, other, overlap.singular, overlap.of_natural, device),
        without_one_each(other, one, overlap.singular, overlap.of_images, device),
    )


def of_class(sample: ClassSample) -> dict[str, Estimate]:
    """Fréchet distance of a class; its interval by leaving out one image of either side."""
    if sample.same or min(len(sample.images), len(sample.natural)) < LEAST:
        return {}
    found = _both(sample.images, sample.natural)
    return {"frechet_distance": of_class_against_natural(*found, sample)}


def of_pool(sample: PoolSample) -> dict[str, Estimate]:
    """Fréchet distance of all images together; images are resampled within classes."""
    if sample.same or min(len(sample.images), len(sample.natural)) < LEAST:
        return {}
    found = _both(sample.images, sample.natural, sample.device)
    return {"pooled_frechet_distance": of_pool_against_natural(*found, sample)}


MEASURE = Measure(COLUMNS, of_class)
POOLED_MEASURE = Measure(POOLED_COLUMNS, of_pool)
