import re
from pathlib import Path

import pandas as pd
import pyarrow as pa

from synthgap import tables
from synthgap.figures.pages.flags import SHOWN, write_flags
from synthgap.summary.copied_images import COLUMNS as COPIES
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


def copies(*rows: list[object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COPIES))


NO_COPIES = copies(["plain", None, 6, 6, 0, 0, 0, 0, 0], ["plain", "crane", 6, 6, 0, 0, 0, 0, 0])


def page(tmp_path: Path, flags: pd.DataFrame, copied: pd.DataFrame = NO_COPIES) -> str:
    write_flags(tmp_path / "flags.html", flags, copied)
    return (tmp_path / "flags.html").read_text()


def test_the_page_lists_what_is_flagged(tmp_path):
    text = page(tmp_path, counted(tmp_path).to_pandas())
    assert "4 of the 8 images, natural ones among them," in text
    sources, classes, _ = text.split("<h2>")
    assert _cells(sources) == [
        ["plain", "6", "4", "2", "1", "1", "0"],
        ["other", "2", "0", "0", "0", "0", "0"],
    ]
    assert [row[:2] for row in _cells(classes)] == [["plain", "crane"], ["plain", "maillot"]]


def _cells(page: str) -> list[list[str]]:
    rows = [re.findall("<td>(.*?)</td>", row) for row in page.split("<tr>")]
    return [row for row in rows if row]


def test_the_page_says_when_nothing_is_flagged(tmp_path):
    flags = counted(tmp_path).to_pandas()
    text = page(tmp_path, flags[flags["source"] == "other"])
    assert "None of the 2 images is flagged." in text
    assert "No image is a copy" in text
    assert "<table" not in text


def test_the_page_lists_copies_by_source_and_class(tmp_path):
    found = copies(
        ["natural-train", None, 9, 8, 1, 0, None, 2, 3],
        ["natural-train", "<owl>", 5, 5, 0, 0, None, 1, 1],
        ["natural-train", "crane", 4, 3, 1, 0, None, 1, 2],
        ["natural-train", "kite", 4, 4, 0, 0, None, 0, 0],
        ["made", None, 7, 7, 0, 0, 0, 0, 0],
    )
    # As Parquet's whole numbers with empty cells become floats.
    found["of_natural_train"] = found["of_natural_train"].astype(float)
    text = page(tmp_path, counted(tmp_path).to_pandas(), found)
    _, _, sources, classes = text.split("<h2>")
    assert _cells(sources) == [
        ["natural-train", "9", "8", "1", "0", "–", "2", "3"],
        ["made", "7", "7", "0", "0", "0", "0", "0"],
    ]
    assert _cells(classes) == [
        ["natural-train", "crane", "4", "3", "1", "0", "–", "1", "2"],
        ["natural-train", "&lt;owl&gt;", "5", "5", "0", "0", "–", "1", "1"],
    ]


def test_the_page_stays_short(tmp_path):
    row = counted(tmp_path).to_pandas().iloc[[0]]
    many = pd.concat([row.assign(class_id=f"<c{n}>", flagged=n + 1) for n in range(100)])
    text = page(tmp_path, many)
    assert f"the first {SHOWN} of 100" in text
    assert text.index("&lt;c99&gt;") < text.index("&lt;c98&gt;")
    assert "&lt;c1&gt;" not in text
