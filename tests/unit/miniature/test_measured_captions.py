"""Captions measured in digits, and the words of the miniature."""

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from synthgap.image_sets.digits import scans
from synthgap.miniature.attributes import WORDS, measure
from synthgap.miniature.captions import captions as language
from synthgap.miniature.measured_captions import measured_captions
from synthgap.tables import IMAGES, read, write

COUNT = 30


def table_of_sevens(path: Path) -> list[np.ndarray]:
    found = [np.asarray(scan.image) for scan in scans("train", "digit-7", COUNT, 5)]
    rows = []
    for index, pixels in enumerate(found):
        content = io.BytesIO()
        Image.fromarray(pixels).save(content, "PNG")
        image = {"bytes": content.getvalue(), "path": None}
        rows.append({"image": image, "class_id": "digit-7", "index": index, "key": str(index)})
    write(pa.Table.from_pylist(rows, schema=IMAGES), path, {})
    return found


def test_each_word_is_of_the_third_of_the_class_that_the_scan_lies_in(tmp_path: Path) -> None:
    pixels = table_of_sevens(tmp_path / "images.parquet")
    measured_captions(tmp_path / "images.parquet", tmp_path / "captions.parquet", {})
    said = [text.split(", ") for text in read(tmp_path / "captions.parquet")["caption"].to_pylist()]
    numbers = np.array([measure(scan.mean(axis=-1) / 255) for scan in pixels])
    for column, words in enumerate(WORDS):
        order = np.argsort(numbers[:, column], kind="stable")
        expected = np.empty(COUNT, dtype=object)
        for word, third in zip(words, np.array_split(order, 3), strict=True):
            expected[third] = word
        assert [row[column] for row in said] == list(expected)


def test_captions_are_of_the_language_that_the_models_learned(tmp_path: Path) -> None:
    table_of_sevens(tmp_path / "images.parquet")
    measured_captions(tmp_path / "images.parquet", tmp_path / "captions.parquet", {})
    found = Counter(read(tmp_path / "captions.parquet")["caption"].to_pylist())
    assert {f"seven, {caption}" for caption in found} <= set(language())
    assert len(found) > 5
