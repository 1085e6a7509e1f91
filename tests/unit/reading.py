"""Reading one class of an image set, for tests that say only what matters to them."""

from pathlib import Path
from typing import Any, NamedTuple

from synthgap.classes import Category
from synthgap.image_sets.image_table import read_images
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.parquet_index import write_index
from synthgap.image_sets.sets import ImageSet


class Tables(NamedTuple):
    """Where the tables of a class are."""

    images: Path
    aside: Path


def index_of(image_set: ImageSet, out: Path) -> str | None:
    """The index of an image set that has one, written anew."""
    if not isinstance(image_set, ParquetFiles):
        return None
    index = str(out / "index.parquet")
    write_index(image_set, index, {})
    return index


def read_class(image_set: ImageSet, category: Category, out: Path, **how: Any) -> Tables:
    """Read a class; whatever `how` leaves out is allowed, but unreadable images."""
    tables = Tables(out / "images.parquet", out / "aside.parquet")
    usual = {"index": None, "least": 1, "max_unreadable": 0, "max_copies": 1, "threads": 1}
    read_images(
        image_set,
        category,
        images=tables.images,
        quarantine=tables.aside,
        metadata={},
        **{**usual, **how},
    )
    return tables
