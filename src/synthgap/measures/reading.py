"""Reading the embeddings that measures work on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int

from synthgap.errors import InputError
from synthgap.measures.samples import Embeddings, SourceSample, subsample
from synthgap.tables import read, read_embeddings


def embeddings(path: str | Path, least: int) -> Embeddings:
    """Read one table of embeddings.

    Raises:
        InputError: it has fewer rows than `least`.
    """
    rows = read_embeddings(path)
    if len(rows) < least:
        raise InputError(f"{path}: {len(rows)} images; measuring needs at least {least}")
    return rows


def source_sample(
    class_ids: Sequence[str],
    images: Sequence[str | Path],
    queries: Sequence[str | Path],
    prompts: str | Path | None,
    n: int,
    draws: int,
) -> SourceSample:
    """Read the embeddings of all classes of a source, of the queries and of the prompts.

    Raises:
        InputError: a class has fewer than n images, or no queries.
    """
    stacked, labels = _stack(
        [
            subsample(embeddings(path, n), n, class_id)
            for path, class_id in zip(images, class_ids, strict=True)
        ]
    )
    asked, asked_labels = (
        (stacked, labels)
        if list(images) == list(queries)
        else _stack([embeddings(path, 1) for path in queries])
    )
    texts, text_labels = None, np.zeros(0, dtype=int)
    if prompts is not None:
        table = read(prompts, ["class_id"])
        number = {class_id: label for label, class_id in enumerate(class_ids)}
        text_labels = np.array([number[name] for name in table["class_id"].to_pylist()])
        texts = read_embeddings(prompts)
    return SourceSample(
        tuple(class_ids),
        stacked,
        labels,
        asked,
        asked_labels,
        same=list(images) == list(queries),
        prompts=texts,
        prompt_labels=text_labels,
        draws=draws,
    )


def _stack(parts: Sequence[Embeddings]) -> tuple[Embeddings, Int[np.ndarray, "n"]]:
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.concatenate(parts), labels
