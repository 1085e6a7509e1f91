"""What holds for every classifier on embeddings, whatever it is given."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_clouds import classified, overlapping
from points import directions, rotation, unit

from synthgap.embedding_classifiers import CLASSIFIERS, classify
from synthgap.embedding_classifiers.registry import train
from synthgap.embedding_classifiers.training_set import distinct, training_set
from synthgap.errors import InputError

EVERY = pytest.mark.parametrize("name", CLASSIFIERS)

# Where random numbers or a diagonal covariance depend on the axes, results may change with them.
ISOTROPIC = pytest.mark.parametrize(
    "name",
    ["nearest_centroid", "knn", "gaussian_shared", "gaussian_own", "kernel_density"],
)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@EVERY
class TestEveryClassifier:
    @settings(max_examples=3, deadline=None)
    @given(seed=st.integers(0, 999))
    def test_does_not_depend_on_the_order_of_images(self, name, seed):
        images, labels = overlapping(seed, 8, 3, 4)
        queries, _ = overlapping(seed + 1, 10, 3, 4)
        order = np.random.default_rng(seed).permutation(len(images))
        one = train(CLASSIFIERS[name], images, labels)
        other = train(CLASSIFIERS[name], images[order], labels[order])
        assert np.array_equal(one.scores(queries), other.scores(queries))
        assert one.chosen == other.chosen

    def test_gives_the_same_twice(self, name):
        images, labels = overlapping(1, 9)
        queries, _ = overlapping(2, 9)
        found = [train(CLASSIFIERS[name], images, labels).scores(queries) for _ in range(2)]
        assert np.array_equal(*found)

    def test_answers_in_the_labels_it_was_given(self, name):
        images = np.concatenate([directions(c, 10, 3, 5 * np.eye(3)[c]) for c in range(3)])
        labels = np.repeat([40, -3, 7], 10)
        names = np.repeat(["owl", "crane", "heron"], 10)
        assert np.array_equal(classify(name, images, labels, images), labels)
        found = classify(name, images, names, images)
        assert np.array_equal(found, names)
        assert found.dtype == names.dtype

    def test_does_not_mind_a_class_that_no_query_has(self, name):
        images, labels = overlapping(5, 20, 3)
        queries, asked = overlapping(6, 40, 3)
        few = queries[asked != 1]
        whole = classified(name, images, labels, queries)
        assert np.array_equal(classified(name, images, labels, few), whole[asked != 1])

    def test_finds_the_images_themselves_with_one_a_class(self, name):
        images = directions(7, 6, 10)
        if name == "knn":
            with pytest.raises(InputError, match="with 5 votes a class needs 3 images to win, but"):
                classify(name, images, list("fedcba"), images)
            return
        assert classify(name, images, list("fedcba"), images).tolist() == list("fedcba")

    def test_finds_classes_of_coinciding_images(self, name):
        places = directions(8, 5, 3)
        labels = np.repeat(np.arange(5), 4)
        near = places + 1e-3 * directions(9, 5, 3)
        assert classify(name, places[labels], labels, near).tolist() == [0, 1, 2, 3, 4]

    def test_stands_all_images_on_one_point(self, name):
        points, labels = np.tile([0.6, 0.8], (8, 1)), np.arange(8) % 2
        assert set(classify(name, points, labels, points)) <= {0, 1}

    def test_stands_more_dimensions_than_images(self, name):
        centres = directions(10, 3, 80)
        labels = np.repeat(np.arange(3), 4)
        images = centres[labels] + 0.05 * directions(11, 12, 80)
        queries = centres[labels] + 0.05 * directions(12, 12, 80)
        assert classified(name, images, labels, queries).tolist() == labels.tolist()

    def test_stands_classes_of_very_different_size(self, name):
        images = np.concatenate([directions(13, 30, 4, [4, 0, 0, 0]), [[0, 0, 0, 1.0]]])
        labels = np.arange(31) // 30
        # A single image could not win a vote of five.
        if name == "knn":
            images, labels = (np.concatenate([x, x[-1:], x[-1:]]) for x in (images, labels))
        found = classify(name, images, labels, [[0, 0, 0, 1.0], [1.0, 0, 0, 0]])
        assert found.tolist() == [1, 0]

    def test_takes_half_precision_and_lists(self, name):
        images, labels = overlapping(14, 10, 3)
        images = unit(images).astype(np.float16)
        queries = unit(overlapping(15, 5, 3)[0])
        found = classify(name, images, labels, queries)
        exact = classify(name, images.astype(float).tolist(), labels.tolist(), queries.tolist())
        assert np.array_equal(found, exact)

    def test_knows_one_class(self, name):
        assert classify(name, np.eye(5), ["crane"] * 5, np.eye(1, 5)).tolist() == ["crane"]

    def test_refuses_what_is_not_finite(self, name):
        images, labels = np.eye(3), [0, 1, 2]
        broken = images.copy()
        broken[1, 1] = np.nan
        with pytest.raises(InputError, match="images: row 1 is not finite"):
            classify(name, broken, labels, images)
        with pytest.raises(InputError, match="queries: row 1 is not finite"):
            classify(name, images, labels, broken)

    def test_does_not_change_what_it_is_given(self, name):
        images, labels = overlapping(16, 6)
        before = images.copy()
        scores = train(CLASSIFIERS[name], images, labels).scores
        scores(images)
        assert np.array_equal(images, before)

    def test_says_what_it_is(self, name):
        assert CLASSIFIERS[name].name == name
        assert CLASSIFIERS[name].words
        assert "," not in CLASSIFIERS[name].words
        assert CLASSIFIERS[name].description
        assert (CLASSIFIERS[name].fit.__doc__ or "").count("Source: ") == 1


@ISOTROPIC
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999))
def test_does_not_depend_on_rotation_shift_or_scale(name, seed):
    images, labels = overlapping(seed, 10, 3, 4)
    queries, _ = overlapping(seed + 1, 15, 3, 4)
    turn = rotation(seed, 4)

    def moved(points):
        return 3 * (points @ turn) + 1

    found = classified(name, images, labels, queries)
    assert np.array_equal(classified(name, moved(images), labels, moved(queries)), found)


def test_zeros_of_either_sign_coincide():
    # By its bytes 2.0 lies between 0.0 and -0.0.
    images = np.array([[0.0, 1.0], [2.0, 0.0], [-0.0, 1.0]])
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        found = training_set(images[order], np.zeros(3, dtype=int)).images
        assert found.tobytes() == training_set(images, np.zeros(3, dtype=int)).images.tobytes()
        assert len(distinct(found)) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("svm", np.eye(2), [0, 1], np.eye(2)), "svm: no such classifier; there are nearest_"),
        (
            ("knn", np.eye(2), [0, 1, 2], np.eye(2)),
            r"labels: an array of shape \(3,\) for 2 em",
        ),
        (("knn", np.eye(2), [0, 1], np.eye(3)), "images: 2 dimensions, but queries have 3"),
        (("knn", np.zeros((0, 2)), [], np.eye(2)), "images: 0 embeddings; at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        classify(*arguments)
