"""What was put aside when images were read, with reasons, and how much of it is too much."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from synthgap.errors import InputError
from synthgap.tables import read, write_with_csv

QUARANTINE = pa.schema(
    [
        pa.field("class_id", pa.string()),
        pa.field("path", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("unreadable", pa.bool_()),
    ]
)
"""One row a file or image that was put aside. `unreadable`: it counts against the limit."""

DESCRIPTIONS = {
    "source": "variant, natural-train or natural-val",
    "class_id": "the class",
    "path": "the file, or the place inside a Parquet file",
    "reason": "why it is not used",
    "unreadable": "it was to be an image, and so counts against max_unreadable",
}
"""What each column of the joined table means."""


def check_share(place: str, usable: int, reasons: Sequence[str], max_unreadable: float) -> None:
    """Stop at a class with too many unreadable images.

    Args:
        place: where its images lie.
        usable: how many can be used.
        reasons: of each unreadable image why it cannot.
        max_unreadable: largest share of unreadable images.

    Raises:
        InputError: their share is larger.
    """
    images = usable + len(reasons)
    if reasons and len(reasons) / images > max_unreadable:
        why = ", ".join(f"{count} {reason}" for reason, count in Counter(reasons).most_common())
        raise InputError(
            f"{place}: {len(reasons)} of {images} images cannot be read ({why}); replace or remove "
            f"them, or raise max_unreadable, which is {max_unreadable:g}"
        )


def write_joined(
    path: str | Path,
    *,
    aside: Mapping[str, Sequence[str | Path]],
    images: Mapping[str, Sequence[str | Path]],
    max_unreadable: Mapping[str, float],
    metadata: Mapping[str, str],
) -> None:
    """Join what was put aside in all classes of all sources.

    Args:
        path: where to, Parquet; the same as CSV comes beside it.
        aside: of each source its quarantine tables, a class each.
        images: of each source its image tables in the same order.
        max_unreadable: of each source its limit, which may have been lowered since.
        metadata: what made the table.

    Raises:
        InputError: a class has too many unreadable images.
    """
    parts = []
    for source, tables in aside.items():
        for table, readable in zip(tables, images[source], strict=True):
            notes = read(table)
            reasons = [row["reason"] for row in notes.to_pylist() if row["unreadable"]]
            usable = pq.read_metadata(readable).num_rows
            check_share(f"{source}, {Path(table).stem}", usable, reasons, max_unreadable[source])
            column = pa.array([source] * len(notes), pa.string())
            parts.append(notes.replace_schema_metadata(None).add_column(0, "source", column))
    fields = [
        field.with_metadata({"description": DESCRIPTIONS[field.name]}) for field in parts[0].schema
    ]
    joined = pa.concat_tables(parts).cast(pa.schema(fields))
    write_with_csv(joined, path, metadata)
