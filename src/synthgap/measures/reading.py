"""Reading the embeddings that measures work on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int

from synthgap.errors import InputError
from synthgap.measures.samples import Embeddings, SourceSample, subsample
from synthgap.tables import read, read_embeddings


def embeddings(path: str | Path, least: int) -> Embeddings:
    """Read one table of embeddings.

    Raises:
        InputError: it has fewer rows than `least`, or an embedding is not finite.
    """
    rows = read_embeddings(path)
    if len(rows) < least:
        raise InputError(f"{path}: {len(rows)} images; measuring needs at least {least}")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise InputError(
            f"{path}: row {int(finite.argmin())} is not finite; delete the table to embed again"
        )
    return rows


def of_one_space(
    path: str | Path, rows: Embeddings, other_path: str | Path, other: Embeddings
) -> None:
    """Refuse tables whose embeddings have different dimensions.

    Raises:
        InputError: they do; the line names both tables.
    """
    if rows.shape[1] != other.shape[1]:
        raise InputError(
            f"{path}: {rows.shape[1]} dimensions, but {other_path} has {other.shape[1]}; delete "
            "both tables to embed again with one encoder"
        )


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
            subsample(rows, n, class_id)
            for rows, class_id in zip(_of_classes(images, n), class_ids, strict=True)
        ]
    )
    asked, asked_labels = (
        (stacked, labels)
        if list(images) == list(queries)
        else _stack(list(_of_classes(queries, 1)))
    )
    of_one_space(images[0], stacked, queries[0], asked)
    texts, text_labels = None, np.zeros(0, dtype=int)
    if prompts is not None:
        table = read(prompts, ["class_id"])
        number = {class_id: label for label, class_id in enumerate(class_ids)}
        text_labels = np.array([number[name] for name in table["class_id"].to_pylist()])
        texts = embeddings(prompts, 1)
        of_one_space(images[0], stacked, prompts, texts)
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


def _of_classes(paths: Sequence[str | Path], least: int) -> Iterator[Embeddings]:
    """Read one table after another; all must be of one space."""
    first = None
    for path in paths:
        rows = embeddings(path, least)
        # No more than a row of the first table is kept.
        first = rows[:1].copy() if first is None else first
        of_one_space(path, rows, paths[0], first)
        yield rows


def _stack(parts: Sequence[Embeddings]) -> tuple[Embeddings, Int[np.ndarray, "n"]]:
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.concatenate(parts), labels
