"""The encoder `mean-removed`: the embeddings of another one, each kind moved by its mean.

The mean image and the mean caption of some pairs are taken from all images and all prompts, and
what is left is scaled to unit length again. Nothing is embedded twice: tables of the other encoder
become tables of this one. The pairs are neither measured nor tested on, so that no measure has seen
what it measures.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from synthgap.embedding.clip import ClipEncoder
from synthgap.image_sets.pairs import picture, read_pairs
from synthgap.models import Checkpoint
from synthgap.places import Place
from synthgap.section import Section
from synthgap.tables import embeddings_in, read, write, write_embeddings

LEAST = 2
"""Pairs of which a mean is taken, at least."""

PIECE = 8
"""Pictures that are prepared at once."""


class MeanRemoved(Section):
    """The embeddings of another encoder of the study, from which the mean image and the mean
    caption are taken; then they are scaled to unit length again."""

    kind: Literal["mean-removed"]
    """Another encoder without its means, and so without the gap between them."""
    encoder: str
    """Name of the other encoder, of the kind `clip`."""
    pairs: Place | None = None
    """CSV file with the columns `file`, named from the folder of the CSV file, and `caption`, of
    which the means are taken. None of its images may be measured. May be left out for the
    miniature's models, whose own pairs are then taken."""

    embeds_text: ClassVar[bool] = True


def write_means(
    path: str | Path,
    *,
    pairs: str | Path,
    encoder: ClipEncoder,
    checkpoint: Checkpoint,
    threads: int,
    metadata: Mapping[str, str],
) -> None:
    """Embed pairs and write the mean of their unit embeddings, a row each for image and prompt.

    Args:
        path: where to. Columns: `of` ("image" or "prompt"), `pairs` (how many) and `mean`.
        pairs: table of pairs.
        encoder: how to embed.
        checkpoint: the model.
        threads: CPU threads to use.
        metadata: what made the table.

    Raises:
        InputError: the model or an image cannot be opened.
    """
    opened = encoder.open(checkpoint, threads)
    listed = read_pairs(pairs)
    prepared = (
        opened.prepare([picture(pair, pairs) for pair in listed[start : start + PIECE]])
        for start in range(0, len(listed), PIECE)
    )
    features = {
        "image": opened.embed_images(prepared),
        "prompt": opened.embed_texts([pair.caption for pair in listed]),
    }
    rows = [
        {
            "of": of,
            "pairs": len(listed),
            "mean": _unit(found.astype(np.float64)).mean(axis=0).tolist(),
        }
        for of, found in features.items()
    ]
    write(pa.Table.from_pylist(rows), path, metadata)


def remove_mean(
    embeddings: str | Path,
    means: str | Path,
    of: Literal["image", "prompt"],
    path: str | Path,
    metadata: Mapping[str, str],
) -> None:
    """Write a table of embeddings anew without the mean of its kind.

    Args:
        embeddings: table of the other encoder.
        means: what `write_means` wrote.
        of: what was embedded.
        path: where to.
        metadata: what made the table.

    Raises:
        InputError: an embedding is the mean itself, so that nothing is left of it.
    """
    (mean,) = [row["mean"] for row in read(means).to_pylist() if row["of"] == of]
    table = read(embeddings)
    write_embeddings(path, table, without_mean(embeddings_in(table), np.array(mean)), metadata)


def without_mean(
    points: Float[np.ndarray, "n d"], mean: Float[np.ndarray, "d"]
) -> Float[np.ndarray, "n d"]:
    """Take a mean from unit embeddings; not scaled again.

    Source: V. W. Liang et al., Mind the Gap, arXiv 2203.02053, for embeddings of a trained CLIP
    that are moved to change the gap; to take the whole mean of each kind, and from other pairs, is
    ours.
    """
    moved: Float[np.ndarray, "n d"] = points.astype(np.float64) - mean
    return moved


def _unit(points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    exact = points.astype(np.float64)
    unit: Float[np.ndarray, "n d"] = exact / np.linalg.norm(exact, axis=1, keepdims=True)
    return unit
