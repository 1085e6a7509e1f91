"""Which images of a variant a filter keeps: one table a filtered variant."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from synthgap.derived import orders
from synthgap.derived.origin_table import COLUMNS
from synthgap.derived.spec import Criterion, kept
from synthgap.described import schema_of
from synthgap.errors import InputError
from synthgap.measures.intervals.samples import Embeddings
from synthgap.measures.tables.embeddings import distinct_texts, embeddings, of_one_space
from synthgap.tables import read, write

PLACES = ["class_id", "index", "key", "nearest_class", "taken", "to_natural"]
"""Columns of positions that filters read."""


class Inputs(NamedTuple):
    """The tables that filters read; each filter reads what it needs."""

    positions: str | Path
    """Of the variant that is filtered."""
    images: Sequence[str | Path]
    """Its tables of embeddings, in the order of the classes."""
    natural: Sequence[str | Path] = ()
    """natural-train's, for `both-sides`."""
    prompts: str | Path | None = None
    """The table of embeddings of its prompts, for `adherence`."""
    own_prompts: bool = False
    """An image's index says which of its class's prompts it was made from."""


class _Choice(NamedTuple):
    """What a filter says of the images of a class."""

    order: Int[np.ndarray, "k"]
    """Rows, the best first; those behind may be left out."""
    scores: Float[np.ndarray, "n"]
    """What the order goes by; NaN where it goes by nothing."""
    against: Mapping[int, str] = {}
    """Of rows that something speaks against, what."""


def filter_variant(
    path: str | Path,
    *,
    by: Criterion,
    share: float,
    source: str,
    class_ids: Sequence[str],
    inputs: Inputs,
    metadata: Mapping[str, str],
) -> None:
    """Write which images of a variant are kept, and why.

    In memory are the places of all images, and the embeddings of one class.

    Args:
        path: where to. A row an image, the classes in their order; columns: `origin_table.COLUMNS`.
        by: what decides.
        share: of each class's images.
        source: the variant.
        class_ids: the classes.
        inputs: what was measured of it.
        metadata: what made the table.

    Raises:
        InputError: tables do not fit each other.
    """
    places = read(inputs.positions, PLACES)
    prompts = None if inputs.prompts is None else _Prompts(*distinct_texts(inputs.prompts))
    parts = []
    for number, class_id in enumerate(class_ids):
        rows = places.filter(pc.equal(places["class_id"], class_id))
        found = _choice(by, share, class_id, number, rows, inputs, prompts)
        count = kept(len(rows), share)
        parts.append(_table(source, rows, found, found.order[:count]))
    write(pa.concat_tables(parts), path, metadata)


class _Prompts(NamedTuple):
    table: pa.Table
    texts: Embeddings

    def of_class(self, class_id: str) -> Float[np.ndarray, "p d"]:
        """Unit embeddings of a class's prompts, in their order."""
        mine = np.array([name == class_id for name in self.table["class_id"].to_pylist()])
        order = np.argsort(self.table["index"].to_numpy()[mine])
        texts = self.texts[mine][order].astype(np.float64)
        unit: Float[np.ndarray, "p d"] = texts / np.linalg.norm(texts, axis=1, keepdims=True)
        return unit


def _choice(
    by: Criterion,
    share: float,
    class_id: str,
    number: int,
    rows: pa.Table,
    inputs: Inputs,
    prompts: _Prompts | None,
) -> _Choice:
    nothing = np.full(len(rows), np.nan)
    if by == "random":
        return _Choice(orders.at_random(len(rows), class_id), nothing)
    to_natural = rows["to_natural"].to_numpy()
    if by == "nearest-centroid":
        return _Choice(orders.highest_first(-to_natural), to_natural)
    images = _embeddings(inputs.images[number], rows)
    if by == "adherence":
        if prompts is None:
            raise InputError(f"{inputs.images[number]}: no prompts to score images with")
        scores = clip_scores(
            images,
            prompts.of_class(class_id),
            rows["index"].to_numpy() if inputs.own_prompts else None,
        )
        return _Choice(orders.highest_first(scores), scores)
    if by == "diverse":
        order, apart, left = orders.farthest_first(images, kept(len(rows), share))
        left[order] = apart
        return _Choice(order, left)
    natural = embeddings(inputs.natural[number], 1)
    of_one_space(inputs.images[number], images, inputs.natural[number], natural)
    taken = rows["taken"].to_numpy(zero_copy_only=False)
    found = orders.both_sides(
        images,
        taken,
        to_natural,
        orders.near_radius(natural),
        orders.at_random(len(rows), class_id),
    )
    takers, indices = rows["nearest_class"].to_pylist(), rows["index"].to_pylist()
    against = {
        **{row: f"taken by {takers[row]}" for row in np.flatnonzero(taken).tolist()},
        **{
            row: f"near-duplicate of {indices[found.twin[row]]}"
            for row in np.flatnonzero(found.twin >= 0).tolist()
        },
    }
    return _Choice(found.order, np.where(np.isfinite(found.near), found.near, np.nan), against)


def clip_scores(
    images: Float[np.ndarray, "n d"],
    prompts: Float[np.ndarray, "p d"],
    indices: Int[np.ndarray, "n"] | None,
) -> Float[np.ndarray, "n"]:
    """Cosine of each image with its own prompt; without indices the mean of those with all prompts.

    Args:
        images: unit embeddings of a class.
        prompts: unit embeddings of its prompts, in their order.
        indices: of the images; number i was made from prompt i modulo p.
    """
    exact = images.astype(np.float64)
    exact = exact / np.linalg.norm(exact, axis=1, keepdims=True)
    texts = prompts.mean(axis=0)[None] if indices is None else prompts[indices % len(prompts)]
    scores: Float[np.ndarray, "n"] = np.sum(exact * texts, axis=1)
    return scores


def _embeddings(path: str | Path, rows: pa.Table) -> Embeddings:
    """The embeddings of a class, which must be of the images that were placed."""
    found = embeddings(path, 1)
    if read(path, ["key"])["key"].to_pylist() != rows["key"].to_pylist():
        raise InputError(f"{path}: has other images than their positions; delete it and run again")
    return found


def _table(source: str, rows: pa.Table, found: _Choice, chosen: Int[np.ndarray, "k"]) -> pa.Table:
    places = np.full(len(rows), -1)
    places[chosen] = np.arange(len(chosen))
    scores = np.asarray(found.scores, np.float64)
    columns = {
        "class_id": rows["class_id"],
        "source": pa.repeat(pa.scalar(source, pa.string()), len(rows)),
        "index": rows["index"],
        "key": rows["key"],
        "kept": pa.array(places >= 0),
        "place": pa.array(places.astype(np.int32), mask=places < 0),
        "score": pa.array(scores, mask=np.isnan(scores)),
        "against": pa.array([found.against.get(row) for row in range(len(rows))], pa.string()),
    }
    return pa.table([columns[name] for name in COLUMNS], schema=schema_of(COLUMNS))
