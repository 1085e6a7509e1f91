"""How many images of each variant and class are flagged, and by what."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from synthgap.image_files.flags import BLACK, NOT_A_NUMBER, ONE_COLOUR, SAFETY_CHECKER
from synthgap.tables import read

COLUMNS = {
    "source": "variant",
    "class_id": "the class",
    "images": "images that the variant has of the class",
    "flagged": "of these flagged, by whatever",
    "black": "flagged as black all over",
    "one_colour": "flagged as of one colour all over",
    "not_a_number": "flagged because a value was not a number",
    "safety_checker": "blackened by the pipeline's safety checker",
}

FLAGS = {flag.replace(" ", "_"): flag for flag in (BLACK, ONE_COLOUR, NOT_A_NUMBER, SAFETY_CHECKER)}
"""Of each column the flag that it counts."""


def flags_table(tables: Mapping[str, Sequence[str | Path]]) -> pa.Table:
    """Count flags: a row a variant and class.

    Args:
        tables: of each variant its image tables, of which two columns are read.
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
    texts = ("source", "class_id")
    return pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                pa.field(
                    name,
                    pa.string() if name in texts else pa.int64(),
                    metadata={"description": description},
                )
                for name, description in COLUMNS.items()
            ]
        ),
    )
