"""The tables of embeddings: of the images of one source and class, of the prompts of a variant."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import gcd
from pathlib import Path
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from synthgap.embedding.clip import ClipEncoder, OpenClip
from synthgap.embedding.encoders import Encoder
from synthgap.embedding.transformers_model import Inputs
from synthgap.image_files.decoding import pictures
from synthgap.jobs.ahead import ahead
from synthgap.models import Checkpoint
from synthgap.provenance import digest
from synthgap.tables import read, read_pieces, write_embeddings

PIECE = 8
"""Pictures that a thread decodes and prepares at once. Few, so that the first batch comes soon and
little lies about decoded; more than one, since each call of a processor has its price."""

BATCHES_AHEAD = 2
"""Batches that may lie prepared before the device takes them."""


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
        threads: CPU threads to use: they decode, and compute where there is no GPU.
        metadata: what made the table.

    Raises:
        InputError: the model or a picture cannot be opened, a picture is not what the table lists,
            or has no usable embedding.
    """
    opened = encoder.open(checkpoint, threads)
    rows = read(images, ["class_id", "index", "key"])
    piece = gcd(opened.batch_size, PIECE)
    prepared = ahead(
        lambda part: opened.prepare(list(pictures(part, images))),
        read_pieces(images, piece),
        threads,
        most=threads + BATCHES_AHEAD * opened.batch_size // piece,
    )
    with tqdm(desc=str(path), total=rows.num_rows, unit="image", file=sys.stderr) as progress:
        features = opened.embed_images(_counted(prepared, progress))
    write_embeddings(path, rows, features, metadata)


def _counted(prepared: Iterable[Inputs], progress: "tqdm[Any]") -> Iterator[Inputs]:
    for inputs in prepared:
        yield inputs
        progress.update(len(next(iter(inputs.values()))))


def embed_prompts(
    prompts: Mapping[str, Sequence[str]],
    path: str | Path,
    *,
    encoder: ClipEncoder,
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
    _say_what_is_cut(prompts, opened)
    table = pa.Table.from_pylist(rows)
    write_embeddings(path, table, opened.embed_texts(table["text"].to_pylist()), metadata)


def _say_what_is_cut(prompts: Mapping[str, Sequence[str]], opened: OpenClip) -> None:
    """Print the classes of which a prompt exceeds the model's context, as it is cut there."""
    tokenizer = opened.processor.tokenizer
    limit = min(tokenizer.model_max_length, opened.model.config.text_config.max_position_embeddings)
    for class_id, texts in prompts.items():
        # Without `verbose`, transformers would say the same of the first prompt alone.
        longest = max(len(tokenizer(text, verbose=False)["input_ids"]) for text in texts)
        if longest > limit:
            print(
                f"{class_id}: a prompt has {longest} tokens, the limit is {limit}, and what is "
                "beyond is cut off"
            )
