"""How many classes suffer from each cause: the diagnosis, counted by variant."""

import pandas as pd
import pyarrow as pa

from synthgap.described import Columns, described_table

NAMES = {
    "ambiguity": "ambiguous prompt",
    "adherence": "ignores the prompt",
    "diversity": "too alike",
    "concept": "off target",
}
"""Of each cause the words for people."""

COLUMNS: Columns = {
    "encoder": (pa.string(), "model whose embeddings were measured"),
    "source": (pa.string(), "the variant"),
    "cause": (pa.string(), "ambiguity, adherence, diversity or concept"),
    "classes": (pa.int64(), "classes in which the cause could be measured"),
    "suffer": (pa.int64(), "of these, classes that suffer from it"),
    "share": (pa.float64(), "suffer as a share of classes; empty where it could not be measured"),
}


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
                "classes": len(known),
                "suffer": suffer,
                "share": suffer / len(known) if len(known) else None,
            }
        )
    return described_table(rows, COLUMNS)
