"""Tables whose columns say what they mean."""

import pyarrow as pa
import pytest

from synthgap import tables
from synthgap.described import Described, described_table, metadata_of_columns, with_interval

COLUMNS = {
    "source": (pa.string(), "variant"),
    **with_interval("cmmd", "a distance", name="CMMD", family="Distances", note=", paired"),
    "chosen": Described(pa.string(), "what was chosen"),
}


def test_columns_stand_in_their_order_with_their_types_whatever_rows_hold():
    table = described_table([{"cmmd": 1, "more": 2}, {"source": "disamb"}], COLUMNS)
    assert table.column_names == ["source", "cmmd", "cmmd_low", "cmmd_high", "chosen"]
    empty = {"cmmd_low": None, "cmmd_high": None, "chosen": None}
    assert table.to_pylist() == [
        {"source": None, "cmmd": 1.0, **empty},
        {"source": "disamb", "cmmd": None, **empty},
    ]
    assert described_table([], COLUMNS).schema == table.schema


def test_what_columns_say_of_themselves_is_read_back(tmp_path):
    tables.write(described_table([], COLUMNS), tmp_path / "t.parquet", {"study": "tiny"})
    assert metadata_of_columns(tmp_path / "t.parquet") == {
        "source": {"description": "variant"},
        "cmmd": {"description": "a distance", "name": "CMMD", "family": "Distances"},
        "cmmd_low": {"description": "lower end of the 95 % interval of cmmd, paired"},
        "cmmd_high": {"description": "upper end of the 95 % interval of cmmd, paired"},
        "chosen": {"description": "what was chosen"},
    }


def test_a_value_of_another_type_is_refused():
    with pytest.raises(pa.ArrowInvalid):
        described_table([{"cmmd": "far"}], COLUMNS)
