import csv
import io
import os
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from points import directions, write_points

from synthgap import tables
from synthgap.errors import InputError
from synthgap.files import replacing, replacing_folder
from synthgap.image_files.decoding import pictures

TABLE = pa.table({"class_id": ["crane", "maillot"], "n": [3, 4]})


def png(grey: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (5, 4), (grey, grey, grey)).save(buffer, format="PNG")
    return buffer.getvalue()


def image_table(*cells: dict[str, bytes | str | None]) -> pa.Table:
    rows = [
        {"image": cell, "class_id": "crane", "index": index, "key": f"k{index}", "sha256": None}
        for index, cell in enumerate(cells)
    ]
    return pa.Table.from_pylist(rows, schema=tables.IMAGES)


class TestRoundTrip:
    def test_table_and_what_made_it_come_back(self, tmp_path):
        path = tmp_path / "deep" / "er" / "table.parquet"
        tables.write(TABLE, path, {"study": "tiny", "spec": '{"n":3,"größe":1}'})
        assert tables.read(path).replace_schema_metadata(None) == TABLE
        assert tables.metadata_of(path) == {"study": "tiny", "spec": '{"n":3,"größe":1}'}

    def test_one_column_can_be_read_alone(self, tmp_path):
        tables.write(TABLE, tmp_path / "t.parquet", {})
        assert tables.read(tmp_path / "t.parquet", ["n"]).column_names == ["n"]

    def test_a_folder_like_class_id_x_adds_no_column(self, tmp_path):
        path = tmp_path / "kind=odd" / "t.parquet"
        tables.write(TABLE, path, {})
        assert tables.read(path).column_names == TABLE.column_names

    def test_the_same_table_gives_the_same_bytes(self, tmp_path):
        for name in ("a", "b"):
            tables.write(TABLE, tmp_path / name / "t.parquet", {"study": "tiny"})
        one, other = ((tmp_path / name / "t.parquet").read_bytes() for name in ("a", "b"))
        assert one == other

    def test_metadata_of_a_foreign_table_is_empty(self, tmp_path):
        pq.write_table(TABLE, tmp_path / "t.parquet")
        assert tables.metadata_of(tmp_path / "t.parquet") == {}

    def test_tables_are_read_one_after_another(self, tmp_path):
        paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
        for path in paths:
            tables.write(TABLE, path, {"path": path.name})
        joined = tables.concatenate(paths, ["class_id"])
        assert joined["class_id"].to_pylist() == ["crane", "maillot"] * 2

    def test_a_null_column_joins_one_of_texts(self, tmp_path):
        empty = pa.table({"class_id": pa.nulls(1), "n": [1]})
        tables.write(TABLE, tmp_path / "a.parquet", {})
        tables.write(empty, tmp_path / "b.parquet", {})
        joined = tables.concatenate([tmp_path / "a.parquet", tmp_path / "b.parquet"])
        assert joined["class_id"].to_pylist() == ["crane", "maillot", None]

    @pytest.mark.parametrize("content", [b"", b"no table at all", b"PAR1 half of one"])
    def test_what_is_no_table_is_refused_in_one_line(self, tmp_path, content):
        path = tmp_path / "t.parquet"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"not a readable Parquet table.*delete it") as caught:
            tables.read(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("damage", [slice(30, 90), slice(-60, -20)])
    def test_a_damaged_table_is_refused_in_one_line(self, tmp_path, damage):
        path = tmp_path / "t.parquet"
        tables.write(pa.table({"a": list(range(1000))}), path, {})
        content = bytearray(path.read_bytes())
        content[damage] = b"\xff" * len(content[damage])
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"not a readable Parquet table.*delete it") as caught:
            tables.read(path)
        assert "\n" not in str(caught.value)


