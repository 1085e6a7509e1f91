"""How many images of each source and class are flagged, and by what."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from synthgap.described import Columns, described_table
from synthgap.image_files.flags import BLACK, NOT_A_NUMBER, ONE_COLOUR, SAFETY_CHECKER
from synthgap.tables import read

COLUMNS: Columns = {
    "source": (pa.string(), "variant, natural-train or natural-val"),
    "class_id": (pa.string(), "the class"),
    "images": (pa.int64(), "images that the source has of the class"),
    "flagged": (pa.int64(), "of these flagged, by whatever"),
    "black": (pa.int64(), "flagged as black all over"),
    "one_colour": (pa.int64(), "flagged as of one colour all over"),
    "not_a_number": (pa.int64(), "flagged because a value was not a number"),
    "safety_checker": (pa.int64(), "blackened by the pipeline's safety checker"),
}
"""Of each column its type and what it means."""

FLAGS = {flag.replace(" ", "_"): flag for flag in (BLACK, ONE_COLOUR, NOT_A_NUMBER, SAFETY_CHECKER)}
"""Of each column the flag that it counts."""


def flags_table(tables: Mapping[str, Sequence[str | Path]]) -> pa.Table:
    """Count flags: a row a source and class.

    Args:
        tables: of each source its image tables, of which two columns are read.
    """
    rows = []
    for source, paths in tables.items():
        for path in paths:
            table = read(path, ["class_id", "flag"])
            found = Counter(flag for flag in table["flag"].to_pylist() if flag is not None)
            counts = {column: found[flag] for column, flag in FLAGS.items()}
            rows.append(
                {
                    "source": source,
                    "class_id": table["class_id"][0].as_py(),
                    "images": table.num_rows,
                    "flagged": found.total(),
                    **counts,
                }
            )
    return described_table(rows, COLUMNS)
