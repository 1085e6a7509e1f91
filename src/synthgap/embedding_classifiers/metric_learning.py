"""Nearest class mean under a learned metric: a linear projection trained to tell classes apart."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from synthgap.embedding_classifiers.training_set import (
    Classifier,
    Fitted,
    Scores,
    TrainingSet,
    log_loss,
    log_sum_exp,
    squared_distances,
    variance_floor,
)
from synthgap.measures.nearest_centroid import centroids

DIMENSIONS = 128
"""Of the projected space, at most."""

ITERATIONS = 50
"""Of the optimiser, at most."""

BLOCK = 4096
"""Images whose gradient is computed at once."""

Projection = Float[np.ndarray, "k d"]


def fit(training: TrainingSet) -> Fitted:
    """Learn a projection W; the score is -‖W(q - m)‖²/2 for a class with mean m.

    W minimises the mean negative logarithm of the softmax of these scores over the training
    images, from principal axes of these, by L-BFGS. It is stopped
    early: at the iteration with the lowest log loss on held-out folds of the training images.

    Source: T. Mensink, J. Verbeek, F. Perronnin, G. Csurka, IEEE Transactions on Pattern Analysis
    and Machine Intelligence 35 (2013): nearest class mean metric learning, which also stops early.
    The start and the optimiser are ours.
    """
    folds = [_held_out_losses(kept, out) for kept, out in training.folds()]
    iterations = int(np.mean(folds, axis=0).argmin()) if folds else 0
    learned = _learn(training, iterations)
    return Fitted(_scores(training, learned), f"{iterations} iterations, {len(learned)} dimensions")


def _held_out_losses(
    training: TrainingSet, held_out: TrainingSet
) -> Float[np.ndarray, "iterations"]:
    """Log loss on what is held out, before the first iteration and after each."""
    losses: list[float] = []

    def note(projection: Projection) -> None:
        scores = _scores(training, projection)(held_out.images)
        losses.append(log_loss(scores, held_out.labels))

    _learn(training, ITERATIONS, note)
    return np.pad(losses, (0, ITERATIONS + 1 - len(losses)), mode="edge")


def _learn(
    training: TrainingSet, iterations: int, note: Callable[[Projection], None] = lambda _: None
) -> Projection:
    """Run the optimiser; `note` is told the projection before it and after each iteration."""
    from scipy.optimize import minimize

    start = _start(training)
    note(start)
    if iterations == 0:
        return start
    means = centroids(training.images, training.labels, len(training.counts))

    def objective(flat: Float[np.ndarray, "kd"]) -> tuple[float, Float[np.ndarray, "kd"]]:
        loss, gradient = loss_and_gradient(flat.reshape(start.shape), training, means)
        return loss, gradient.ravel()

    found = minimize(
        objective,
        start.ravel(),
        jac=True,
        method="L-BFGS-B",
        callback=lambda flat: note(flat.reshape(start.shape)),
        options={"maxiter": iterations, "maxfun": 10 * iterations},
    )
    learned: Projection = found.x.reshape(start.shape)
    return learned


def loss_and_gradient(
    projection: Projection, training: TrainingSet, means: Float[np.ndarray, "classes d"]
) -> tuple[float, Projection]:
    """Mean negative log-probability of the right class, and its gradient by the projection."""
    n = len(training.images)
    places = means @ projection.T
    loss, gradient = 0.0, np.zeros_like(projection)
    pull = np.zeros(len(means))
    for begin in range(0, n, BLOCK):
        images, labels = training.images[begin : begin + BLOCK], training.labels[begin:][:BLOCK]
        projected = images @ projection.T
        scores = -0.5 * squared_distances(projected, places)
        logs = log_sum_exp(scores, np.zeros(1, dtype=int))
        rows = np.arange(len(images))
        loss += float(np.sum(logs[:, 0] - scores[rows, labels]))
        # How much less of its image each class should have; each row sums to zero.
        excess = -np.exp(scores - logs)
        excess[rows, labels] += 1
        gradient -= projected.T @ excess @ means + (excess @ places).T @ images
        pull += excess.sum(axis=0)
    gradient += (places * pull[:, None]).T @ means
    return loss / n, gradient / n


def _start(training: TrainingSet) -> Projection:
    """Principal axes, scaled so that the images' mean squared distance from their mean is one.

    Under it no class is nearly certain anywhere: where scores start large, the classes of a source
    of little diversity are told apart already, and nothing is learnt.
    """
    d = training.images.shape[1]
    centred = training.images - training.images.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    first = axes[:, ::-1][:, : min(d, DIMENSIONS)].T
    start: Projection = first / np.sqrt(d * (centred.var() + variance_floor(training)))
    return start


def _scores(training: TrainingSet, projection: Projection) -> Scores:
    places = centroids(training.images, training.labels, len(training.counts)) @ projection.T
    return lambda queries: -0.5 * squared_distances(queries @ projection.T, places)


CLASSIFIER = Classifier(
    "metric_learning",
    "learned metric",
    "nearest class mean after a learned linear projection",
    fit,
)
