"""Adherence: do images show what their prompt says, as the encoder sees it?

Images of a variant are scored with its prompts, and natural-train's images with the same prompts:
only the comparison tells what the generator does from what the encoder makes of the words.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from synthgap.errors import InputError
from synthgap.measures.intervals.estimates import Share, averaged, mean_over_classes, share, student
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.nearest_centroid import centroids
from synthgap.measures.numerics import checks

COLUMNS = {
    "clip_score": Column(
        "CLIP score",
        "mean cosine of an image with its own prompt, or with all prompts of its class "
        "where its own is not known",
        Family.PROMPTS,
    ),
    "natural_clip_score": Column(
        "natural CLIP score",
        "mean cosine of a natural-train image with the variant's prompts of its class",
        Family.PROMPTS,
    ),
    "adherence": Column(
        "adherence",
        "share of images that are at least as close to their class's mean prompt as to "
        "any other class's",
        Family.PROMPTS,
    ),
    "natural_adherence": Column(
        "natural adherence",
        "adherence of natural-train's images to the variant's prompts",
        Family.PROMPTS,
    ),
}

TIE = 1e-6
"""Cosines that differ by less are equal: rounding moves an embedding so far, batch by batch."""

CHUNK = 4096
"""Images compared with all classes at once."""


def clip_score(images: ArrayLike, prompts: ArrayLike) -> float:
    """Mean cosine of images with their prompts, row by row; -1 to 1.

    Published CLIP scores are often 100 * max(cosine, 0) or, in the paper, 2.5 * max(cosine, 0) of
    each image. Here nothing is scaled or cut off. Only scores of one encoder can be compared.

    Args:
        images: n unit embeddings of d dimensions.
        prompts: n unit embeddings of d dimensions: in row i the prompt of image i.

    Raises:
        InputError: embeddings that are not unit; different shapes.

    Source: J. Hessel et al., CLIPScore, EMNLP 2021.

    >>> clip_score([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]])
    0.5
    """
    one, other = checks.pair(images, prompts, what_else="prompts")
    if len(one) != len(other):
        raise InputError(f"prompts: {len(other)} for {len(one)} images; give each image its own")
    return float(np.mean(np.sum(_unit(one) * _unit(other), axis=1)))


def adherence(
    images: ArrayLike, labels: ArrayLike, prompts: ArrayLike, prompt_labels: ArrayLike
) -> float:
    """Mean over the classes of the share of images whose own class's prompt scores highest.

    A class with several prompts competes with the mean of their unit embeddings, made a unit vector
    again, as in zero-shot classification with an ensemble of prompts. A tie counts as right: two
    classes of the same text cannot be told apart by it, which is ambiguity of the prompt and no
    lack of adherence to it.

    Args:
        images: n unit embeddings of d dimensions.
        labels: their n classes, as numbers or names, in any order.
        prompts: p unit embeddings of d dimensions.
        prompt_labels: their p classes. Images of a class without prompts are never right.

    Raises:
        InputError: embeddings that are not unit, or of different dimensions; labels that are not as
            many, or of different kinds.

    Source: A. Radford et al., Learning Transferable Visual Models From Natural Language
    Supervision, ICML 2021 (zero-shot classification, prompt ensembles); the tie rule is ours.

    >>> adherence([[0.8, 0.6], [1.0, 0.0]], ["owl", "crane"], np.eye(2), ["owl", "crane"])
    0.5
    """
    seen, texts = checks.pair(images, prompts, what_else="prompts")
    classes = checks.labels(labels, seen)
    of_texts = checks.labels(prompt_labels, texts, "prompt_labels")
    numbers, wanted, _ = checks.numbered(of_texts, classes, "prompt_labels", "labels")
    return mean_over_classes(hits(_unit(seen), wanted, _unit(texts), numbers), classes)


def hits(
    images: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, "n"],
    prompts: Float[np.ndarray, "p d"],
    prompt_labels: Int[np.ndarray, "p"],
) -> Bool[np.ndarray, "n"]:
    """Say of each image whether no class's mean prompt is closer than its own class's.

    Args:
        images: unit embeddings.
        labels: their class numbers; -1 for a class without prompts.
        prompts: unit embeddings.
        prompt_labels: their class numbers, 0 to c - 1, each present.
    """
    means = directions(prompts, prompt_labels)
    found = np.zeros(len(images), dtype=bool)
    for start in range(0, len(images), CHUNK):
        part = images[start : start + CHUNK].astype(np.float64)
        wanted = labels[start : start + CHUNK]
        scores = part @ means.T
        own = scores[np.arange(len(part)), wanted]
        found[start : start + CHUNK] = (own >= scores.max(axis=1) - TIE) & (wanted >= 0)
    return found


def directions(
    prompts: Float[np.ndarray, "p d"], prompt_labels: Int[np.ndarray, "p"]
) -> Float[np.ndarray, "classes d"]:
    """Unit mean of each class's prompts; labels are 0 to classes - 1, each present."""
    means = centroids(prompts, prompt_labels, int(prompt_labels.max()) + 1)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    # Opposite prompts have no mean direction: every image is at a right angle to it.
    unit: Float[np.ndarray, "classes d"] = np.divide(
        means, lengths, out=np.zeros_like(means), where=lengths > 1e-12
    )
    return unit


def of_source(sample: SourceSample) -> dict[str, Share]:
    """CLIP score and adherence of a variant; nothing for a source without prompts.

    An image whose own prompt is not known, natural ones among them, is scored with all prompts of
    its class: the mean of these cosines is what a prompt drawn at random would score. Intervals
    come from resampling the images within their classes.
    """
    if sample.prompts is None:
        return {}
    prompts = sample.prompts.astype(np.float64)
    own = sample.own_prompts
    sets = {"": (sample.images, sample.labels, None if own is None else prompts[own])}
    if sample.natural is not None:
        sets["natural_"] = (sample.natural, sample.natural_labels, None)
    # Not normalised: its product with an image is the mean of the cosines.
    class_prompts = centroids(prompts, sample.prompt_labels, len(sample.class_ids))
    found = {}
    for prefix, (images, labels, texts) in sets.items():
        cosines = np.sum(images * (class_prompts[labels] if texts is None else texts), axis=1)
        hit = hits(images, labels, prompts, sample.prompt_labels)
        found[f"{prefix}clip_score"] = averaged(
            cosines, labels, sample.rngs("bootstrap"), sample.draws, student
        )
        found[f"{prefix}adherence"] = share(
            hit[None], labels, sample.rngs("bootstrap"), sample.draws
        )
    return {name: found[name] for name in COLUMNS if name in found}


def _unit(points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    unit: Float[np.ndarray, "n d"] = points / np.linalg.norm(points, axis=1, keepdims=True)
    return unit


MEASURE = Measure(COLUMNS, of_source)
