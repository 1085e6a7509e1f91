"""Vote of the five nearest images."""

import numpy as np
from jaxtyping import Float

from synthgap.embedding_classifiers.training_set import Classifier, Fitted, TrainingSet
from synthgap.measures.nearest_neighbours import HEADLINE
from synthgap.measures.numerics.neighbour_search import nearest


def fit(training: TrainingSet) -> Fitted:
    """Keep all images; the score is the number of the class's images among the five nearest.

    A tied vote goes to the class among the tied that has the nearest image, as in
    `synthgap.measures.nearest_neighbours`. Whether a class has enough images to win is the caller's
    to ask; see `least_images` there.

    Source: T. Cover, P. Hart, IEEE Transactions on Information Theory 13 (1967).
    """
    k = min(HEADLINE, len(training.images))
    classes = len(training.counts)

    def scores(queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q classes"]:
        voters = training.labels[nearest(queries, training.images, k).indices]
        votes = np.zeros((len(queries), classes))
        rows = np.arange(len(queries))
        # Together less than one vote, so that nearness settles ties alone.
        for place in range(k):
            votes[rows, voters[:, place]] += 1 + 2.0 ** -(place + 2)
        return votes

    return Fitted(scores)


CLASSIFIER = Classifier("knn", "5-NN", "vote of the five nearest images", fit)
