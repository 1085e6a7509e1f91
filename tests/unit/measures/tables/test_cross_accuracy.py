import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import directions, rotation, unit
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import NearestCentroid

from synthgap.errors import InputError
from synthgap.measures import centroid_accuracy_matrix

NAMES = np.array(["owl", "crane", "heron"])


def source(seed: int, counts: tuple[int, ...] = (6, 9, 12)) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping classes of unequal size, in no order."""
    centres = directions(99, 3, 4)
    points = [directions(10 * seed + c, n, 4, 0.9 * centres[c]) for c, n in enumerate(counts)]
    order = np.random.default_rng(seed).permutation(sum(counts))
    return np.concatenate(points)[order], np.repeat(NAMES, counts)[order]


def by_class(right: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean([right[labels == name].mean() for name in NAMES]))


@pytest.mark.parametrize("seed", range(3))
def test_is_scikit_learns_nearest_centroid_and_leaves_one_out_on_the_diagonal(seed):
    sources = {name: source(seed * 10 + i) for i, name in enumerate(("disamb", "train", "val"))}
    matrix = centroid_accuracy_matrix(sources)
    assert [*matrix] == [*sources]
    for x, (images, labels) in sources.items():
        assert [*matrix[x]] == [*sources]
        for q, (queries, asked) in sources.items():
            predicted = (
                cross_val_predict(NearestCentroid(), images, labels, cv=LeaveOneOut())
                if x == q
                else NearestCentroid().fit(images, labels).predict(queries)
            )
            expected = by_class(predicted == asked, asked)
            assert matrix[x][q] == pytest.approx(expected, abs=1e-12), (x, q)
            assert 0 < matrix[x][q] < 1


@given(st.integers(0, 999))
def test_does_not_depend_on_order_or_rotation(seed):
    one, other = source(seed), source(seed + 1)
    order, turn = np.random.default_rng(seed).permutation(27), rotation(seed, 4)
    found = centroid_accuracy_matrix({"one": one, "other": other})
    turned = centroid_accuracy_matrix(
        {"one": ((one[0] @ turn)[order], one[1][order]), "other": (other[0] @ turn, other[1])}
    )
    for x in found:
        assert turned[x] == pytest.approx(found[x], abs=1e-12)


def test_images_of_a_class_that_the_other_lacks_are_not_right():
    images, labels = np.eye(3), NAMES
    matrix = centroid_accuracy_matrix({"few": (images[:2], labels[:2]), "all": (images, labels)})
    assert matrix["few"]["all"] == pytest.approx(2 / 3)
    assert matrix["all"]["few"] == 1
    # Each image is alone in its class.
    assert matrix["all"]["all"] == 0


def test_refuses_what_means_nothing():
    points, labels = source(0)
    with pytest.raises(InputError, match="disamb: 4 dimensions, but train have 3"):
        centroid_accuracy_matrix(
            {"disamb": (points, labels), "train": (unit(points[:, :3]), labels)}
        )
    with pytest.raises(InputError, match=r"labels of disamb: an array of shape \(5,\)"):
        centroid_accuracy_matrix({"disamb": (points, labels[:5])})
    with pytest.raises(InputError, match="disamb: row 0 is not finite"):
        centroid_accuracy_matrix({"disamb": (points * np.nan, labels)})
