"""Linear separability: can a hyperplane tell the embeddings of prompts from those of images?

What is left of it when the gap between the two means is removed, and whether a hyperplane fits the
sample alone (`in_sample`).
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from synthgap import seeds
from synthgap.errors import InputError
from synthgap.measures import in_sample
from synthgap.measures.intervals.estimates import Estimate, Single, bootstrap_counts
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks

COLUMNS = {
    "linear_separability": Column(
        "linear separability",
        "balanced accuracy of a logistic regression that tells prompts from "
        "images, on classes held out",
        Family.PROMPTS,
    ),
    "linear_separability_perceptron": Column(
        "linear separability perceptron",
        "the same of a perceptron",
        Family.PROMPTS,
    ),
    "separability_margin": Column(
        "separability margin",
        "smallest signed distance of a held-out embedding from the logistic "
        "regression's hyperplane; negative if one lies on the wrong side",
        Family.PROMPTS,
    ),
    "modality_gap": Column(
        "modality gap",
        "distance between the mean image and the mean prompt",
        Family.PROMPTS,
    ),
    "separability_without_gap": Column(
        "separability without gap",
        "balanced accuracy of a support vector machine (RBF kernel) that "
        "tells prompts from images, on classes held out, after the images were moved by the gap "
        "between the means; 0.5 where the gap was all",
        Family.PROMPTS,
    ),
    **in_sample.COLUMNS,
}

FOLDS = 5
"""Parts of the classes; each is held out once."""

IMAGES_PER_CLASS = 20
"""More images of a class say little more about the hyperplane and cost time."""


MOST_POINTS = 2000
"""Images, and prompts, that the support vector machine is trained on at most: its time grows with
the square of their number."""


class HeldOut(NamedTuple):
    """What classifiers made of the classes that they had not seen; the classes are sorted."""

    logistic: Float[np.ndarray, "classes"]
    """Balanced accuracy of each class: the mean of its prompts' and its images' accuracy."""
    perceptron: Float[np.ndarray, "classes"]
    margin: Float[np.ndarray, "classes"]
    """Smallest signed distance from the hyperplane of each class."""
    without_gap: Float[np.ndarray, "classes"]
    """Balanced accuracy of a support vector machine after the gap was removed."""


def linear_separability(
    images: ArrayLike, labels: ArrayLike, prompts: ArrayLike, prompt_labels: ArrayLike
) -> HeldOut:
    """Train classifiers to tell prompts from images and test them on held-out classes.

    Two are linear. The third asks what is left once the modality gap is removed: the gap between
    the mean image and the mean prompt of the training classes is taken from all images, and a
    support vector machine tells the two apart. It is not linear, since the two training means are
    now equal and a hyperplane has next to nothing to go by; only shapes can still differ.

    Args:
        images: n unit embeddings of images, of d dimensions.
        labels: their n classes, as numbers or names, in any order; two or more of them.
        prompts: p unit embeddings of prompts, of d dimensions.
        prompt_labels: their p classes, the same as those of the images.

    Returns:
        A number a class, in the order of the sorted labels.

    Raises:
        InputError: embeddings that are not unit, or of different dimensions; labels that are not as
            many, or of different kinds; one class alone, or one that has images or prompts alone.

    Source: Marwood, Baluja, Alon, arXiv 2311.00056 (linear separability of CLIP's text and image
    embeddings); held-out classes, balance, margin and the test without the gap are ours. Modality
    gap: V. W. Liang et al., Mind the Gap, NeurIPS 2022.

    >>> images, names = [[0.6, 0.8], [0.8, 0.6], [0.0, 1.0]], ["crane", "heron", "owl"]
    >>> linear_separability(images, names, np.negative(images), names).logistic.tolist()
    [1.0, 1.0, 1.0]
    """
    known, texts = checks.pair(images, prompts, what_else="prompts")
    numbers, asked, classes = checks.numbered(
        checks.labels(labels, known),
        checks.labels(prompt_labels, texts, "prompt_labels"),
        what_else="prompt_labels",
    )
    if classes < 2:
        raise InputError("labels: one class; classes are held out, so there must be two")
    if set(asked) != set(numbers):
        raise InputError("labels: images and prompts differ in their classes; give both all")
    return of_points(known, numbers, texts, asked)


def of_points(
    images: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, "n"],
    prompts: Float[np.ndarray, "p d"],
    prompt_labels: Int[np.ndarray, "p"],
) -> HeldOut:
    """The same of points of any length; labels are 0 to c - 1, each present in both."""
    from sklearn.linear_model import LogisticRegression, Perceptron

    classes = int(labels.max()) + 1
    points = np.concatenate([images, prompts]).astype(np.float64)
    is_image = np.arange(len(points)) < len(images)
    groups = np.concatenate([labels, prompt_labels])
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
        right_without_gap = _right_without_gap(points, is_image, test)
        for label in held_out:
            of_class = groups == label
            found.logistic[label] = _balanced(right, of_class, is_image)
            found.perceptron[label] = _balanced(right_of_perceptron, of_class, is_image)
            found.margin[label] = np.min(np.where(is_image, side, -side)[of_class])
            found.without_gap[label] = _balanced(right_without_gap, of_class, is_image)
    return found


def _right_without_gap(
    points: Float[np.ndarray, "m d"], is_image: Bool[np.ndarray, "m"], test: Bool[np.ndarray, "m"]
) -> Bool[np.ndarray, "m"]:
    """Say of each point under test whether it is told right when the gap is removed."""
    from sklearn.metrics.pairwise import rbf_kernel
    from sklearn.svm import SVC

    gap = points[is_image & ~test].mean(axis=0) - points[~is_image & ~test].mean(axis=0)
    moved = points - np.where(is_image[:, None], gap, 0)
    train = np.concatenate([_spread_out(is_image & ~test), _spread_out(~is_image & ~test)])
    x, y = moved[train], is_image[train]
    # scikit-learn's gamma="scale"; as a function, the kernel is a matrix product and many times
    # as fast as the one that libsvm computes pair by pair.
    gamma = 1 / max(x.shape[1] * x.var(), np.finfo(float).tiny)
    machine = SVC(kernel=partial(rbf_kernel, gamma=gamma), class_weight="balanced").fit(x, y)
    right = np.zeros(len(points), dtype=bool)
    right[test] = machine.predict(moved[test]) == is_image[test]
    return right


def _spread_out(which: Bool[np.ndarray, "m"]) -> Int[np.ndarray, "k"]:
    """Places of at most MOST_POINTS of the points, evenly spread over them and so over classes."""
    places = np.flatnonzero(which)
    few = min(len(places), MOST_POINTS)
    spread: Int[np.ndarray, "k"] = places[np.linspace(0, len(places) - 1, few).astype(int)]
    return spread


def _balanced(
    right: Bool[np.ndarray, "m"], of_class: Bool[np.ndarray, "m"], is_image: Bool[np.ndarray, "m"]
) -> float:
    return float((right[of_class & is_image].mean() + right[of_class & ~is_image].mean()) / 2)


def of_source(sample: SourceSample) -> dict[str, Estimate | Single]:
    """Separability of a variant's prompts and images; nothing for a source without prompts.

    The intervals come from resampling the classes, as the classes are what is held out. What is
    asked of the sample alone has none from there.
    """
    classes = len(sample.class_ids)
    if sample.prompts is None or classes < 2:
        return {}
    few = np.concatenate(
        [np.flatnonzero(sample.labels == label)[:IMAGES_PER_CLASS] for label in range(classes)]
    )
    images, labels = sample.images[few], sample.labels[few]
    found = of_points(images, labels, sample.prompts, sample.prompt_labels)
    weights = bootstrap_counts(
        seeds.generator("bootstrap over classes", classes), classes, sample.draws
    )
    gaps = _class_means(images, labels) - _class_means(sample.prompts, sample.prompt_labels)
    accuracies = {
        "linear_separability": found.logistic,
        "linear_separability_perceptron": found.perceptron,
        "separability_without_gap": found.without_gap,
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
        **in_sample.of_points(images, sample.prompts),
    }


def _class_means(
    points: Float[np.ndarray, "n d"], labels: Int[np.ndarray, "n"]
) -> Float[np.ndarray, "classes d"]:
    return np.stack([points[labels == label].mean(axis=0) for label in np.unique(labels)])


MEASURE = Measure(COLUMNS, of_source)
