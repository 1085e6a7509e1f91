"""What a classifier on embeddings is trained on, and what training gives."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from synthgap import seeds

FOLDS = 3
"""Parts of the training images, each held out once to choose a hyperparameter."""

Scores = Callable[[Float[np.ndarray, "q d"]], Float[np.ndarray, "q classes"]]


class TrainingSet(NamedTuple):
    """Embeddings of one source, class by class.

    The images of a class stand in an order of their own (`training_set`), so that what is drawn
    from random numbers does not depend on the order in which they came.
    """

    images: Float[np.ndarray, "n d"]
    labels: Int[np.ndarray, "n"]
    """Class numbers, sorted; 0 to c - 1, each present."""

    @property
    def counts(self) -> Int[np.ndarray, "classes"]:
        """Images of each class."""
        return np.bincount(self.labels)

    @property
    def starts(self) -> Int[np.ndarray, "classes"]:
        """Row of each class's first image."""
        return starts_of(self.counts)

    def by_class(self) -> list[Float[np.ndarray, "n d"]]:
        """The images of each class."""
        return np.split(self.images, self.starts[1:])

    def folds(self) -> Iterator[tuple["TrainingSet", "TrainingSet"]]:
        """Yield what is left and what is held out, for each fold; none if nothing can be held out.

        Each class is spread evenly over the folds. A class of one image is never held out.
        """
        fold = np.concatenate(
            [
                seeds.generator("folds", label).permutation(count) % FOLDS
                if count > 1
                else np.full(1, FOLDS)
                for label, count in enumerate(self.counts)
            ]
        )
        for number in range(FOLDS):
            if np.any(fold == number):
                yield self._rows(fold != number), self._rows(fold == number)

    def _rows(self, chosen: Bool[np.ndarray, "n"]) -> "TrainingSet":
        return TrainingSet(self.images[chosen], self.labels[chosen])


class Fitted(NamedTuple):
    """A trained classifier."""

    scores: Scores
    """Gives each class a score for each query; the highest wins, among equals the first class."""
    chosen: str = ""
    """What a rule chose from the training images, in words."""


class Classifier(NamedTuple):
    """A way to classify embeddings."""

    name: str
    words: str
    """Its name for people."""
    description: str
    fit: Callable[[TrainingSet], Fitted]


def training_set(images: Float[np.ndarray, "n d"], labels: Int[np.ndarray, "n"]) -> TrainingSet:
    """Sort images by class, and within a class by the bytes of their numbers.

    Args:
        images: n embeddings of d dimensions.
        labels: their class numbers, 0 to c - 1, each present.

    >>> training_set(np.array([[2.0], [3.0], [1.0]]), np.array([1, 0, 1])).by_class()[0]
    array([[3.]])
    """
    # Adding zero makes -0.0 and 0.0 the same bytes, by which rows are compared.
    exact = np.ascontiguousarray(images.astype(np.float64) + 0.0)
    rows = exact.view(np.dtype((np.void, exact.shape[1] * exact.itemsize))).ravel()
    by_image = np.argsort(rows, kind="stable")
    order = by_image[np.argsort(labels[by_image], kind="stable")]
    return TrainingSet(exact[order], labels[order])


def distinct(images: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "m d"]:
    """One of each group of coinciding images; in a class of a training set they are neighbours.

    >>> distinct(np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 3.0]]))
    array([[1., 2.],
           [1., 3.]])
    """
    first = np.any(np.diff(images, axis=0) != 0, axis=1)
    found: Float[np.ndarray, "m d"] = images[np.concatenate([[True], first])]
    return found


def variance_floor(training: TrainingSet) -> float:
    """Least variance of one dimension of a class, so that coinciding images keep a density.

    A billionth of the mean variance of all images' dimensions, as in scikit-learn's `GaussianNB`;
    one where all images coincide.
    """
    return 1e-9 * float(training.images.var(axis=0).mean()) or 1.0


def starts_of(counts: ArrayLike) -> Int[np.ndarray, "groups"]:
    """Where each group starts, of groups of these sizes that lie one after another.

    >>> starts_of([2, 1, 3])
    array([0, 2, 3])
    """
    starts: Int[np.ndarray, "groups"] = np.cumsum(counts) - np.asarray(counts)
    return starts


def squared_distances(
    queries: Float[np.ndarray, "q d"], points: Float[np.ndarray, "m d"]
) -> Float[np.ndarray, "q m"]:
    """Squared Euclidean distance of every query to every point."""
    found: Float[np.ndarray, "q m"] = -2 * queries @ points.T
    found += np.sum(queries**2, axis=1)[:, None]
    found += np.sum(points**2, axis=1)
    np.maximum(found, 0, out=found)
    return found


def log_sum_exp(
    values: Float[np.ndarray, "q m"], starts: Int[np.ndarray, "classes"]
) -> Float[np.ndarray, "q classes"]:
    """Logarithm of the sum of the exponentials of each class's columns, which lie side by side."""
    greatest = np.maximum.reduceat(values, starts, axis=1)
    widths = np.diff([*starts, values.shape[1]])
    rest = np.exp(values - np.repeat(greatest, widths, axis=1))
    sums: Float[np.ndarray, "q classes"] = greatest + np.log(np.add.reduceat(rest, starts, axis=1))
    return sums


def log_loss(scores: Float[np.ndarray, "q classes"], labels: Int[np.ndarray, "q"]) -> float:
    """Mean negative logarithm of the softmax of the right class."""
    right = scores[np.arange(len(scores)), labels]
    return float(np.mean(log_sum_exp(scores, np.zeros(1, dtype=int))[:, 0] - right))
