"""Small image tables to train on: a class is a brightness, with noise."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from synthgap.tables import IMAGES, write
from synthgap.training.index import Part
from synthgap.training.timm_classifier import TimmClassifier

CLASSES = ("c0", "c1", "c2")


def recipe(**keys: Any) -> TimmClassifier:
    """A recipe that trains in a second."""
    return TimmClassifier.model_validate(
        {
            "kind": "timm",
            "architecture": "test_resnet",
            "seeds": [0],
            "image_size": 32,
            "epochs": 2,
            "batch_size": 8,
            "learning_rate": 0.002,
            **keys,
        }
    )


def png(seed: int, brightness: int, side: int = 20) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 90, (side, side, 3))
    buffer = io.BytesIO()
    Image.fromarray((noise + brightness).astype(np.uint8)).save(buffer, format="PNG")
    return buffer.getvalue()


def rows(class_id: str, count: int, first: int = 0) -> list[dict[str, Any]]:
    label = CLASSES.index(class_id)
    return [
        {
            "image": {
                "bytes": png(1000 * label + first + index, 80 * label),
                "path": f"{class_id}/{index}",
            },
            "class_id": class_id,
            "index": index,
            "key": f"{class_id}-{first + index}",
        }
        for index in range(count)
    ]


def image_tables(folder: Path, count: int, first: int = 0, source: str = "s") -> list[Part]:
    """A table a class, and the parts of a training that take all of them."""
    parts = []
    for class_id in CLASSES:
        path = folder / source / f"{class_id}.parquet"
        write(pa.Table.from_pylist(rows(class_id, count, first), schema=IMAGES), path, {})
        parts.append(Part(str(path), source, None))
    return parts
