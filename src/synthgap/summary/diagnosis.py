"""The diagnoses of all variants under each other, with the names that people read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from synthgap.diagnosis.of_variant import SCHEMA
from synthgap.summary.causes import with_defects
from synthgap.tables import concatenate, write_with_csv


def join_diagnoses(
    path: str | Path, tables: Sequence[str | Path], metadata: Mapping[str, str]
) -> None:
    """Put the tables of all variants and encoders under each other, as Parquet and as CSV.

    Args:
        path: where to, Parquet; the CSV lies beside it.
        tables: of variants, as `diagnosis.of_variant` writes them.
        metadata: what made the table.
    """
    write_with_csv(with_defects(concatenate(tables).cast(SCHEMA)), path, metadata)
