"""The table of captions of one class's natural images."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from tqdm import tqdm

from synthgap.captioning.transformers_captioner import TransformersCaptioner
from synthgap.image_files.decoding import pictures
from synthgap.jobs.ahead import ahead
from synthgap.models import Checkpoint
from synthgap.tables import CAPTIONS, read, read_pieces, write


def caption_image_table(
    images: str | Path,
    path: str | Path,
    *,
    captioner: TransformersCaptioner,
    checkpoint: Checkpoint,
    threads: int,
    metadata: Mapping[str, str],
) -> None:
    """Caption the pictures of an image table, row by row.

    Args:
        images: the image table.
        path: where to.
        captioner: how to caption.
        checkpoint: the model.
        threads: CPU threads to use: they decode, and compute where there is no GPU.
        metadata: what made the table.

    Raises:
        InputError: the model or a picture cannot be opened, a picture is not what the table lists,
            or the model needs more than an image.
    """
    opened = captioner.open(checkpoint, threads)
    rows = read(images, ["class_id", "index", "key"])
    prepared = ahead(
        lambda part: opened.prepare(list(pictures(part, images))),
        read_pieces(images, opened.batch_size),
        threads,
        most=threads + 1,
    )
    captions = tqdm(
        opened.captions(prepared),
        desc=str(path),
        total=rows.num_rows,
        unit="image",
        file=sys.stderr,
    )
    write_captions(path, rows, list(captions), metadata)


def write_captions(
    path: str | Path, rows: pa.Table, captions: Sequence[str], metadata: Mapping[str, str]
) -> None:
    """Write the captions of the rows of an image table.

    Args:
        path: where to.
        rows: `class_id`, `index` and `key` of n images.
        captions: n, in the order of the rows.
        metadata: what made them.
    """
    texts = pa.array(captions, pa.string())
    columns = [rows["class_id"], rows["index"], rows["key"], texts]
    write(pa.Table.from_arrays(columns, schema=CAPTIONS), path, metadata)
