import numpy as np
import pytest
from points import directions

from synthgap.measures.in_sample import PARTITIONS, in_sample, of_points
from synthgap.measures.intervals.estimates import wilson


def two_cones(n: int, p: int, d: int, apart: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Unit embeddings around an axis and around its opposite."""
    step = apart * np.eye(1, d)[0]
    return directions(1, n, d, step), directions(2, p, d, -step)


def test_many_points_in_two_cones_are_separable_and_random_groups_are_not():
    found = in_sample(*two_cones(200, 60, 6, apart=8.0), 20)
    assert found.margin is not None
    assert found.margin > 0.5
    assert found.random == 0


def test_of_one_distribution_neither_is():
    assert in_sample(*two_cones(200, 60, 6, apart=0.0), 20) == (None, 0)


def test_so_few_points_are_separable_whatever_they_are():
    images, prompts = two_cones(12, 5, 16, apart=0.0)
    found = in_sample(images, prompts, 20)
    assert found.random == 20
    assert found.margin is not None
    assert found.margin > 0


def test_random_groups_are_as_large_as_prompts_and_images():
    # One prompt among many images: a vertex of their hull is separable, nearly every point is one.
    images, prompts = two_cones(40, 1, 8, apart=0.0)
    assert in_sample(images, prompts, 20).random == 20
    assert in_sample(images[:21], images[21:], 20).random < 5


def test_equal_texts_count_as_one_prompt():
    images, prompts = two_cones(12, 5, 16, apart=0.0)
    found = in_sample(images, np.repeat(prompts, 3, axis=0), 20)
    assert found == in_sample(images, prompts, 20)
    assert found.random == 20


def test_order_changes_nothing():
    images, prompts = two_cones(20, 10, 16, apart=0.0)
    one, other = in_sample(images, prompts, 20), in_sample(images[::-1], prompts[::-1], 20)
    assert one == other
    assert 0 < one.random < 20


def test_columns_have_no_margin_where_there_is_no_hyperplane():
    found = of_points(*two_cones(200, 60, 6, apart=0.0))
    assert list(found) == ["separable_in_sample", "random_labels_separable"]
    assert found["separable_in_sample"] == (0, None)
    assert found["random_labels_separable"] == (0, wilson(0, PARTITIONS))


def test_columns_of_cones():
    found = of_points(*two_cones(200, 60, 6, apart=8.0))
    assert found["separable_in_sample"] == (1, None)
    assert found["hard_margin"].ends is None
    assert found["hard_margin"].value == pytest.approx(
        in_sample(*two_cones(200, 60, 6, apart=8.0), 0).margin
    )
