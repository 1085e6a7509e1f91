"""CSV files that users write, against what Python's writer put into them."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthgap.classes import read_classes
from synthgap.csv_rows import csv_rows
from synthgap.errors import InputError
from synthgap.image_sets.listed_files import read_list
from synthgap.prompts.captions import read_captions

CELL = st.text(
    st.one_of(st.sampled_from(list(",;\t\"'\n\r =#|\\日é")), st.characters(codec="utf-8")),
    min_size=1,
    max_size=8,
).filter(lambda text: text.strip() and "\0" not in text and "\ufeff" not in text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELL, CELL, st.one_of(st.just(""), CELL)), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t"),
    mark=st.sampled_from(["", "\ufeff"]),
    # Where lines end in \n, Python's writer puts no quotes around a \r.
    style=st.sampled_from([(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\n")]),
)
def test_cells_come_back_unchanged(rows, delimiter, mark, style, tmp_path):
    quoting, end = style
    text = io.StringIO(newline="")
    written = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    written.writerows([("class_id", "file", "prompt"), *rows])
    file = tmp_path / "a.csv"
    file.write_bytes((mark + text.getvalue()).encode())
    found = [tuple(row.cells.values()) for row in csv_rows(file, ("class_id", "file"))]
    assert found == rows
    # The fast way of tables of files, and the one that it falls back to.
    read_list.cache_clear()
    listed = read_list(str(file))
    assert [tuple(row.values()) for row in listed.to_pylist()] == rows


def refused(read: Any, file: Path, content: bytes) -> str:
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    return message


READERS = [
    (lambda file: read_classes(str(file)), b"class_id;name\n", b"a;A\n"),
    (lambda file: read_captions(str(file)), b"class_id;prompt\n", b"a;an A\n"),
    (lambda file: list(csv_rows(file, ("class_id",))), b"class_id;x\n", b"a;\n"),
]


@pytest.mark.parametrize(("read", "header", "row"), READERS)
def test_every_reader_says_the_same_of_what_is_wrong(read, header, row, tmp_path):
    read_captions.cache_clear()
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xef\xbb\xbf" + header + row)
    assert len(read(file)) == 1
    read_captions.cache_clear()
    assert "has no rows under its header" in refused(read, file, header)
    assert "no column class_id" in refused(read, file, b"")
    assert "not UTF-8 text; save it as UTF-8" in refused(read, file, header + b"\xe9;x\n")
    assert "line 3: no class_id" in refused(read, file, header + row + b";x\n")
    assert "line 2: 3 cells under a header of 2" in refused(read, file, header + b"a;b;c\n")
    assert "line 2: not CSV" in refused(read, file, header + b'"a;b\n')


def test_cells_that_are_empty_may_be_too_many_or_too_few(tmp_path):
    (tmp_path / "a.csv").write_text("class_id,name,definition\na,A\nb,B,bee,,\n\nc,C,\n")
    rows = [(line, *cells.values()) for line, cells in csv_rows(tmp_path / "a.csv", ("name",))]
    assert rows == [(2, "a", "A", ""), (3, "b", "B", "bee"), (5, "c", "C", "")]


def test_what_is_no_file_is_not_waited_for(tmp_path):
    for file in ("/dev/zero", tmp_path):
        with pytest.raises(InputError, match=r"cannot be read \(not a file\)"):
            list(csv_rows(file, ("a",)))
