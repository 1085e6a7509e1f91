"""A mixture of Gaussians with diagonal covariances for each class."""

from collections import Counter
from typing import Any

import numpy as np
from jaxtyping import Float

from synthgap import seeds
from synthgap.embedding_classifiers.training_set import (
    Classifier,
    Fitted,
    TrainingSet,
    distinct,
    log_sum_exp,
    starts_of,
    variance_floor,
)

COMPONENTS = (1, 2, 3, 4)
"""Numbers of components to choose from."""

REGULARISATION = 0.1
"""Share of a class's mean variance that is added to the variances of each component. Without it a
component may collapse onto a few images, and does where there are more dimensions than images."""


def fit(training: TrainingSet) -> Fitted:
    """Fit a mixture to each class by expectation maximisation; the score is the log-density.

    The number of components is the one with the lowest Bayesian information criterion (BIC),
    class by class. Diagonal covariances make it depend on the axes of the embeddings.

    Source: C. Fraley, A. E. Raftery, Journal of the American Statistical Association 97 (2002).
    How much is added to the variances is ours.
    """
    from threadpoolctl import threadpool_limits

    floor = variance_floor(training)
    # A class is too small for threads to gain anything.
    with threadpool_limits(1):
        mixtures = [
            best_mixture(images, label, floor) for label, images in enumerate(training.by_class())
        ]
    centre = training.images.mean(axis=0)
    means = np.concatenate([mixture.means_ for mixture in mixtures]) - centre
    precisions = np.concatenate([1 / mixture.covariances_ for mixture in mixtures])
    weights = np.concatenate([mixture.weights_ for mixture in mixtures])
    with np.errstate(divide="ignore"):
        offsets = np.log(weights) - 0.5 * (
            np.sum(means**2 * precisions - np.log(precisions), axis=1)
            + means.shape[1] * np.log(2 * np.pi)
        )
    counts = [len(mixture.weights_) for mixture in mixtures]
    starts = starts_of(counts)

    def scores(queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q classes"]:
        centred = queries - centre
        logs = centred @ (means * precisions).T - 0.5 * centred**2 @ precisions.T + offsets
        return log_sum_exp(logs, starts)

    found = Counter(counts)
    chosen = ", ".join(f"{k} in {found[k]}" for k in COMPONENTS if k in found)
    return Fitted(scores, f"components by class: {chosen}")


def best_mixture(images: Float[np.ndarray, "n d"], label: int, floor: float) -> Any:
    """Fit scikit-learn's mixtures to one class and take the one with the lowest BIC.

    Args:
        images: n points of d dimensions; coinciding ones side by side.
        label: the class's number, which decides the random numbers.
        floor: what is added to every variance besides.
    """
    from sklearn.mixture import GaussianMixture

    most = len(distinct(images))
    mixtures = [
        GaussianMixture(
            k,
            covariance_type="diag",
            reg_covar=REGULARISATION * float(images.var(axis=0).mean()) + floor,
            random_state=int(seeds.generator("mixture", label, k).integers(2**31)),
            max_iter=200,
        ).fit(images if len(images) > 1 else np.repeat(images, 2, axis=0))
        for k in COMPONENTS
        if k <= most
    ]
    return min(mixtures, key=lambda mixture: mixture.bic(images))


CLASSIFIER = Classifier(
    "gaussian_mixture",
    "Gaussian mixture",
    "one to four Gaussians a class with diagonal covariances, as many as BIC says",
    fit,
)
