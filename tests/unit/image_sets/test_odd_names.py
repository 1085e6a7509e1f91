"""Class folders, files and labels may be called anything that a disk takes."""

import csv
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from encoding import encode, noise
from hypothesis import given
from hypothesis import strategies as st
from nobody import as_nobody
from reading import index_of, read_class

from synthgap import tables
from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.image_files.decoding import encoded
from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.found import PutAside
from synthgap.image_sets.listed_files import ListedFiles, read_list
from synthgap.image_sets.on_disk import as_on_disk
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.sets import ImageSet

CHARACTERS = [*"{}<>%#*?[]'\"\\&$;|~`!^=+@,:()-._ \n\t\r", "é", "e\u0301", "🦩", "ע", "\u202e"]
"""What Snakemake, shells, patterns, markup, tables or disks treat in a way of their own."""

NAMES = [
    *(f"a{character}b" for character in CHARACTERS),
    *("{x}", "{{y}}", "<b", "</script>".replace("/", ""), "-rf", "~root", "$HOME", "$(ls)", "`ls`"),
    *("a.", "a ", " a", "...", "x" * 200, "עברית", "=cmd|' C'!A0", "%s%n", "\\N", "CON", "a\nb"),
    *("[x]", "[!x]", "**", "?", "!", "#", "a#b", "x.png#offset=1&length=2", "a#row=1&column=b"),
    *("a#file", "null", "NaN", "1", "007", "True"),
    *(normalize(form, "größe") for form in ("NFC", "NFD")),
]


def fits(name: str) -> bool:
    """Whether a disk takes it for a class folder; a set is no place for hidden ones."""
    return name not in (".", "..") and len(name.encode()) < 200


ANY_NAME = st.lists(
    st.one_of(st.sampled_from(CHARACTERS), st.characters(codec="utf-8", exclude_characters="/\0")),
    min_size=1,
    max_size=12,
).map("".join)
ANY_NAME = ANY_NAME.filter(fits)

PICTURE, OTHER = encode(noise(4, 4, seed=1)), encode(noise(4, 4, seed=2))


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    read_list.cache_clear()
    yield
    read_list.cache_clear()


def contents(image_set: ImageSet, category: Category, out: Path) -> list[bytes]:
    """What is read of a class by way of its image table."""
    assert image_set.problem((category,)) is None
    assert image_set.counts((category,), 9) == {"c": 1}
    written = read_class(image_set, category, out, index=index_of(image_set, out))
    rows = tables.read(written.images).to_pylist()
    for row in rows:
        assert row["sha256"] == hashlib.sha256(encoded(row["image"])).hexdigest()
    return [encoded(row["image"]) for row in rows]


def check(name: str) -> None:
    """Read the picture of a class of this name, from a file of this name, in every kind of set."""
    with tempfile.TemporaryDirectory() as holder:
        folder, out = Path(holder, name), Path(holder, "o")
        place = folder / name
        category = Category(class_id="c", name="c", folder=name)
        place.mkdir(parents=True)
        out.mkdir()
        (place / f"x{name}.png").write_bytes(PICTURE)
        image_set: ImageSet = ClassFolders(kind="folder", images=str(folder))
        assert contents(image_set, category, out) == [PICTURE]
        assert image_set.stamp(category)

        listed = folder / f"{name}.csv"
        with listed.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file, quoting=csv.QUOTE_ALL)
            rows.writerows([("class_id", "file"), ("c", f"{name}/x{name}.png")])
        image_set = ListedFiles(kind="table", table=str(listed))
        assert contents(image_set, category, out) == [PICTURE]
        table = pa.table({"class_id": ["c"], "file": [f"x{name}.png"]})
        pq.write_table(table, folder / f"{name}.parquet")
        image_set = ListedFiles(
            kind="table", table=str(folder / f"{name}.parquet"), folder=str(place)
        )
        assert contents(image_set, category, out) == [PICTURE]

        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        cells = (
            ("zstd", {"bytes": PICTURE, "path": name}),
            ("none", {"bytes": PICTURE, "path": name}),
            ("none", {"bytes": None, "path": f"{place}/x{name}.png"}),
        )
        for number, (compression, cell) in enumerate(cells):
            inside = pa.table({name: pa.array([cell], kind), "label of " + name: [name]})
            pq.write_table(inside, place / f"{number}{name}.parquet", compression=compression)
            image_set = ParquetFiles(
                kind="parquet",
                files=f"{place}/{number}*.parquet" if number else f"{place}/{number}{name}.parquet",
                image=name,
                label="label of " + name,
            )
            assert contents(image_set, category, out) == [PICTURE]


@pytest.mark.parametrize("name", NAMES)
def test_a_special_name_works(name):
    check(name)


@given(ANY_NAME)
def test_any_name_works(name):
    check(name)


def test_hidden_files_stay_hidden_and_two_forms_are_two_names(tmp_path):
    for name in (".a.png", normalize("NFC", "é.png"), normalize("NFD", "é.png")):
        (tmp_path / "c").mkdir(exist_ok=True)
        (tmp_path / "c" / name).write_bytes(PICTURE)
    image_set = ClassFolders(kind="folder", images=str(tmp_path))
    found = list(image_set.found(Category(class_id="c", name="c")))
    assert len([item for item in found if not isinstance(item, PutAside)]) == 2
    # Neither is found under a third name, and each under its own.
    for form in ("NFC", "NFD"):
        path = normalize(form, str(tmp_path / "c/é.png"))
        assert as_on_disk(path) == path
    gone = str(tmp_path / "é.png")
    assert as_on_disk(gone) == gone


def test_a_path_is_found_part_by_part(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    on_disk = normalize("NFD", "ä/b/ç/x.png")
    Path(on_disk).parent.mkdir(parents=True)
    Path(on_disk).touch()
    assert as_on_disk(normalize("NFC", "ä/b/ç/x.png")) == on_disk
    whole = normalize("NFC", f"{tmp_path}/ä/../ä/b/ç/x.png")
    assert os.path.samefile(as_on_disk(whole), on_disk)


def test_folders_and_files_without_permission_are_told(tmp_path_factory):
    category = Category(class_id="c", name="c")
    with tempfile.TemporaryDirectory() as holder:
        os.chmod(holder, 0o755)
        shut, open_ = Path(holder, "shut/c"), Path(holder, "open/c")
        for place in (shut, open_):
            place.mkdir(parents=True)
            (place / "a.png").write_bytes(PICTURE)
            (place / "b.png").write_bytes(OTHER)
        (open_ / "b.png").chmod(0)
        shut.chmod(0)
        with as_nobody():
            image_set = ClassFolders(kind="folder", images=str(shut.parent))
            assert image_set.problem((category,)) == f"{shut}: cannot be read (Permission denied)"
            with pytest.raises(
                InputError, match=rf"^{shut}: cannot be read \(Permission denied\)$"
            ):
                image_set.counts((category,), 1)
        shut.chmod(0o755)
        out = tmp_path_factory.mktemp("out")
        image_set = ClassFolders(kind="folder", images=str(open_.parent))
        out.chmod(0o777)
        with as_nobody():
            assert image_set.counts((category,), 9) == {"c": 2}
            with pytest.raises(InputError, match=r"1 no permission to read it"):
                read_class(image_set, category, out)
