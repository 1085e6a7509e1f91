"""Linear separability: can a hyperplane tell the embeddings of prompts from those of images?"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from synthgap import seeds
from synthgap.errors import InputError
from synthgap.measures import checks
from synthgap.measures.estimates import Estimate, bootstrap_counts
from synthgap.measures.samples import SourceSample

COLUMNS = {
    "linear_separability": "balanced accuracy of a logistic regression that tells prompts from "
    "images, on classes held out",
    "linear_separability_perceptron": "the same of a perceptron",
    "separability_margin": "smallest signed distance of a held-out embedding from the logistic "
    "regression's hyperplane; negative if one lies on the wrong side",
    "modality_gap": "distance between the mean image and the mean prompt",
}

FOLDS = 5
"""Parts of the classes; each is held out once."""

IMAGES_PER_CLASS = 20
"""More images of a class say little more about the hyperplane and cost time."""


class HeldOut(NamedTuple):
    """What linear classifiers made of the classes that they had not seen."""

    logistic: Float[np.ndarray, "classes"]
    """Balanced accuracy of each class: the mean of its prompts' and its images' accuracy."""
    perceptron: Float[np.ndarray, "classes"]
    margin: Float[np.ndarray, "classes"]
    """Smallest signed distance from the hyperplane of each class."""


def linear_separability(
    images: ArrayLike, labels: ArrayLike, prompts: ArrayLike, prompt_labels: ArrayLike
) -> HeldOut:
    """Train linear classifiers to tell prompts from images and test them on held-out classes.

    Args:
        images: n unit embeddings of images, of d dimensions.
        labels: their n classes, as numbers or names, in any order; two or more of them.
        prompts: p unit embeddings of prompts, of d dimensions.
        prompt_labels: their p classes, the same as those of the images.

    Returns:
        A number a class, in the order of the sorted labels.

    Raises:
        InputError: embeddings that are not finite, or of different dimensions; labels that are not
            as many; one class alone, or one that has images or prompts alone.

    Source: Marwood, Baluja, Alon, arXiv 2311.00056 (linear separability of CLIP's text and image
    embeddings); held-out classes, balance and margin are ours. Modality gap: Liang et al.,
    NeurIPS 2022.
    """
    from sklearn.linear_model import LogisticRegression, Perceptron

    known, texts = checks.pair(images, prompts, what_else="prompts")
    numbers, asked, classes = checks.numbered(
        checks.labels(labels, known), checks.labels(prompt_labels, texts, "prompt_labels")
    )
    if classes < 2 or set(asked) != set(numbers):
        raise InputError(
            "labels: two or more classes are needed, each with images and with prompts, to hold "
            "some of them out"
        )
    points = np.concatenate([known, texts])
    is_image = np.arange(len(points)) < len(known)
    groups = np.concatenate([numbers, asked])
    found = HeldOut(*(np.zeros(classes) for _ in HeldOut._fields))
    order = seeds.generator("held-out classes", classes).permutation(classes)
    for held_out in np.array_split(order, min(FOLDS, classes)):
        test = np.isin(groups, held_out)
        x, y = points[~test], is_image[~test]
        # Hardly regularised: the question is whether a hyperplane exists.
        logistic = LogisticRegression(C=1e4, class_weight="balanced", max_iter=2000, tol=1e-8).fit(
            x, y
        )
        perceptron = Perceptron(class_weight="balanced", random_state=0).fit(x, y)
        right = logistic.predict(points) == is_image
        right_of_perceptron = perceptron.predict(points) == is_image
        length = np.linalg.norm(logistic.coef_)
        # Where all points coincide there is no hyperplane, and nothing lies off it.
        side = logistic.decision_function(points) / length if length > 0 else np.zeros(len(points))
        for label in held_out:
            of_class = groups == label
            found.logistic[label] = _balanced(right, of_class, is_image)
            found.perceptron[label] = _balanced(right_of_perceptron, of_class, is_image)
            found.margin[label] = np.min(np.where(is_image, side, -side)[of_class])
    return found


def _balanced(
    right: Bool[np.ndarray, "m"], of_class: Bool[np.ndarray, "m"], is_image: Bool[np.ndarray, "m"]
) -> float:
    return float((right[of_class & is_image].mean() + right[of_class & ~is_image].mean()) / 2)


def of_source(sample: SourceSample) -> dict[str, Estimate]:
    """Separability of a variant's prompts and images; nothing for a source without prompts.

    The intervals come from resampling the classes, as the classes are what is held out.
    """
    classes = len(sample.class_ids)
    if sample.prompts is None or classes < 2:
        return {}
    few = np.concatenate(
        [np.flatnonzero(sample.labels == label)[:IMAGES_PER_CLASS] for label in range(classes)]
    )
    images, labels = sample.images[few], sample.labels[few]
    found = linear_separability(images, labels, sample.prompts, sample.prompt_labels)
    weights = bootstrap_counts(
        seeds.generator("bootstrap over classes", classes), classes, sample.draws
    )
    gaps = _class_means(images, labels) - _class_means(sample.prompts, sample.prompt_labels)
    accuracies = {
        "linear_separability": found.logistic,
        "linear_separability_perceptron": found.perceptron,
    }
    margins = np.where(weights > 0, found.margin, np.inf).min(axis=1)
    return {
        **{
            name: Estimate(float(values.mean()), weights @ values / classes)
            for name, values in accuracies.items()
        },
        "separability_margin": Estimate(float(found.margin.min()), margins),
        "modality_gap": Estimate(
            float(np.linalg.norm(gaps.mean(axis=0))),
            np.linalg.norm(weights @ gaps / classes, axis=1),
        ),
    }


def _class_means(
    points: Float[np.ndarray, "n d"], labels: Int[np.ndarray, "n"]
) -> Float[np.ndarray, "classes d"]:
    return np.stack([points[labels == label].mean(axis=0) for label in np.unique(labels)])
