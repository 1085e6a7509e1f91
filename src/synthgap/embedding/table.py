"""The tables of embeddings: of the images of one source and class, of the prompts of a variant."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from tqdm import tqdm

from synthgap.embedding.encoders import Encoder
from synthgap.images import pictures
from synthgap.models import Checkpoint
from synthgap.provenance import digest
from synthgap.tables import read, write_embeddings


def embed_image_table(
    images: str | Path,
    path: str | Path,
    *,
    encoder: Encoder,
    checkpoint: Checkpoint,
    threads: int,
    metadata: Mapping[str, str],
) -> None:
    """Embed the pictures of an image table, row by row.

    Args:
        images: the image table.
        path: where to.
        encoder: how to embed.
        checkpoint: the model.
        threads: CPU threads to use.
        metadata: what made the table.

    Raises:
        InputError: the model or a picture cannot be opened, or a picture has no usable embedding.
    """
    opened = encoder.open(checkpoint, threads)
    table = read(images)
    progress = tqdm(
        pictures(table), desc=str(path), total=table.num_rows, unit="image", file=sys.stderr
    )
    write_embeddings(path, table, opened.embed_images(progress), metadata)


def embed_prompts(
    prompts: Mapping[str, Sequence[str]],
    path: str | Path,
    *,
    encoder: Encoder,
    checkpoint: Checkpoint,
    threads: int,
    metadata: Mapping[str, str],
) -> None:
    """Embed the prompts of every class of a variant.

    Args:
        prompts: of each class id its prompts, none of them twice.
        path: where to.
        encoder: how to embed.
        checkpoint: the model.
        threads: CPU threads to use.
        metadata: what made the table.

    Raises:
        InputError: the model cannot be opened.
    """
    opened = encoder.open(checkpoint, threads)
    rows = [
        {"class_id": class_id, "index": index, "key": digest(text), "text": text}
        for class_id, texts in prompts.items()
        for index, text in enumerate(texts)
    ]
    table = pa.Table.from_pylist(rows)
    write_embeddings(path, table, opened.embed_texts(table["text"].to_pylist()), metadata)
