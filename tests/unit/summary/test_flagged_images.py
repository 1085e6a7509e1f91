from pathlib import Path

import pandas as pd
import pyarrow as pa

from synthgap import tables
from synthgap.summary.flagged_images import COLUMNS, flags_table


def image_table(path: Path, class_id: str, flags: list[str | None]) -> Path:
    rows = [{"class_id": class_id, "index": n, "flag": flag} for n, flag in enumerate(flags)]
    tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), path, {})
    return path


def counted(tmp_path: Path) -> pa.Table:
    crane = image_table(tmp_path / "a.parquet", "crane", ["black", None, "black", "not a number"])
    maillot = image_table(tmp_path / "b.parquet", "maillot", [None, "one colour"])
    clean = image_table(tmp_path / "c.parquet", "crane", [None, None])
    return flags_table({"plain": [crane, maillot], "other": [clean]})


def test_flags_are_counted_by_source_and_class(tmp_path):
    tables.write_with_csv(counted(tmp_path), tmp_path / "flags.parquet", {"study": "tiny"})
    expected = pd.DataFrame(
        [
            ["plain", "crane", 4, 3, 2, 0, 1, 0],
            ["plain", "maillot", 2, 1, 0, 1, 0, 0],
            ["other", "crane", 2, 0, 0, 0, 0, 0],
        ],
        columns=list(COLUMNS),
    )
    for found in (pd.read_parquet(tmp_path / "flags.parquet"), pd.read_csv(tmp_path / "flags.csv")):
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    schema = tables.read(tmp_path / "flags.parquet").schema
    assert schema.field("black").metadata[b"description"] == b"flagged as black all over"
