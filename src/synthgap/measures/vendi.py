"""Vendi score: how many images that have nothing in common would be as diverse."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from synthgap.measures.intervals.estimates import Estimate, bootstrap_counts
from synthgap.measures.intervals.jackknife import IMAGES, replicates, replicates_within_classes
from synthgap.measures.intervals.samples import ClassSample, PoolSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks, single_precision
from synthgap.measures.numerics.blocks import (
    Axes,
    Rows,
    principal_axes,
    principal_values,
    product,
)

COLUMNS = {
    "vendi_score": Column(
        "Vendi score",
        "effective number of different images (exp of the entropy of the eigenvalues of "
        "the cosine kernel); higher is more diverse",
        Family.DIVERSITY,
    ),
}
POOLED_COLUMNS = {
    "pooled_vendi_score": Column(
        "pooled Vendi score",
        "effective number of different images of all classes together",
        Family.DIVERSITY,
    ),
}

_LOG_T = np.arange(-30.0, 31.0)
"""Nodes of the integral below, as logarithms. With the step 1 the rule errs by 3e-9 of the result,
and beyond both ends lies less than 1e-10 of it."""


def vendi_score(images: ArrayLike, *, device: str = "cpu") -> float:
    """Exponential of the Shannon entropy of the eigenvalues of K/n, K the matrix of cosines.

    Higher means more diverse: 1 for copies of one image, n for n orthogonal ones. It grows with n
    and cannot exceed min(n, d), so compare at equal n.

    Of n >= d embeddings in float32 it is computed in single precision where that errs by less than
    a hundred-thousandth of it, else in double.

    Args:
        images: n unit embeddings of d dimensions. They may be a memory map: they are read in
            blocks, and nothing larger than min(n, d) × d is held.
        device: "cpu", or "cuda" for the matrix products.

    Raises:
        InputError: there is no embedding, or one is not unit.

    Source: D. Friedman, A. B. Dieng: The Vendi Score, TMLR 2023, with the cosine kernel; the
    eigenvalues are taken from the d × d matrix of second moments, which has the same ones.

    >>> round(vendi_score([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), 4)
    1.8899
    """
    points = checks.rows(images)
    if device == "cpu" and points.dtype == np.float32 and len(points) >= points.shape[1]:
        found = single_precision.eigenvalues(points)
        if found is not None:
            return _score(found)
    return of_points(points, device)


def of_points(images: Float[np.ndarray, "n d"], device: str = "cpu") -> float:
    """The same of points of any length but zero."""
    rows = Rows(images, unit=True)
    return _score(principal_values(rows, rows.n, device))


def _score(eigenvalues: Float[np.ndarray, "r"]) -> float:
    return float(np.exp(-np.sum(eigenvalues * np.log(eigenvalues))))


def without_one_each(rows: Rows, axes: Axes, device: str = "cpu") -> Float[np.ndarray, "n"]:
    """By how much the score moves when one image is left out, for each image, exactly.

    With S = XᵀX/n and z = x/√n, leaving x out takes zzᵀ from S. Since log S is the integral of
    1/(1 + t) - (S + t)⁻¹ over t > 0, and (S - zzᵀ + t)⁻¹ is known in closed form, the trace of
    S log S changes by -‖z‖² minus the integral of log(1 - zᵀ(S + t)⁻¹z) + ‖z‖²/(1 + t). This takes
    a sum over some nodes t instead of n decompositions. The trapezoidal rule in log t errs by
    exp(-2π²/step), as the integrand is analytic within ±πi.

    Args:
        rows: n unit embeddings, n >= 2.
        axes: of S.
        device: as in `vendi_score`.
    """
    n = rows.n
    t = np.exp(_LOG_T)
    resolvents = 1 / (axes.eigenvalues[:, None] + t)
    trace = float(np.sum(axes.eigenvalues * np.log(axes.eigenvalues)))

    def changes() -> Iterator[Float[np.ndarray, "b"]]:
        for block in rows.blocks():
            q = (product(block, axes.directions.T, device) ** 2 / n) @ resolvents
            change = -1 / n - (np.log1p(-q.clip(max=1 - 1e-15)) + 1 / n / (1 + t)) @ t
            # The eigenvalues that are left are scaled to the sum 1 again, by n/(n - 1).
            yield -(trace + n * change) / (n - 1) - np.log(n / (n - 1))

    moved: Float[np.ndarray, "n"] = np.exp(-trace) * np.expm1(np.concatenate(list(changes())))
    return moved


def of_class(sample: ClassSample) -> dict[str, Estimate]:
    """Vendi score of a class; its interval by leaving out one image each."""
    rows = Rows(sample.images, unit=True)
    axes = principal_axes(rows, rows.n)
    counts = bootstrap_counts(sample.rng(IMAGES), rows.n, sample.draws)
    value = _score(axes.eigenvalues)
    return {
        "vendi_score": Estimate(value, value + replicates(without_one_each(rows, axes), counts))
    }


def of_pool(sample: PoolSample) -> dict[str, Estimate]:
    """Vendi score of all images together; images are resampled within classes."""
    rows = Rows(sample.images, unit=True)
    axes = principal_axes(rows, rows.n, sample.device)
    moved = replicates_within_classes(
        without_one_each(rows, axes, sample.device),
        sample.labels,
        sample.rng(IMAGES),
        sample.draws,
    )
    value = _score(axes.eigenvalues)
    return {"pooled_vendi_score": Estimate(value, value + moved)}


MEASURE = Measure(COLUMNS, of_class)
POOLED_MEASURE = Measure(POOLED_COLUMNS, of_pool)
