"""Reading the embeddings that measures work on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from synthgap.errors import InputError
from synthgap.measures.intervals.samples import Embeddings, SourceSample, chosen, subsample
from synthgap.tables import embeddings_in, read, read_embeddings


def embeddings(path: str | Path, least: int) -> Embeddings:
    """Read one table of embeddings.

    Raises:
        InputError: it has fewer rows than `least`, or an embedding is not finite.
    """
    rows = read_embeddings(path)
    if len(rows) < least:
        raise InputError(f"{path}: {len(rows)} images; measuring needs at least {least}")
    _refuse_infinite(path, rows)
    return rows


def _refuse_infinite(path: str | Path, rows: Embeddings) -> None:
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise InputError(
            f"{path}: row {int(finite.argmin())} is not finite; delete the table to embed again"
        )


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
    n: int,
    draws: int,
    *,
    natural: Sequence[str | Path] | None = None,
    prompts: str | Path | None = None,
    own_prompts: bool = False,
) -> SourceSample:
    """Read the embeddings of all classes of a source, of the queries and of the prompts.

    Args:
        class_ids: the classes.
        images: the source's tables of embeddings, in the order of the classes.
        queries: tables of embeddings to classify, in the same order.
        n: images a class, at most.
        draws: replicates for intervals.
        natural: natural-train's tables, in the same order; None if no measure needs them.
        prompts: table of embeddings of the variant's prompts; None if there are none.
        own_prompts: an image's index says which of its class's prompts it was made from.

    Raises:
        InputError: a class has fewer than n images, or no queries or prompts.
    """
    stacked, labels = _stack(_of_classes(class_ids, images, n))
    same = list(images) == list(queries)
    asked, asked_labels = (
        (stacked, labels) if same else _stack(list(tables_of_one_space(queries, 1)))
    )
    of_one_space(images[0], stacked, queries[0], asked)
    sample = SourceSample(
        tuple(class_ids),
        stacked,
        labels,
        asked,
        asked_labels,
        same=same,
        prompts=None,
        prompt_labels=np.zeros(0, dtype=int),
        draws=draws,
    )
    if natural is not None:
        itself = list(natural) == list(images)
        photographs, natural_labels = (
            (stacked, labels) if itself else _stack(_of_classes(class_ids, natural, n))
        )
        of_one_space(images[0], stacked, natural[0], photographs)
        sample = sample._replace(natural=photographs, natural_labels=natural_labels)
    if prompts is not None:
        table, texts = distinct_texts(prompts)
        number = {class_id: label for label, class_id in enumerate(class_ids)}
        text_labels = np.array([number[name] for name in table["class_id"].to_pylist()])
        of_one_space(images[0], stacked, prompts, texts)
        sample = sample._replace(prompts=texts, prompt_labels=text_labels)
        if own_prompts:
            indices = np.concatenate(
                [
                    _indices(path, n, class_id)
                    for path, class_id in zip(images, class_ids, strict=True)
                ]
            )
            places = table["index"].to_numpy()
            sample = sample._replace(own_prompts=_own_prompts(indices, labels, places, text_labels))
    return sample


def _of_classes(class_ids: Sequence[str], paths: Sequence[str | Path], n: int) -> list[Embeddings]:
    return [
        subsample(rows, n, class_id)
        for rows, class_id in zip(tables_of_one_space(paths, n), class_ids, strict=True)
    ]


def tables_of_one_space(paths: Sequence[str | Path], least: int) -> Iterator[Embeddings]:
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


def _indices(path: str | Path, n: int, class_id: str) -> Int[np.ndarray, "n"]:
    """The indices of the images that `subsample` takes of one table."""
    indices = read(path, ["index"])["index"].to_numpy()
    some: Int[np.ndarray, "n"] = indices[chosen(len(indices), n, class_id)]
    return some


def distinct_texts(path: str | Path) -> tuple[pa.Table, Embeddings]:
    """Read a table of prompts; equal texts, in two classes perhaps, get one embedding.

    Prompts are embedded in batches, which can set equal texts apart by rounding.

    Raises:
        InputError: an embedding is not finite.
    """
    table = read(path, ["class_id", "index", "key", "embedding"])
    rows = embeddings_in(table)
    _refuse_infinite(path, rows)
    _, first, which = np.unique(table["key"].to_pylist(), return_index=True, return_inverse=True)
    return table, rows[first[which]]


def _own_prompts(
    indices: Int[np.ndarray, "n"],
    labels: Int[np.ndarray, "n"],
    places: Int[np.ndarray, "p"],
    prompt_labels: Int[np.ndarray, "p"],
) -> Int[np.ndarray, "n"]:
    """Of each image the row of its prompt: number i modulo the number of its class's prompts.

    Args:
        indices: of the images.
        labels: their class numbers.
        places: of each prompt its number within its class.
        prompt_labels: the prompts' class numbers, each class present.
    """
    order = np.lexsort((places, prompt_labels))
    counts = np.bincount(prompt_labels)
    starts = np.cumsum(counts) - counts
    own: Int[np.ndarray, "n"] = order[starts[labels] + indices % counts[labels]]
    return own
