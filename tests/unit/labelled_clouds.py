"""Labelled points for tests of classifiers, drawn from distributions that are known."""

import numpy as np

from synthgap.embedding_classifiers.registry import CLASSIFIERS, predict, train


def gaussians(
    seed: int, means: np.ndarray, covariances: np.ndarray, per_class: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw from one Gaussian a class; of one covariance, or of one for each."""
    rng = np.random.default_rng(seed)
    roots = np.linalg.cholesky(np.broadcast_to(covariances, (len(means), *covariances.shape[-2:])))
    points = [
        mean + rng.normal(size=(per_class, len(mean))) @ root.T
        for mean, root in zip(means, roots, strict=True)
    ]
    return np.concatenate(points), np.repeat(np.arange(len(means)), per_class)


def overlapping(
    seed: int, per_class: int = 30, classes: int = 4, d: int = 6
) -> tuple[np.ndarray, np.ndarray]:
    """Classes of different shapes that overlap; the distributions are always the same."""
    rng = np.random.default_rng(99)
    shapes = rng.normal(size=(classes, d, d)) / np.sqrt(d)
    return gaussians(
        seed,
        0.8 * rng.normal(size=(classes, d)),
        shapes @ shapes.transpose(0, 2, 1) + 0.2 * np.eye(d),
        per_class,
    )


def classified(
    name: str, images: np.ndarray, labels: np.ndarray, queries: np.ndarray
) -> np.ndarray:
    """What `classify` says of unit embeddings, of points of any length."""
    classes, numbers = np.unique(labels, return_inverse=True)
    fitted = train(CLASSIFIERS[name], images, numbers)
    found: np.ndarray = classes[predict(fitted.scores, queries, len(images))]
    return found
