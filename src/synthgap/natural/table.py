"""The image table of one natural class."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import TypeAdapter

from synthgap.natural.sets import NaturalSet
from synthgap.provenance import digest
from synthgap.tables import IMAGES, write


def write_images(
    path: str | Path,
    natural_set: Mapping[str, Any],
    part: Literal["train", "val"],
    class_id: str,
    metadata: Mapping[str, str],
) -> int:
    """Write the table of one class of a natural set, and return how many images it has.

    Args:
        path: where to.
        natural_set: the study's section `natural`, as data.
        part: natural-train or natural-val.
        class_id: the class.
        metadata: what made the table.

    Raises:
        InputError: there are no images, or one cannot be read.
    """
    adapter: TypeAdapter[NaturalSet] = TypeAdapter(NaturalSet)
    rows = [
        {
            "image": {"bytes": image.content, "path": image.path},
            "class_id": class_id,
            "index": index,
            "prompt": None,
            "seed": None,
            "key": digest({"name": Path(image.path).name, "sha256": image.sha256}),
            "sha256": image.sha256,
        }
        for index, image in enumerate(adapter.validate_python(natural_set).images(part, class_id))
    ]
    write(pa.Table.from_pylist(rows, schema=IMAGES), path, metadata)
    return len(rows)
