"""Kernel density: the mean of Gaussians around the images of a class."""

import numpy as np
from jaxtyping import Float

from synthgap.embedding_classifiers.training_set import (
    Classifier,
    Fitted,
    TrainingSet,
    log_sum_exp,
    squared_distances,
    variance_floor,
)

BANDWIDTHS = np.geomspace(0.01, 10, 61)
"""To choose from, in units of the spread of a class along one dimension; 12 % apart."""


def fit(training: TrainingSet) -> Fitted:
    """Put a Gaussian around every image; the score is the log-density of the class.

    All share one bandwidth, the one with the greatest leave-one-out likelihood of the training
    images in their own classes. Classes are taken as equally frequent.

    Source: E. Parzen, Annals of Mathematical Statistics 33 (1962); R. P. W. Duin, IEEE Transactions
    on Computers 25 (1976), for the bandwidth.
    """
    d, starts = training.images.shape[1], training.starts
    bandwidth = best_bandwidth(training)

    def scores(queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q classes"]:
        kernels = squared_distances(queries, training.images)
        kernels /= -2 * bandwidth**2
        normaliser = np.log(training.counts) + d / 2 * np.log(2 * np.pi * bandwidth**2)
        logs = log_sum_exp(kernels, starts)
        logs -= normaliser
        return logs

    return Fitted(scores, f"bandwidth {bandwidth:.3g}")


def best_bandwidth(training: TrainingSet) -> float:
    """Choose the bandwidth by the leave-one-out likelihood within classes.

    Classes of one image say nothing; if all are such, no bandwidth is better than another.
    """
    d, floor = training.images.shape[1], variance_floor(training)
    classes = [images for images in training.by_class() if len(images) > 1]
    if not classes:
        return float(np.sqrt(floor))
    rest = sum(float(np.sum((images - images.mean(axis=0)) ** 2)) for images in classes)
    scale = np.sqrt(rest / (d * sum(len(images) - 1 for images in classes)) + floor)
    likelihoods = np.zeros(len(BANDWIDTHS))
    whole = np.zeros(1, dtype=int)
    for images in classes:
        n = len(images)
        # Each row lacks the distance of the image to itself.
        others = squared_distances(images, images)[~np.eye(n, dtype=bool)].reshape(n, n - 1)
        for number, bandwidth in enumerate(BANDWIDTHS * scale):
            logs = log_sum_exp(others / (-2 * bandwidth**2), whole) - np.log(n - 1)
            likelihoods[number] += np.sum(logs - d / 2 * np.log(2 * np.pi * bandwidth**2))
    return float(BANDWIDTHS[likelihoods.argmax()] * scale)


CLASSIFIER = Classifier(
    "kernel_density",
    "kernel density",
    "Gaussian kernels, their bandwidth by leave-one-out likelihood",
    fit,
)