class TestHuggingFace:
    def test_datasets_opens_the_image_table_with_pictures(self, tmp_path):
        (tmp_path / "disk.png").write_bytes(png(200))
        table = image_table(
            {"bytes": png(100), "path": "crane/00000"},
            {"bytes": None, "path": str(tmp_path / "disk.png")},
        )
        path = tmp_path / "crane.parquet"
        tables.write(table, path, {"study": "tiny"})
        opened = datasets.load_dataset(
            "parquet", data_files=str(path), cache_dir=str(tmp_path / "cache"), split="train"
        )
        assert isinstance(opened.features["image"], datasets.Image)
        assert opened.column_names == tables.IMAGES.names
        assert [row["image"].size for row in opened] == [(5, 4), (5, 4)]
        assert [row["image"].getpixel((0, 0))[0] for row in opened] == [100, 200]
        assert opened[0]["prompt"] is None
        assert opened["index"][:] == [0, 1]

    def test_can_be_read_a_few_pictures_at_a_time(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tables, "ROW_GROUP_BYTES", 300)
        path = tmp_path / "images.parquet"
        count = 20
        table = image_table(*({"bytes": bytes([number]), "path": None} for number in range(count)))
        tables.write(table, path, {})
        # A group is the least that is read.
        assert pq.ParquetFile(path).num_row_groups > 1
        pieces = list(tables.read_pieces(path, 4))
        assert max(piece.num_rows for piece in pieces) == 4
        assert pa.concat_tables(pieces).to_pylist() == table.to_pylist()
        path.write_bytes(b"no table")
        with pytest.raises(InputError, match="not a readable Parquet table"):
            next(tables.read_pieces(path, 4))

    def test_pictures_come_from_bytes_or_from_the_file(self, tmp_path):
        Image.new("L", (3, 3), 7).save(tmp_path / "grey.png")
        cells = ({"bytes": png(9), "path": "x"}, {"bytes": None, "path": f"{tmp_path}/grey.png"})
        found = list(pictures(image_table(*cells), "t"))
        assert [image.mode for image in found] == ["RGB", "RGB"]
        assert [image.getpixel((1, 1)) for image in found] == [(9, 9, 9), (7, 7, 7)]

    @pytest.mark.parametrize("content", [None, b"no picture"])
    def test_a_picture_that_cannot_be_opened_is_named(self, content):
        table = image_table({"bytes": content, "path": "no/such.png"})
        with pytest.raises(InputError, match=r"^no/such.png: cannot be used as an image"):
            list(pictures(table, "t"))


class TestReplacing:
    def test_puts_the_file_into_place_only_at_the_end(self, tmp_path):
        target = tmp_path / "deep" / "file.csv"
        with replacing(target) as beside:
            assert beside.suffix == ".csv"
            beside.write_text("new")
            assert not target.exists()
        assert target.read_text() == "new"
        assert os.listdir(target.parent) == ["file.csv"]

    def test_an_exception_leaves_the_old_file_and_nothing_else(self, tmp_path):
        target = tmp_path / "file.csv"
        target.write_text("old")

        def fail() -> None:
            with replacing(target) as beside:
                beside.write_text("half of")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert target.read_text() == "old"
        assert os.listdir(tmp_path) == ["file.csv"]

    def test_a_failed_table_leaves_the_old_one(self, tmp_path, monkeypatch):
        path = tmp_path / "t.parquet"
        tables.write(TABLE, path, {})
        before = path.read_bytes()

        def fail(table: pa.Table, where: Path, **options: object) -> None:
            Path(where).write_bytes(b"half")
            raise OSError("disk full")

        monkeypatch.setattr(pq, "write_table", fail)
        with pytest.raises(OSError, match="disk full"):
            tables.write(TABLE, path, {})
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["t.parquet"]

    def test_a_folder_is_replaced_whole_or_not_at_all(self, tmp_path):
        target = tmp_path / "model"
        with replacing_folder(target) as beside:
            (beside / "old").touch()

        def fail() -> None:
            with replacing_folder(target) as beside:
                (beside / "half").touch()
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert os.listdir(target) == ["old"]
        with replacing_folder(target) as beside:
            (beside / "new").touch()
        assert os.listdir(target) == ["new"]
        assert os.listdir(tmp_path) == ["model"]


