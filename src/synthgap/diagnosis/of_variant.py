"""The table of one variant: a row a class and cause."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from synthgap.described import Columns, described_table, schema_of
from synthgap.diagnosis.evidence import Class
from synthgap.diagnosis.verdicts import CAUSES, VERDICT, diagnose, verdicts
from synthgap.measures.intervals.samples import subsample
from synthgap.measures.prompt_adherence import directions
from synthgap.measures.tables.embeddings import distinct_texts, embeddings
from synthgap.tables import write

COLUMNS: Columns = {
    "encoder": (pa.string(), "model whose embeddings were measured"),
    "source": (pa.string(), "the variant"),
    "class_id": (pa.string(), "the class"),
    "name": (pa.string(), "the class's name; names may collide"),
    "cause": (pa.string(), f"the paper's term for what may be wrong: {', '.join(CAUSES)}"),
    "n": (pa.int64(), "images that were measured of the class in every source"),
    **VERDICT,
}

SCHEMA = schema_of(COLUMNS)


def diagnose_variant(
    path: str | Path,
    *,
    encoder: str,
    source: str,
    names: Mapping[str, str],
    images: Sequence[str | Path],
    train: Sequence[str | Path],
    val: Sequence[str | Path],
    prompts: str | Path | None,
    embeds_text: bool,
    n: int,
    draws: int,
    metadata: Mapping[str, str],
) -> None:
    """Write the verdict on each class and cause of a variant, with the numbers behind it.

    Args:
        path: where to.
        encoder: the model whose embeddings these are.
        source: the variant.
        names: of each class its name.
        images: the variant's tables of embeddings, in the order of the classes.
        train: those of natural-train.
        val: those of natural-val.
        prompts: table of embeddings of the variant's prompts; None without.
        embeds_text: whether the encoder embeds texts; if not, that is why there are no prompts.
        n: images a class that are measured.
        draws: partings of the natural images, and replicates of intervals.
        metadata: what made the table.

    Raises:
        InputError: a table has fewer than n images.
    """
    classes = [
        Class(class_id, name, *(subsample(embeddings(file, n), n, class_id) for file in files))
        for (class_id, name), *files in zip(names.items(), images, train, val, strict=True)
    ]
    texts = None if prompts is None else _directions(prompts, list(names))
    shared = {"encoder": encoder, "source": source, "n": n}
    rows = [shared | row for row in verdicts(classes, diagnose(classes, draws, texts, embeds_text))]
    write(described_table(rows, COLUMNS), path, metadata)


def _directions(path: str | Path, class_ids: Sequence[str]) -> Float[np.ndarray, "classes d"]:
    """Mean direction of each class's prompts, in the order of the classes."""
    table, texts = distinct_texts(path)
    number = {class_id: label for label, class_id in enumerate(class_ids)}
    labels = np.array([number[class_id] for class_id in table["class_id"].to_pylist()])
    return directions(texts.astype(np.float64), labels)
