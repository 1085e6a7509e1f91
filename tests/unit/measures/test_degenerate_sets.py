"""Every measure of sets that hold little: two images, one and the same image, one class.

No number is missing without a reason, nothing is warned of, and nothing fails: a measure either has
finite numbers or gives nothing.
"""

import warnings

import numpy as np
import pytest
from points import class_sample, directions, pool_sample

from synthgap.measures.intervals.estimates import Estimate, Interval, Share, Single
from synthgap.measures.intervals.limits import measured
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.tables import of_class, of_source, pooled

SETS = {
    "ordinary": lambda n, seed: directions(seed, n, 5, 0.5),
    "one image": lambda n, seed: np.tile(directions(seed, 1, 5), (n, 1)),
    "two images": lambda n, seed: np.tile(directions(seed, 2, 5), (n, 1))[:n],
    "opposite images": lambda n, seed: np.outer((-1.0) ** np.arange(n), np.eye(5)[0]),
    "one number": lambda n, seed: np.ones((n, 1)),
}


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def finite(name: str, found: Estimate | Share | Single, limits: Interval) -> None:
    if isinstance(found, Single):
        # A margin that is none is no number.
        assert not np.isinf(found.value), name
        if found.ends is not None:
            assert found.ends.low - 1e-6 <= found.value <= found.ends.high + 1e-6, name
        return
    if isinstance(found, Share):
        assert np.isfinite(found.per_class).all(), name
        # Student's interval of one image is infinite, which is what it is.
        assert not np.isnan(found.per_class_interval).any(), name
        assert not np.isnan(found.overall_interval).any(), name
        found = found.overall
    assert np.isfinite(found.value), name
    assert np.isfinite(found.replicates).all(), name
    row = measured(name, found, limits)
    assert row[f"{name}_low"] - 1e-6 <= row[name] <= row[f"{name}_high"] + 1e-6, name


def dimensions(name: str) -> int:
    return int(SETS[name](2, 0).shape[1])


KINDS = pytest.mark.parametrize(
    ("images", "natural"), [(a, b) for a in SETS for b in SETS if dimensions(a) == dimensions(b)]
)


def pairs(images: str, natural: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    return SETS[images](n, 0), SETS[natural](n, 1)


@pytest.mark.parametrize("n", [2, 3, 10])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@KINDS
def test_of_a_class(images, natural, n, dtype):
    one, other = (x.astype(dtype) for x in pairs(images, natural, n))
    for sample in (class_sample(one, other), class_sample(one)):
        for measure in of_class.MEASURES:
            for name, found in measure.of(sample).items():
                finite(name, found, measure.columns[name].limits)


@pytest.mark.parametrize(("n", "classes"), [(2, 1), (3, 1), (2, 2), (10, 3)])
@KINDS
def test_of_the_pool(images, natural, n, classes):
    one, other = pairs(images, natural, n * classes)
    for measure in pooled.MEASURES:
        for name, found in measure.of(pool_sample(one, classes, other)).items():
            finite(name, found, measure.columns[name].limits)


@pytest.mark.parametrize(("n", "classes"), [(2, 1), (6, 1), (2, 2), (10, 2), (3, 3)])
@pytest.mark.parametrize("same", [False, True])
@KINDS
def test_of_a_source(images, natural, n, classes, same):
    one, other = pairs(images, natural, n * classes)
    labels = np.repeat(np.arange(classes), n)
    sample = SourceSample(
        tuple(map(str, range(classes))),
        one,
        labels,
        one if same else other,
        labels,
        same,
        one[:: max(n, 1)],
        np.arange(classes),
        draws=100,
        natural=other,
        natural_labels=labels,
        own_prompts=labels,
    )
    for measure in of_source.MEASURES:
        for name, found in measure.of(sample).items():
            finite(name, found, measure.columns[name].limits)