class TestEmbeddings:
    def test_come_back_with_unit_length_in_the_order_of_the_rows(self, tmp_path):
        points = directions(0, 6, 5)
        path = write_points(tmp_path / "e.parquet", "crane", points * np.arange(1, 7)[:, None])
        found = tables.read_embeddings(path)
        assert found.dtype == np.float32
        assert found == pytest.approx(points, abs=1e-6)
        table = tables.read(path)
        assert table.schema.equals(tables.embeddings_schema(5))
        assert table["norm"].to_pylist() == pytest.approx(list(range(1, 7)))
        assert table["key"].to_pylist() == [f"crane/{index}" for index in range(6)]

    @pytest.mark.parametrize("bad", [0.0, np.nan, np.inf, -np.inf])
    def test_without_a_direction_are_refused_in_one_line(self, tmp_path, bad):
        points = directions(1, 4, 3)
        points[2] = bad
        with pytest.raises(InputError) as caught:
            write_points(tmp_path / "e.parquet", "crane", points)
        message = str(caught.value)
        assert "image 2 of class crane" in message
        assert "float32" in message
        assert "\n" not in message
        assert os.listdir(tmp_path) == []


def test_one_row_is_that_of_pyarrow():
    row = {"class_id": "Kräne", "n": 3, "value": 0.1 + 0.2, "draws": np.arange(5) / 7}
    one, other = tables.one_row(row), pa.Table.from_pylist([row])
    assert one.equals(other)
    one.validate(full=True)
    assert tables.one_row({"draws": np.arange(6.0)[::2]}).to_pylist() == [
        {"draws": [0.0, 2.0, 4.0]}
    ]


def test_embeddings_in_part_of_a_table_are_those_rows(tmp_path):
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(12, dtype=np.float32)), 3)
    table = pa.table({"embedding": column})
    expected = np.arange(12).reshape(4, 3)
    assert np.array_equal(tables.embeddings_in(table), expected)
    assert np.array_equal(tables.embeddings_in(table.slice(1, 2)), expected[1:3])
    assert np.array_equal(tables.embeddings_in(pa.concat_tables([table, table])), [*expected] * 2)


class TestCsv:
    TEXTS = (
        [
            "=cmd|' /C calc'!A0",
            "+1+1",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\n=1",
            " =1",
            "\ufeff=1",
            "\uff1d1",
        ],
        ["crane", "a=b", "'=quoted", "", "größe - klein", "\N{MINUS SIGN}1"],
    )

    def written(self, table: pa.Table, path: Path) -> list[dict[str, str]]:
        tables.write_with_csv(table, path, {})
        assert tables.read(path).replace_schema_metadata(None) == table
        with path.with_suffix(".csv").open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    @pytest.mark.parametrize(
        "kind", [pa.string(), pa.large_string(), pa.dictionary("int32", "string")]
    )
    def test_no_text_begins_as_a_formula(self, tmp_path, kind):
        formulas, others = self.TEXTS
        table = pa.table({"name": pa.array([*formulas, *others]).cast(kind)})
        rows = self.written(table, tmp_path / "t.parquet")
        assert [row["name"] for row in rows] == [*(f"'{text}" for text in formulas), *others]

    def test_a_carriage_return_begins_neither_row_nor_formula(self, tmp_path):
        table = pa.table({"name": ["\r=1", "a\r=1", "a\r\nb"], "n": [1, 2, 3]})
        rows = self.written(table, tmp_path / "t.parquet")
        assert [row["name"] for row in rows] == ["'\n=1", "a\n=1", "a\nb"]

    def test_numbers_and_empty_cells_stay(self, tmp_path):
        table = pa.table({"x": [-1.5, None, 2.0], "n": [-3, 4, 0], "text": ["-", None, "a"]})
        rows = self.written(table, tmp_path / "t.parquet")
        assert [row["x"] for row in rows] == ["-1.5", "", "2.0"]
        assert [row["n"] for row in rows] == ["-3", "4", "0"]
        assert [row["text"] for row in rows] == ["'-", "", "a"]
