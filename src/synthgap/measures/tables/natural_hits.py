"""Which natural images a source puts right, image by image: natural-train's and natural-val's.

The source alone is the example. natural-train taught it nothing, so that a guidance scale can be
chosen on natural-train and what it is worth be asked of natural-val.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthgap.measures import nearest_centroid
from synthgap.measures import nearest_neighbours as neighbours
from synthgap.measures.nearest_neighbours import HEADLINE, least_images
from synthgap.measures.tables.embeddings import source_sample
from synthgap.tables import write

CHOOSING, CONFIRMING = "natural-train", "natural-val"

SCHEMA = pa.schema(
    [
        pa.field("part", pa.string()),
        pa.field("class_id", pa.string()),
        pa.field("centroid_accuracy", pa.bool_()),
        pa.field("knn_accuracy", pa.bool_()),
    ]
)


def write_natural_hits(
    path: str | Path,
    *,
    class_ids: Sequence[str],
    images: Sequence[str | Path],
    train: Sequence[str | Path],
    val: Sequence[str | Path],
    n: int,
    metadata: Mapping[str, str],
) -> None:
    """Classify natural images by the images of a source, and write a row a natural image.

    Args:
        path: where to. Columns: `part` (natural-train or natural-val), `class_id`, and of each
            measure whether the image was put right; `knn_accuracy` (5-NN) is null where a class has
            too few images to win the vote.
        class_ids: the classes.
        images: the source's tables of embeddings, in the order of the classes.
        train: natural-train's, of which n images a class are classified.
        val: natural-val's, of which all are.
        n: images a class.
        metadata: what made the table.

    Raises:
        InputError: a class has fewer than n images, or none in natural-val.
    """
    sample = source_sample(class_ids, images, val, n, 0, natural=train)
    assert sample.natural is not None
    counts = np.bincount(sample.labels)
    votes = counts.min() >= least_images(HEADLINE, len(counts))
    names = np.array(class_ids, dtype=object)
    parts = []
    for part, queries, labels in (
        (CHOOSING, sample.natural, sample.natural_labels),
        (CONFIRMING, sample.queries, sample.query_labels),
    ):
        asked = sample.images, sample.labels, queries, labels
        nearest = neighbours.hits(*asked, [HEADLINE])[HEADLINE] if votes else [None] * len(labels)
        columns = [[part] * len(labels), names[labels], nearest_centroid.hits(*asked), nearest]
        parts.append(pa.table([pa.array(each) for each in columns], SCHEMA.names).cast(SCHEMA))
    write(pa.concat_tables(parts), path, metadata)
