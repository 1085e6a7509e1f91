"""Zero-shot accuracy of an encoder: natural-val, classified by prompts alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthgap import seeds
from synthgap.measures import prompt_adherence
from synthgap.measures.intervals.estimates import columns, share
from synthgap.measures.tables.embeddings import distinct_texts, of_one_space, tables_of_one_space
from synthgap.tables import write

NAME = "zero_shot_accuracy"


def measure_zero_shot(
    path: str | Path,
    *,
    class_ids: Sequence[str],
    queries: Sequence[str | Path],
    prompts: str | Path,
    draws: int,
    metadata: Mapping[str, str],
) -> None:
    """Write the share of natural-val images whose own class's prompt scores highest, one row.

    It is `prompt_adherence.adherence` of natural-val: a class with several prompts competes with
    their mean, and a tie counts as right. Replicate b resamples the same queries in every encoder.

    Args:
        path: where to. Columns: `zero_shot_accuracy` with its interval and its replicates.
        class_ids: the classes.
        queries: natural-val's tables of embeddings, in the order of the classes.
        prompts: table of embeddings of a variant's prompts.
        draws: replicates for the interval.
        metadata: what made the table.

    Raises:
        InputError: queries and prompts are not of one space.
    """
    of_classes = list(tables_of_one_space(queries, 1))
    images = np.concatenate(of_classes)
    labels = np.repeat(np.arange(len(of_classes)), [len(part) for part in of_classes])
    table, texts = distinct_texts(prompts)
    of_one_space(queries[0], images, prompts, texts)
    number = {class_id: label for label, class_id in enumerate(class_ids)}
    text_labels = np.array([number[name] for name in table["class_id"].to_pylist()])
    hits = prompt_adherence.hits(images, labels, texts, text_labels)
    rngs = [seeds.generator("queries", class_id) for class_id in class_ids]
    found = share(hits[None], labels, rngs, draws)
    row = columns(NAME, found.overall.value, found.overall_interval)
    row[f"{NAME}_replicates"] = found.overall.replicates
    write(pa.Table.from_pylist([row]), path, metadata)
