import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import directions, rotation
from sklearn.neighbors import NearestCentroid

from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.nearest_centroid import centroids, hits, of_source


def clouds(seed: int, per_class: int, classes: int = 4, d: int = 5) -> tuple[np.ndarray, ...]:
    """Overlapping clouds of unit embeddings, one a class, and their labels."""
    centres = directions(99, classes, d)
    points = np.concatenate(
        [directions(seed * 100 + c, per_class, d, centre=centres[c]) for c in range(classes)]
    )
    return points, np.repeat(np.arange(classes), per_class)


def source_sample(
    images: np.ndarray, labels: np.ndarray, queries: np.ndarray, query_labels: np.ndarray
) -> SourceSample:
    names = tuple(f"class-{c}" for c in range(int(labels.max()) + 1))
    nothing = np.zeros(0, dtype=int)
    same = images is queries
    return SourceSample(
        names, images, labels, queries, query_labels, same, None, nothing, draws=200
    )


class TestHits:
    def test_agree_with_scikit_learns_nearest_centroid(self):
        images, labels = clouds(0, 30)
        queries, asked = clouds(1, 40)
        predicted = NearestCentroid().fit(images, labels).predict(queries)
        found = hits(images, labels, queries, asked)
        assert np.array_equal(found, predicted == asked)
        assert 0.3 < found.mean() < 0.95

    def test_use_euclidean_distance_to_means_that_are_not_normalised(self):
        # The mean of class 0 is short: by angle the query is class 0's, by distance class 1's.
        images, labels = np.array([[1.0, 0], [-1, 0], [0, 1], [1, 0]]), np.array([0, 0, 0, 1])
        query = np.array([[np.sqrt(1 - 0.72**2), 0.72]])
        assert hits(images, labels, query, np.array([1])).tolist() == [True]

    @pytest.mark.parametrize("per_class", [2, 3, 6])
    def test_leave_each_image_out_of_its_own_mean(self, per_class):
        images, labels = clouds(2, per_class)
        expected = []
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            rest = np.arange(len(images)) != number
            means = [images[rest & (labels == c)].mean(axis=0) for c in range(4)]
            expected.append(np.argmin([np.linalg.norm(image - m) for m in means]) == label)
        found = hits(images, labels, images, labels, same=True)
        assert found.tolist() == expected
        assert found.mean() < hits(images, labels, images, labels).mean()

    def test_never_find_a_class_of_one_image_that_is_left_out(self):
        images = np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 0.9]])
        found = hits(images, np.array([0, 1, 1]), images, np.array([0, 1, 1]), same=True)
        assert found.tolist() == [False, True, True]

    @pytest.mark.parametrize("classes", [2, 3, 7])
    def test_are_all_right_for_points_on_axes(self, classes):
        axes, labels = np.eye(classes), np.arange(classes)
        assert hits(axes, labels, axes, labels).all()
        assert not hits(axes, labels, axes, np.roll(labels, 1)).any()

    @given(st.integers(0, 999))
    def test_do_not_depend_on_order_rotation_or_scale(self, seed):
        images, labels = clouds(seed, 5, classes=3)
        queries, asked = clouds(seed + 1, 4, classes=3)
        found = hits(images, labels, queries, asked)
        order = np.random.default_rng(seed).permutation(len(images))
        turn = rotation(seed, 5)
        assert np.array_equal(hits(images[order], labels[order], queries, asked), found)
        assert np.array_equal(hits(images @ turn, labels, queries @ turn, asked), found)
        assert np.array_equal(hits(images * 7, labels, queries * 7, asked), found)

    def test_do_not_depend_on_the_other_queries(self):
        images, labels = clouds(3, 10)
        queries, asked = clouds(4, 10)
        found = hits(images, labels, queries, asked)
        single = [hits(images, labels, queries[i : i + 1], asked[i : i + 1])[0] for i in range(40)]
        assert found.tolist() == single


def test_centroids_are_the_means_of_unsorted_and_unequal_classes():
    images = directions(5, 11, 3)
    labels = np.array([2, 0, 1, 1, 2, 2, 0, 1, 2, 2, 1])
    expected = [images[labels == c].mean(axis=0) for c in range(3)]
    assert centroids(images, labels, 3) == pytest.approx(np.array(expected))


class TestOfSource:
    def test_weighs_every_class_the_same(self):
        images, labels = np.eye(2), np.array([0, 1])
        # Class 0: three of three right; class 1: one of two.
        queries = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0], [1.0, 0.0]])
        asked = np.array([0, 0, 0, 1, 1])
        found = of_source(source_sample(images, labels, queries, asked))["centroid_accuracy"]
        assert found.per_class.tolist() == [1.0, 0.5]
        assert found.overall.value == 0.75

    def test_leaves_images_out_where_the_source_is_its_own_query(self):
        images, labels = clouds(6, 8)
        found = of_source(source_sample(images, labels, images, labels))["centroid_accuracy"]
        expected = hits(images, labels, images, labels, same=True)
        assert found.overall.value == pytest.approx(expected.mean())

    def test_intervals_contain_the_accuracies(self):
        images, labels = clouds(7, 10)
        queries, asked = clouds(8, 15)
        found = of_source(source_sample(images, labels, queries, asked))["centroid_accuracy"]
        assert found.overall_interval.low < found.overall.value < found.overall_interval.high
        for value, ends in zip(found.per_class, found.per_class_interval, strict=True):
            assert ends.low <= value <= ends.high

    def test_resamples_the_queries_alike_in_every_source(self):
        queries, asked = clouds(9, 15)
        images, labels = clouds(10, 10)
        turn = rotation(10, 5)
        one = of_source(source_sample(images, labels, queries, asked))["centroid_accuracy"]
        other = of_source(source_sample(images @ turn, labels, queries @ turn, asked))
        assert np.array_equal(one.overall.replicates, other["centroid_accuracy"].overall.replicates)
