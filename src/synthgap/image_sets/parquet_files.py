"""The image set `parquet`: images inside Parquet files, as Hugging Face data sets store them."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import pyarrow.parquet as pq

from synthgap import stamps
from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.image_sets.class_names import Spellings
from synthgap.image_sets.found import Found, Split, part_of
from synthgap.image_sets.on_disk import existing
from synthgap.image_sets.parquet_shards import Columns, Shard, label_counts, shards_of
from synthgap.image_sets.shortage import few
from synthgap.section import Section

COUNTED_FILES, COUNTED_ROWS = 400, 2_000_000
"""Files and rows whose labels are counted before the first job, in seconds. In larger sets the job
that makes the index counts them."""


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

    def place(self, category: Category | None = None) -> str:
        """The files and the class, if one is meant."""
        return f"{self.files} (class {category.class_id})" if category else self.files

    def paths(self) -> list[str]:
        """The files in the order of their names; folders are left out.

        As far as it leads, a pattern is a path: `photos [2024]/*.parquet` looks into the folder of
        that name.
        """
        there, pattern = existing(self.files)
        if not pattern:
            return [there]
        found = glob.glob(os.path.join(glob.escape(there), pattern), recursive=True)
        return sorted(path for path in set(found) if not os.path.isdir(path))

    def stamp_of_files(self) -> str:
        """Names, sizes and times of the files that decide the index."""
        return stamps.of_files([*self.paths(), *filter(None, [self.labels])])

    def stamp(self, category: Category) -> str:
        """What the images are known by without reading them: the index carries it for all."""
        return ""

    def shards(self) -> list[Shard]:
        """The files as their footers describe them.

        Raises:
            InputError: there is none, or one cannot be read, or not together with the others.
        """
        paths = self.paths()
        if not paths:
            raise InputError(f"no file matches {self.files}")
        if os.path.isdir(paths[0]):
            raise InputError(
                f"{self.files}: a folder; name its files, as in {self.files}/*.parquet"
            )
        return shards_of(paths, Columns(self.image, self.label, self.labels))

    def problem(self, categories: Sequence[Category]) -> str | None:
        """Say which file cannot be read, and why, or which class none of them knows, or None.

        Only footers are read.
        """
        try:
            shards = self.shards()
        except InputError as error:
            return str(error)
        known = [shard.names for shard in shards]
        if None in known:
            # What texts there are is known when they have been read.
            return None
        try:
            labels = self._labels_of(categories, {name for each in known for name in each or ()})
        except InputError as error:
            return str(error)
        missing = [each for each in categories if labels[each.class_id] is None]
        if not missing:
            return None
        where = self.labels or f"the labels of {shards[0].path}"
        if len(shards) > 1 and not self.labels:
            where += f" and {len(shards) - 1} more"
        return f"{where}: there is no class {few([x.folder or x.class_id for x in missing])}"

    def counts(self, categories: Sequence[Category], enough: int) -> dict[str, int] | None:
        """How many images each class has by the labels; None where that is too much to read.

        Raises:
            InputError: a file cannot be read, or has a label without a class.
        """
        shards = self.shards()
        rows = sum(shard.rows for shard in shards)
        if len(shards) > COUNTED_FILES or rows > COUNTED_ROWS:
            return None
        return self.counted(categories, shards)

    def counted(self, categories: Sequence[Category], shards: Sequence[Shard]) -> dict[str, int]:
        """How many images each class has by the labels, however long that takes."""
        rows = label_counts(shards, self.label)
        labels = self._labels_of(categories, rows)
        return {class_id: rows[label] if label else 0 for class_id, label in labels.items()}

    def _labels_of(
        self, categories: Iterable[Category], known: Iterable[str]
    ) -> dict[str, str | None]:
        """By class_id the label of each class among those of the files, or None.

        Raises:
            InputError: two classes have one label.
        """
        spellings, owners = Spellings(known), dict[str, str]()
        labels = {each.class_id: _label_of(each, spellings) for each in categories}
        for class_id, label in labels.items():
            if label and (owner := owners.setdefault(label, class_id)) != class_id:
                raise InputError(
                    f"{self.files}: {label} is the label of both {owner} and {class_id}"
                )
        return labels

    def compressed(self) -> bool:
        """Whether images of a file are compressed, so that reading one reads many.

        Raises:
            InputError: a file cannot be read.
        """
        return not all(shard.verbatim for shard in self.shards())

    def found(self, category: Category, index: str | None = None) -> Iterator[Found]:
        """Yield the images of one class in the order of the files.

        Args:
            category: the class.
            index: the table that `parquet_index.write_index` made of these files.
        """
        if index is None:
            raise ValueError("images inside Parquet files are found by their index")
        known = pq.read_table(index, columns=["label"])["label"].unique().to_pylist()
        label = _label_of(category, Spellings(known))
        rows = pq.read_table(index, filters=[("label", "==", label)]).to_pylist() if label else []
        images = (Found(row["name"], row["path"], prompt=row["prompt"]) for row in rows)
        yield from part_of(images, self.split)


def _label_of(category: Category, labels: Spellings) -> str | None:
    """Which label of a set is a class's: its folder's name, or else its class_id."""
    return labels.find(*filter(None, (category.folder, category.class_id)))
