"""Which natural image goes with which generated one.

The natural images of a class are drawn by the study's seed, none twice as long as there are others:
the first images of a class take all of them in a random order, the next all of them in another.
What goes with an image depends on its index, and neither on how many there are nor on the variant.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Int
from PIL import Image

from synthgap import seeds
from synthgap.described import Columns, described_table
from synthgap.image_files.decoding import picture
from synthgap.provenance import digest
from synthgap.tables import read, write

COLUMNS: Columns = {
    "class_id": (pa.string(), "the class"),
    "index": (pa.int64(), "of a generated image, in every variant that is made from natural ones"),
    "seed": (pa.int64(), "its seed"),
    "natural_index": (pa.int64(), "index of the natural-train image that goes with it"),
    "natural_key": (pa.string(), "its key"),
}


def drawn(count: int, of: int, study_seed: int, class_id: str) -> Int[np.ndarray, "count"]:
    """Draw numbers below `of`, all of them before one comes again.

    >>> sorted(drawn(3, 3, 0, "crane").tolist()), len(set(drawn(5, 3, 0, "crane")[3:].tolist()))
    ([0, 1, 2], 2)
    """
    rounds = [
        seeds.generator("natural choice", study_seed, class_id, number).permutation(of)
        for number in range(-(-count // of))
    ]
    return np.concatenate(rounds)[:count]


def choose(
    natural: str | Path,
    path: str | Path,
    *,
    class_id: str,
    count: int,
    study_seed: int,
    metadata: Mapping[str, str],
) -> None:
    """Write which image of a class goes with each index.

    Args:
        natural: image table of natural-train of the class.
        path: where to.
        class_id: the class.
        count: images that are generated of it.
        study_seed: the study's seed.
        metadata: what made the table.
    """
    rows = read(natural, ["index", "key"]).to_pylist()
    chosen = [
        {
            "class_id": class_id,
            "index": index,
            "seed": seeds.image_seed(study_seed, class_id, index),
            "natural_index": rows[number]["index"],
            "natural_key": rows[number]["key"],
        }
        for index, number in enumerate(drawn(count, len(rows), study_seed, class_id).tolist())
    ]
    write(described_table(chosen, COLUMNS), path, metadata)


class NaturalImages:
    """The natural images that images of one class are made from, by the seeds of these."""

    def __init__(self, natural: str | Path, choices: str | Path) -> None:
        """Read what there is and what was chosen of it; a picture is opened when it is asked for.

        Args:
            natural: image table of natural-train of the class.
            choices: as `choose` wrote them.
        """
        self._table = natural
        rows = read(natural, ["image", "index", "sha256"]).to_pylist()
        self._rows = {row["index"]: row for row in rows}
        self._chosen = {
            row["seed"]: row["natural_index"]
            for row in read(choices, ["seed", "natural_index"]).to_pylist()
        }
        self.identity = digest([row["sha256"] for row in rows])
        """Of all natural images of the class in their order, which with an image's seed decide
        which of them goes with it."""

    def of(self, image_seeds: Sequence[int]) -> list[Image.Image]:
        """Open the natural images that go with some images.

        Raises:
            InputError: one cannot be opened, or is not what the table lists.
        """
        rows = [self._rows[self._chosen[seed]] for seed in image_seeds]
        return [
            picture(
                row["image"],
                row["sha256"] if row["image"]["bytes"] is None else None,
                self._table,
            )
            for row in rows
        ]
