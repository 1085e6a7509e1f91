"""Multinomial logistic regression."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from synthgap.embedding_classifiers.training_set import (
    Classifier,
    Fitted,
    Scores,
    TrainingSet,
    log_loss,
)

STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Inverse regularisation (scikit-learn's C) to choose from."""

TOLERANCE = 1e-5
"""Greatest component of the gradient of the mean loss at the solution."""

ITERATIONS = 1000
"""At most; the solver stops earlier when it has converged."""


def fit(training: TrainingSet) -> Fitted:
    """Fit multinomial logistic regression; the score is the logit.

    Embeddings are centred and divided by one number, the root mean square of all their
    components, so that the regularisation means the same for every encoder. It is the one with
    the lowest log loss on held-out folds of the training images, the strongest among equals.

    Source: D. R. Cox, Journal of the Royal Statistical Society B 20 (1958).
    """
    centre = training.images.mean(axis=0)
    scale = float(np.sqrt(np.mean((training.images - centre) ** 2))) or 1.0
    scaled = training._replace(images=(training.images - centre) / scale)
    losses = np.zeros(len(STRENGTHS))
    for kept, out in scaled.folds():
        path = _path(kept, STRENGTHS)
        losses += [log_loss(scores(out.images), out.labels) * len(out.labels) for scores in path]
    strength = STRENGTHS[int(losses.argmin())]
    (final,) = _path(scaled, [strength])
    return Fitted(lambda queries: final((queries - centre) / scale), f"C {strength:g}")


def _path(training: TrainingSet, strengths: Sequence[float]) -> list[Scores]:
    """Fit at each strength, starting from the solution before."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(tol=TOLERANCE, max_iter=ITERATIONS, warm_start=True)
    return [
        _linear(model.set_params(C=strength).fit(training.images, training.labels))
        for strength in strengths
    ]


def _linear(model: Any) -> Scores:
    weights, offsets = model.coef_.copy(), model.intercept_.copy()
    if len(weights) == 1:
        # Of two classes scikit-learn has the second one's logit against the first.
        weights, offsets = np.stack([0 * weights[0], weights[0]]), np.array([0.0, offsets[0]])

    def scores(queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q classes"]:
        found: Float[np.ndarray, "q classes"] = queries @ weights.T + offsets
        return found

    return scores


CLASSIFIER = Classifier(
    "logistic_regression",
    "logistic regression",
    "multinomial logistic regression, its regularisation by cross-validation",
    fit,
)
