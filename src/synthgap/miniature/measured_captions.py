"""The captioner `measured`: words for what is measured in the strokes of a digit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from synthgap.image_files.decoding import pictures
from synthgap.miniature.attributes import WORDS, describe
from synthgap.section import Section
from synthgap.tables import CAPTIONS, read, write


class MeasuredCaptioner(Section):
    """Weight, slant and width of the strokes, each in the word for its third of the class."""

    kind: Literal["measured"]
    """What is measured in handwritten digits: "thin, leaning right, wide"."""


def measured_captions(images: str | Path, path: str | Path, metadata: Mapping[str, str]) -> None:
    """Say of each scan of a class its weight, slant and width, with the words of the miniature.

    Each is cut at the terciles of the class's own scans, as the captions were by which the
    miniature's models learned.

    Args:
        images: image table of the class.
        path: where to.
        metadata: what made the table.

    Raises:
        InputError: a picture cannot be opened.
    """
    table = read(images)
    scans = np.stack([np.asarray(scan) for scan in pictures(table, images)])
    said = describe(scans, np.zeros(len(scans), dtype=np.int64))
    captions = [
        ", ".join(words[number] for words, number in zip(WORDS, row, strict=True)) for row in said
    ]
    columns = [table["class_id"], table["index"], table["key"], pa.array(captions, pa.string())]
    write(pa.Table.from_arrays(columns, schema=CAPTIONS), path, metadata)
