"""The four defects in words, and how many classes have each: the diagnosis, counted by variant."""

from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from synthgap.described import Columns, described_table, schema_of


class Defect(NamedTuple):
    """What is wrong with a class of images, in words that a person reads.

    Tables know it by the paper's term, the column `cause`.
    """

    name: str
    """Wherever it is named."""
    of_many: str
    """What several classes do or have: "10 of 10 are too alike"."""
    subject: str
    """In a sentence on a variant, what has it in some classes: "its images are" ..."""
    predicate: str
    """... "too alike"."""


DEFECTS = {
    "ambiguity": Defect(
        "ambiguous prompt", "have an ambiguous prompt", "its prompt is", "ambiguous"
    ),
    "adherence": Defect(
        "ignores the prompt", "ignore the prompt", "its images", "ignore the prompt"
    ),
    "diversity": Defect("too alike", "are too alike", "its images are", "too alike"),
    "concept": Defect("off target", "are off target", "its images are", "off target"),
}
"""Of each cause what people read, in the order in which they should be mended."""

NAMES = {cause: defect.name for cause, defect in DEFECTS.items()}
"""Of each cause the name of the defect."""

CAUSE = (pa.string(), f"the paper's term for what may be wrong: {', '.join(NAMES)}")
DEFECT = (pa.string(), f"the same in plain words: {', '.join(NAMES.values())}")
"""Columns of the summaries."""

COLUMNS: Columns = {
    "encoder": (pa.string(), "model whose embeddings were measured"),
    "source": (pa.string(), "the variant"),
    "cause": CAUSE,
    "defect": DEFECT,
    "classes": (pa.int64(), "classes in which the defect could be looked for"),
    "suffer": (pa.int64(), "of these, classes that have it"),
    "share": (pa.float64(), "suffer as a share of classes; empty where it could not be looked for"),
}


def counted(cause: str, suffer: int, classes: int) -> str:
    """Say how many classes have a defect.

    >>> counted("adherence", 0, 10)
    '0 of 10 ignore the prompt'
    """
    return f"{suffer} of {classes} {DEFECTS[cause].of_many}"


def with_defects(diagnosis: pa.Table) -> pa.Table:
    """Put the name of the defect beside each cause.

    Args:
        diagnosis: rows with a column `cause`.
    """
    names = pa.array([NAMES[cause] for cause in diagnosis["cause"].to_pylist()], pa.string())
    place = diagnosis.schema.get_field_index("cause")
    return diagnosis.add_column(place + 1, schema_of({"defect": DEFECT}).field(0), names)


def causes_table(diagnosis: pd.DataFrame) -> pa.Table:
    """Count the classes that suffer: a row an encoder, variant and cause.

    Args:
        diagnosis: `summary/diagnosis`, a row an encoder, variant, class and cause.
    """
    rows = []
    for (encoder, source, cause), group in diagnosis.groupby(
        ["encoder", "source", "cause"], sort=False
    ):
        known = group["suffers"].dropna().astype(bool)
        suffer = int(known.sum())
        rows.append(
            {
                "encoder": encoder,
                "source": source,
                "cause": cause,
                "defect": NAMES[str(cause)],
                "classes": len(known),
                "suffer": suffer,
                "share": suffer / len(known) if len(known) else None,
            }
        )
    return described_table(rows, COLUMNS)
