from collections import Counter

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import directions, rotation, unit
from sklearn.neighbors import KNeighborsClassifier

from synthgap.errors import InputError
from synthgap.measures import nearest_neighbours
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.nearest_neighbours import (
    COLUMNS,
    HEADLINE,
    NEIGHBOURS,
    column,
    hits,
    knn_accuracy,
    least_images,
    of_source,
)


def cloud(seed: int, n: int, classes: int, d: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping classes, in no order."""
    labels = np.random.default_rng(seed).integers(classes, size=n)
    return directions(seed, n, d, centre=0.8 * directions(99, classes, d)[labels]), labels


def predictions(images: np.ndarray, labels: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """The class that wins each query's vote, found by asking for each class in turn."""
    classes = int(labels.max()) + 1
    won = [hits(images, labels, queries, np.full(len(queries), c), [k])[k] for c in range(classes)]
    assert np.array_equal(np.sum(won, axis=0), np.ones(len(queries)))
    return np.argmax(won, axis=0)


def vote(neighbours: list[int]) -> int:
    """The documented rule: most votes, and among the tied the class of the nearest image."""
    counts = Counter(neighbours)
    tied = {label for label, count in counts.items() if count == max(counts.values())}
    return next(label for label in neighbours if label in tied)


class TestNeighbours:
    def test_the_nearest_is_scikit_learns(self):
        (images, labels), (queries, _) = cloud(0, 80, 4), cloud(1, 60, 4)
        expected = KNeighborsClassifier(1).fit(images, labels).predict(queries)
        assert np.array_equal(predictions(images, labels, queries, 1), expected)

    @pytest.mark.parametrize("k", [1, 5, 10, 20])
    def test_are_those_of_faiss(self, k):
        (images, labels), (queries, _) = cloud(2, 90, 5), cloud(3, 70, 5)
        index = faiss.IndexFlatL2(images.shape[1])
        index.add(images.astype(np.float32))
        _, nearest = index.search(queries.astype(np.float32), k)
        expected = [vote(labels[row].tolist()) for row in nearest]
        assert predictions(images, labels, queries, k).tolist() == expected

    @pytest.mark.parametrize("k", [2, 3, 5, 10, 20])
    def test_vote_as_a_brute_force_vote_does(self, k):
        (images, labels), (queries, _) = cloud(4, 40, 4), cloud(5, 50, 4)
        distances = np.linalg.norm(queries[:, None] - images[None], axis=2)
        expected = [vote(labels[np.argsort(row)[:k]].tolist()) for row in distances]
        assert predictions(images, labels, queries, k).tolist() == expected

    @pytest.mark.parametrize("k", [5, 10])
    def test_agree_with_scikit_learn_where_no_vote_is_tied(self, k):
        (images, labels), (queries, _) = cloud(6, 120, 3), cloud(7, 80, 3)
        model = KNeighborsClassifier(k).fit(images, labels)
        shares = np.sort(model.predict_proba(queries), axis=1)
        clear = shares[:, -1] > shares[:, -2]
        assert clear.sum() > 40
        found = predictions(images, labels, queries, k)
        assert np.array_equal(found[clear], model.predict(queries)[clear])

    def test_a_tied_vote_goes_to_the_class_of_the_nearest_image(self):
        angles = np.array([0.3, 0.1, 0.2, 0.4])
        images = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        labels, query = np.array([0, 2, 1, 1]), np.array([[1.0, 0.0]])
        # Nearest first: 2, 1, 0, 1.
        assert [int(predictions(images, labels, query, k)[0]) for k in (1, 2, 3, 4)] == [2, 2, 2, 1]

    @pytest.mark.parametrize("k", [1, 5])
    def test_of_embeddings_that_are_not_unit_are_euclidean(self, k):
        rng = np.random.default_rng(14)
        (images, labels), (queries, _) = cloud(8, 60, 3), cloud(9, 50, 3)
        images, queries = (x * rng.uniform(0.3, 3, (len(x), 1)) for x in (images, queries))
        distances = np.linalg.norm(queries[:, None] - images[None], axis=2)
        expected = [vote(labels[np.argsort(row)[:k]].tolist()) for row in distances]
        by_cosine = [vote(labels[np.argsort(row)[:k]].tolist()) for row in -queries @ images.T]
        found = predictions(images, labels, queries, k).tolist()
        assert found == expected
        assert found != by_cosine

    @pytest.mark.parametrize("chunk", [1, 7, 21])
    def test_do_not_depend_on_how_many_are_counted_at_once(self, monkeypatch, chunk):
        (images, labels), (queries, asked) = cloud(8, 30, 3), cloud(9, 21, 3)
        whole = hits(images, labels, queries, asked, NEIGHBOURS)
        monkeypatch.setattr(nearest_neighbours, "VOTES_AT_ONCE", chunk)
        parts = hits(images, labels, queries, asked, NEIGHBOURS)
        for k in NEIGHBOURS:
            assert np.array_equal(parts[k], whole[k])

    @given(st.integers(0, 999))
    def test_do_not_depend_on_order_or_rotation(self, seed):
        (images, labels), (queries, asked) = cloud(seed, 25, 3), cloud(seed + 1, 10, 3)
        found = hits(images, labels, queries, asked, NEIGHBOURS)
        order = np.random.default_rng(seed).permutation(25)
        turn = rotation(seed, 6)
        reordered = hits(images[order], labels[order], queries, asked, NEIGHBOURS)
        turned = hits(images @ turn, labels, queries @ turn, asked, NEIGHBOURS)
        for k in NEIGHBOURS:
            assert np.array_equal(reordered[k], found[k])
            assert np.array_equal(turned[k], found[k])


class TestLeavingOut:
    @pytest.mark.parametrize("k", [1, 5])
    def test_no_image_votes_for_itself(self, k):
        images, labels = cloud(10, 30, 3)
        expected = []
        for number in range(30):
            rest = np.arange(30) != number
            distances = np.linalg.norm(images[rest] - images[number], axis=1)
            expected.append(vote(labels[rest][np.argsort(distances)[:k]].tolist()))
        found = hits(images, labels, images, labels, [k], same=True)[k]
        assert found.tolist() == (np.array(expected) == labels).tolist()
        assert not found.all()
        assert hits(images, labels, images, labels, [1])[1].all()

    def test_a_copy_of_an_image_still_votes(self):
        images, labels = cloud(11, 10, 2)
        twice = np.tile(images, (2, 1))
        assert hits(twice, np.tile(labels, 2), twice, np.tile(labels, 2), [1], same=True)[1].all()


class TestEnoughImages:
    """With fewer, a perfectly separated class would be outvoted by whatever fills the k places."""

    @staticmethod
    def corners(n: int, classes: int, d: int = 8) -> tuple[np.ndarray, np.ndarray]:
        """Classes of n images each, close together and far from the others."""
        labels = np.repeat(np.arange(classes), n)
        return unit(np.eye(classes, d)[labels] + 0.01 * directions(15, len(labels), d)), labels

    @pytest.mark.parametrize("classes", [2, 3, 7])
    def test_gives_separated_classes_an_accuracy_of_one_and_nothing_below(self, classes):
        for k in NEIGHBOURS:
            images, labels = self.corners(least_images(k, classes), classes)
            assert knn_accuracy(images, labels, images, labels, k) == 1
            images, labels = self.corners(least_images(k, classes) - 1, classes)
            if len(images):
                with pytest.raises(InputError, match=f"k: with {k} votes a class needs"):
                    knn_accuracy(images, labels, images, labels, k)

    def test_of_one_class_must_be_k(self):
        images = directions(16, 5, 3)
        assert knn_accuracy(images, ["owl"] * 5, images, ["owl"] * 5, k=5) == 1
        with pytest.raises(InputError, match="k: with 6 votes a class needs 6 images to win, but "):
            knn_accuracy(images, ["owl"] * 5, images, ["owl"] * 5, k=6)

    def test_k_near_the_number_of_images_is_refused_in_words(self):
        images, labels = directions(17, 12, 3), np.arange(12) % 2
        said = "k: with 50 votes a class needs 26 images to win, but 0 has 6; take more images or"
        with pytest.raises(InputError, match=said):
            knn_accuracy(images, labels, images, labels, k=50)
        with pytest.raises(InputError, match="k: 0 neighbours cannot vote; take at least 1"):
            knn_accuracy(images, labels, images, labels, k=0)
        # The class that lacks some is named.
        names = np.where(np.arange(12) < 10, "crane", "owl")
        with pytest.raises(InputError, match="needs 3 images to win, but owl has 2"):
            knn_accuracy(images, names, images, names, k=5)

    @pytest.mark.parametrize("classes", [1, 2, 4])
    @pytest.mark.parametrize("same", [False, True])
    @pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 7, 10, 11, 12, 21])
    def test_of_a_source_leaves_a_column_empty_where_they_lack(self, n, same, classes):
        images, labels = self.corners(n, classes)
        sample = SourceSample(
            tuple(map(str, range(classes))),
            images,
            labels,
            images,
            labels,
            same,
            None,
            np.zeros(0, int),
            draws=100,
        )
        found = of_source(sample)
        # natural-val's own image does not vote.
        assert list(found) == [
            column(k) for k in NEIGHBOURS if n - same >= (k if classes == 1 else k // 2 + 1)
        ]
        assert all(share.overall.value == 1 for share in found.values())


class TestOfSource:
    def test_gives_a_column_for_each_k_and_the_headline_has_no_number(self):
        (images, labels), (queries, asked) = cloud(12, 60, 3), cloud(13, 45, 3)
        nothing = np.zeros(0, dtype=int)
        sample = SourceSample(
            ("a", "b", "c"), images, labels, queries, asked, False, None, nothing, draws=200
        )
        found = of_source(sample)
        assert list(found) == list(COLUMNS)
        assert column(HEADLINE) == "knn_accuracy"
        assert column(1) == "knn_accuracy_1"
        by_k = hits(images, labels, queries, asked, NEIGHBOURS)
        for k in NEIGHBOURS:
            expected = [by_k[k][asked == c].mean() for c in range(3)]
            share = found[column(k)]
            assert share.per_class == pytest.approx(np.array(expected))
            assert share.overall.value == pytest.approx(np.mean(expected))
            assert share.overall_interval.low <= share.overall.value <= share.overall_interval.high
