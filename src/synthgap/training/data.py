"""Image tables as a data set that torch's DataLoader takes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from synthgap.images import pictures
from synthgap.tables import concatenate


class TableDataset:
    """The pictures of several image tables, opened when they are asked for, and their labels."""

    def __init__(
        self,
        tables: Sequence[str | Path],
        class_ids: Sequence[str],
        transform: Callable[[Any], Any],
    ) -> None:
        """Read the tables; files that they refer to are not opened yet.

        Args:
            tables: paths of image tables.
            class_ids: the classes, in the order of their numbers.
            transform: what makes a tensor of a picture.
        """
        self.table: pa.Table = concatenate(tables, ["image", "class_id", "index", "key"])
        number = {class_id: label for label, class_id in enumerate(class_ids)}
        self.labels = np.array([number[name] for name in self.table["class_id"].to_pylist()])
        self.transform = transform

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.labels)

    def __getitem__(self, position: int) -> tuple[Any, int]:
        """The picture at a position, transformed, and the number of its class."""
        (picture,) = pictures(self.table.slice(position, 1))
        return self.transform(picture), int(self.labels[position])
