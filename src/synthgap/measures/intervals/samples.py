"""What measures are given: embeddings of one class, or of all classes of a source."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

from synthgap import seeds

Embeddings = Float[np.ndarray, "n d"]


class ClassSample(NamedTuple):
    """One class of one source beside its natural counterpart, at equal n."""

    class_id: str
    images: Embeddings
    natural: Embeddings
    """The class's images in natural-train."""
    same: bool
    """The source is natural-train itself."""
    draws: int
    """Replicates for intervals."""

    def rng(self, purpose: str) -> np.random.Generator:
        """Random numbers that are the same in every source."""
        return seeds.generator(purpose, self.class_id)


class SourceSample(NamedTuple):
    """All classes of one source at equal n, the queries to classify, and the prompts if any."""

    class_ids: tuple[str, ...]
    images: Embeddings
    labels: Int[np.ndarray, "n"]
    """Class number of each image, 0 to c - 1."""
    queries: Embeddings
    query_labels: Int[np.ndarray, "q"]
    same: bool
    """The queries are the images themselves: each is left out when it is classified."""
    prompts: Embeddings | None
    prompt_labels: Int[np.ndarray, "p"]
    draws: int
    natural: Embeddings | None = None
    """All classes in natural-train at equal n; `images` itself if the source is natural-train,
    None where it was not asked for."""
    natural_labels: Int[np.ndarray, "m"] = np.zeros(0, dtype=int)
    own_prompts: Int[np.ndarray, "n"] | None = None
    """Of each image the row in `prompts` that it was made from; None where that is not known."""

    def rngs(self, purpose: str) -> list[np.random.Generator]:
        """Random numbers for each class, the same in every source."""
        return [seeds.generator(purpose, class_id) for class_id in self.class_ids]


class PoolSample(NamedTuple):
    """All images of one source as one set, beside all natural ones, at equal n a class."""

    images: Float32[np.ndarray, "N d"]
    """Unit embeddings, class after class; perhaps a memory map."""
    labels: Int[np.ndarray, "N"]
    """Class number of each image, ascending."""
    natural: Float32[np.ndarray, "M d"]
    """Those of natural-train."""
    natural_labels: Int[np.ndarray, "M"]
    same: bool
    """The source is natural-train itself."""
    draws: int
    """Replicates for intervals."""
    device: str
    """Where matrix products are computed: "cpu" or "cuda"."""

    def rng(self, purpose: str) -> np.random.Generator:
        """Random numbers that are the same in every source."""
        return seeds.generator(purpose, "all classes")


def subsample(embeddings: Embeddings, n: int, class_id: str) -> Embeddings:
    """Take n rows at random, the same ones from every source of the same size.

    Fewer rows than n are all taken; the caller records how many there were.
    """
    some: Embeddings = embeddings[chosen(len(embeddings), n, class_id)]
    return some


def chosen(available: int, n: int, class_id: str) -> Int[np.ndarray, "n"]:
    """Say which rows `subsample` takes of so many, in ascending order."""
    if available <= n:
        return np.arange(available)
    some = seeds.generator("subsample", class_id).permutation(available)[:n]
    return np.sort(some)
