"""The image set `parquet`: images inside Parquet files, as Hugging Face data sets store them."""

import glob
import json
from collections.abc import Iterator
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from synthgap import stamps
from synthgap.classes import Category
from synthgap.csv_rows import csv_rows
from synthgap.errors import InputError
from synthgap.image_files.byte_ranges import verbatim
from synthgap.image_sets.class_names import alike
from synthgap.image_sets.found import Found, Split, part_of
from synthgap.section import Section


class ParquetFiles(Section):
    """Images inside Parquet files; the classes may be mixed over the files."""

    kind: Literal["parquet"]
    """Parquet files with images in them."""
    files: str
    """The files, as a pattern such as data/train-*.parquet."""
    image: str = "image"
    """Column of the images: a struct of bytes and path."""
    label: str = "label"
    """Column of the classes: text, or numbers."""
    labels: str | None = None
    """CSV file whose column class_id holds in its rows the classes of the numbers 0, 1, 2 ..."""
    split: Split | None = None
    """Which part of them, if not all."""

    def place(self, category: Category) -> str:
        """The files and the class."""
        return f"{self.files} (class {category.class_id})"

    def paths(self) -> list[str]:
        """The files in the order of their names."""
        return sorted(glob.glob(self.files))

    def stamp_of_files(self) -> str:
        """Names, sizes and times of the files that decide the index."""
        return stamps.stamp(
            (file, stamps.state(file)) for file in [*self.paths(), *filter(None, [self.labels])]
        )

    def stamp(self, category: Category) -> str:
        """What the images are known by without reading them: the index carries it for all."""
        return ""

    def problem(
        self, categories: tuple[Category, ...], least: int, asked_by: str = "measures.n"
    ) -> str | None:
        """Say that no file matches, or what the first one lacks, or which class it cannot know.

        How many images a class has is known when the files have been read.
        """
        paths = self.paths()
        if not paths:
            return f"no file matches {self.files}"
        try:
            schema = _schema(paths[0])
            for role, column in (("image", self.image), ("label", self.label)):
                if column not in schema.names:
                    columns = ", ".join(schema.names)
                    return f"{paths[0]}: has no column {column}; name as `{role}` one of {columns}"
            if not _holds_images(schema.field(self.image).type):
                return f"{paths[0]}: the column {self.image} holds no images (bytes and path)"
            kind = schema.field(self.label).type
            if not (pa.types.is_integer(kind) or _is_text(kind)):
                return (
                    f"{paths[0]}: the column {self.label} holds {kind}; labels are text or whole "
                    "numbers"
                )
            known = self.classes()
        except InputError as error:
            return str(error)
        for category in categories if known is not None else ():
            if alike(_labels_of(category), known or ()) is None:
                where = self.labels or f"the labels of {paths[0]}"
                return f"{where}: there is no class {category.folder or category.class_id}"
        return None

    def compressed(self) -> bool:
        """Whether images of the first file are compressed, so that reading one reads many.

        Raises:
            InputError: the file cannot be read.
        """
        return not verbatim(self.paths()[0], f"{self.image}.bytes")

    def classes(self) -> tuple[str, ...] | None:
        """What the numbers 0, 1, 2 ... mean; None where the labels are text.

        Raises:
            InputError: the labels are numbers, and neither `labels` nor the files say what they
                mean.
        """
        first = self.paths()[0]
        schema = _schema(first)
        if not pa.types.is_integer(schema.field(self.label).type):
            return None
        if self.labels is not None:
            return tuple(row.cells["class_id"] for row in csv_rows(self.labels, ("class_id",)))
        stored = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        feature = stored.get("info", {}).get("features", {}).get(self.label, {})
        if not feature.get("names"):
            raise InputError(
                f"{first}: the column {self.label} holds numbers; name as `labels` a CSV file "
                "whose column class_id says in order what they mean"
            )
        return tuple(feature["names"])

    def found(self, category: Category, index: str | None = None) -> Iterator[Found]:
        """Yield the images of one class in the order of the files.

        Args:
            category: the class.
            index: the table that `parquet_index.write_index` made of these files.
        """
        if index is None:
            raise ValueError("images inside Parquet files are found by their index")
        rows = _rows_of(index, _labels_of(category))
        images = (Found(row["name"], row["path"], prompt=row["prompt"]) for row in rows)
        yield from part_of(images, self.split)


def _labels_of(category: Category) -> list[str]:
    return sorted({category.class_id, category.folder or category.class_id})


def _rows_of(index: str, labels: list[str]) -> list[dict[str, Any]]:
    """The images of a class, whose label may be spelled otherwise (see `class_names`)."""
    found = pq.read_table(index, filters=[("label", "in", labels)])
    if not len(found):
        known = pq.read_table(index, columns=["label"])["label"].unique().to_pylist()
        label = alike(labels, known)
        if label is not None:
            found = pq.read_table(index, filters=[("label", "==", label)])
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def _schema(path: str) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file") from error


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    is_kind = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(fits(kind) for fits in is_kind)


def _holds_images(kind: Any) -> bool:
    if not pa.types.is_struct(kind) or kind.get_field_index("bytes") < 0:
        return False
    held = kind.field("bytes").type
    return bool(pa.types.is_binary(held) or pa.types.is_large_binary(held))
