"""Of each image of a source the nearest natural-train image, and whether it copies that one.

Nearest images are sought within the image's own class: by classes the sets are made, and a search
over all of them would grow with the square of their number. Pictures are opened only where the
embedding leaves the question open.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from synthgap.described import Columns, described_table
from synthgap.image_files.decoding import pictures
from synthgap.leaks.perceptual_hash import BITS, distances, perceptual_hash
from synthgap.leaks.thresholds import NEIGHBOURS, Thresholds, alike, highest_ratio, most_bits
from synthgap.measures.numerics.neighbour_search import nearest
from synthgap.tables import read, read_embeddings, read_pieces

HASHED = 50
"""Natural images of a class, evenly spaced, whose 1,225 pairs say how well hashes agree."""

PIECE = 64
"""Rows of an image table that are read at once."""

COLUMNS: Columns = {
    "class_id": (pa.string(), "the class"),
    "index": (pa.int32(), "of the image, as in its image table"),
    "key": (pa.string(), "likewise"),
    "natural_index": (
        pa.int32(),
        "of the nearest natural-train image of the class by embedding, never the image itself",
    ),
    "natural_key": (pa.string(), "likewise"),
    "cosine": (pa.float64(), "of the angle between the two embeddings"),
    "ratio": (
        pa.float64(),
        "distance between them, divided by that to the tenth nearest natural-train image of the "
        "class (the farthest where it has fewer)",
    ),
    "hash_distance": (
        pa.int32(),
        "bits of 64 in which their perceptual hashes differ; empty where the ratio is too high "
        "for near-duplicates",
    ),
    "near_duplicate": (pa.bool_(), "both are nearer to each other than natural images are"),
}
"""Of each column its type and what it means. A row an image that is a picture, of equal ones the
first."""

THRESHOLDS: Columns = {
    "images": (pa.int64(), "natural-train images that the ratio was found from"),
    "pairs": (pa.int64(), "pairs of natural-train images that the hash distance was found from"),
    "ratio": (pa.float64(), "near-duplicates have a lower one"),
    "hash_distance": (pa.int32(), "near-duplicates differ in fewer of 64 bits"),
}
"""The same of the one row of thresholds."""


class OfClass(NamedTuple):
    """The images of a class that are looked at, and the nearest natural image of each."""

    images: Path
    natural: Path
    """Image tables."""
    rows: Int[np.ndarray, "n"]
    """Rows of the first."""
    natural_rows: Int[np.ndarray, "n"]
    """Rows of the second."""
    cosines: Float[np.ndarray, "n"]
    ratios: Float[np.ndarray, "n"]

    def bits(self, which: Bool[np.ndarray, "n"]) -> Int[np.ndarray, "m"]:
        """How many bits the hashes of some images and of their nearest differ in."""
        if not which.any():
            return np.zeros(0, np.int64)
        own = hashes(self.images, self.rows[which])
        return distances(own, hashes(self.natural, self.natural_rows[which]))


def natural_tables(
    embeddings: Sequence[str | Path], images: Sequence[str | Path], threads: int
) -> tuple[pa.Table, pa.Table]:
    """Find thresholds from natural-train, and its own near-duplicates.

    Args:
        embeddings: of natural-train, a class each.
        images: its image tables, likewise.
        threads: classes at once.

    Returns:
        A row of `THRESHOLDS`, and a row an image.

    Raises:
        InputError: a picture cannot be opened, or is not what its table lists.
    """
    classes = list(_classes(embeddings, embeddings, images, images))
    ratios = np.concatenate([each.ratios for each in classes])
    with ThreadPoolExecutor(threads) as pool:
        pairs = np.concatenate(list(pool.map(_pairs, classes)))
    # Where no class has three different images, nothing is known and nothing judged.
    thresholds = Thresholds(highest_ratio(ratios) if len(ratios) else 0.0, most_bits(pairs))
    row = {"images": len(ratios), "pairs": len(pairs), "ratio": thresholds.ratio}
    found = described_table([row | {"hash_distance": thresholds.bits}], THRESHOLDS)
    return found, _judged(classes, thresholds, threads)


def leaks_table(
    embeddings: Sequence[str | Path],
    natural_embeddings: Sequence[str | Path],
    images: Sequence[str | Path],
    natural: Sequence[str | Path],
    thresholds: str | Path,
    threads: int,
) -> pa.Table:
    """Judge which images of a source are near-duplicates of natural-train images.

    Args:
        embeddings: of the source, a class each.
        natural_embeddings: those of natural-train.
        images: image tables of the source, a class each.
        natural: those of natural-train.
        thresholds: as `natural_tables` gives them.
        threads: classes at once.

    Raises:
        InputError: a picture cannot be opened, or is not what its table lists.
    """
    (row,) = read(thresholds).to_pylist()
    found = Thresholds(row["ratio"], row["hash_distance"])
    classes = _classes(embeddings, natural_embeddings, images, natural)
    return _judged(list(classes), found, threads)


def hashes(table: Path, rows: Int[np.ndarray, "n"]) -> Bool[np.ndarray, "n 64"]:
    """Hash the pictures of some rows of an image table, in any order; each is opened once."""
    wanted, places = np.unique(rows, return_inverse=True)
    found = np.zeros((len(wanted), BITS), bool)
    start = done = 0
    for piece in read_pieces(table, PIECE):
        here = wanted[(wanted >= start) & (wanted < start + len(piece))] - start
        chosen = piece.select(["image", "sha256"]).take(pa.array(here))
        for picture in pictures(chosen, table):
            found[done] = perceptual_hash(picture)
            done += 1
        start += len(piece)
        if done == len(wanted):
            break
    return found[places]


def _classes(
    embeddings: Sequence[str | Path],
    natural_embeddings: Sequence[str | Path],
    images: Sequence[str | Path],
    natural: Sequence[str | Path],
) -> Iterator[OfClass]:
    """Find the nearest natural image of each image of each class."""
    tables = zip(embeddings, natural_embeddings, images, natural, strict=True)
    for own_file, natural_file, own, other in tables:
        same = own == other
        points = read_embeddings(natural_file)
        queries = points if same else read_embeddings(own_file)
        # As many where an image is left out as where it is not.
        k = min(NEIGHBOURS, len(points) - 1)
        usable = _usable(Path(own), alone=same) & (k > 1)
        if not usable.any():
            nothing = np.zeros(0)
            rows = nothing.astype(np.int64)
            yield OfClass(Path(own), Path(other), rows, rows, nothing, nothing)
            continue
        found = nearest(queries, points, k, leave_out_self=same)
        apart, farthest = found.distances[usable, 0], found.distances[usable, -1]
        # Where ten equal each other, none stands out.
        ratios = np.divide(apart, farthest, out=np.ones(len(apart)), where=farthest > 0)
        cosines = 1 - apart**2 / 2
        rows = np.flatnonzero(usable)
        yield OfClass(Path(own), Path(other), rows, found.indices[usable, 0], cosines, ratios)


def _usable(table: Path, *, alone: bool) -> Bool[np.ndarray, "n"]:
    """Which rows are pictures, and the first of their content, or the only one."""
    rows = read(table, ["flag", "sha256"])
    _, first, content, counts = np.unique(
        np.array(rows["sha256"].to_pylist(), str),
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    is_picture = np.array([flag is None for flag in rows["flag"].to_pylist()], bool)
    different = counts[content] == 1 if alone else np.isin(np.arange(len(content)), first)
    usable: Bool[np.ndarray, "n"] = is_picture & different
    return usable


def _pairs(natural: OfClass) -> Int[np.ndarray, "p"]:
    """How many bits the hashes of pairs of natural images of a class differ in."""
    count = min(HASHED, len(natural.rows))
    if count < 2:
        return np.zeros(0, np.int64)
    spaced = np.linspace(0, len(natural.rows) - 1, count).round().astype(np.int64)
    found = hashes(natural.images, natural.rows[spaced])
    ones, others = np.array(list(combinations(range(count), 2))).T
    return distances(found[ones], found[others])


def _judged(classes: Sequence[OfClass], thresholds: Thresholds, threads: int) -> pa.Table:
    def rows_of(each: OfClass) -> list[Mapping[str, object]]:
        near = each.ratios < thresholds.ratio
        bits = np.full(len(near), BITS)
        bits[near] = each.bits(near)
        judged = alike(each.ratios, bits, thresholds)
        own, natural = (read(table, ["index", "key"]) for table in (each.images, each.natural))
        own = own.take(pa.array(each.rows)).to_pydict()
        natural = natural.take(pa.array(each.natural_rows)).to_pydict()
        return [
            {
                "class_id": each.images.stem,
                "index": own["index"][row],
                "key": own["key"][row],
                "natural_index": natural["index"][row],
                "natural_key": natural["key"][row],
                "cosine": float(each.cosines[row]),
                "ratio": float(each.ratios[row]),
                "hash_distance": int(bits[row]) if near[row] else None,
                "near_duplicate": bool(judged[row]),
            }
            for row in range(len(near))
        ]

    with ThreadPoolExecutor(threads) as pool:
        return described_table(
            (row for rows in pool.map(rows_of, classes) for row in rows), COLUMNS
        )
