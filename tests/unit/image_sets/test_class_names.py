"""A class is found by another spelling of its name, and by nothing else."""

import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.class_names import Spellings, normalised
from synthgap.image_sets.parquet_files import ParquetFiles

NAMES = st.text(min_size=1)


@given(NAMES)
def test_the_unicode_form_and_capitals_do_not_count(name):
    assert normalised(unicodedata.normalize("NFD", name)) == normalised(
        unicodedata.normalize("NFC", name)
    )
    assert normalised(normalised(name)) == normalised(name)


@given(st.lists(st.sampled_from(["Crane", "CRANE", "crane", "grey heron", "Grey-Heron"])))
def test_an_exact_name_comes_first(known):
    found = Spellings(known).find("crane")
    spelled = {name for name in known if normalised(name) == "crane"}
    if "crane" in spelled:
        assert found == "crane"
    elif len(spelled) > 1:
        assert found is None
    else:
        assert found in {None, *spelled}
        assert (found is None) == (not spelled)


@pytest.mark.parametrize("other", ["crane 2", "crane.", "crän", "{crane}", ""])
def test_other_names_are_other_classes(other):
    assert Spellings([other]).find("crane") is None


def test_class_folders_may_be_spelled_otherwise(tmp_path: Path):
    for folder in ("Grey Heron", "Ka\u0308fer"):
        (tmp_path / folder).mkdir()
        for number in range(2):
            (tmp_path / folder / f"{number}.png").write_bytes(b"")
    images = ClassFolders(kind="folder", images=str(tmp_path))
    classes = (
        Category(class_id="grey_heron", name="heron"),
        Category(class_id="beetle", name="beetle", folder="Käfer"),
    )
    assert images.problem(classes) is None
    assert [Path(images.place(each)).name for each in classes] == ["Grey Heron", "Ka\u0308fer"]
    assert len(list(images.found(classes[1]))) == 2
    # A second one that is spelled so is no guess's matter.
    (tmp_path / "GREY-HERON").mkdir()
    problem = images.problem(classes)
    assert problem is not None
    assert "no folder grey_heron" in problem


def test_a_class_folder_that_is_missing_is_not_looked_for_under_the_class_id(tmp_path: Path):
    (tmp_path / "crane").mkdir()
    images = ClassFolders(kind="folder", images=str(tmp_path))
    machine = Category(class_id="crane", name="crane", folder="crane machine")
    assert images.problem([machine]) == (
        f"no folder crane machine in {tmp_path}; each class needs one"
    )


def labelled(folder: Path, *labels: str) -> ParquetFiles:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    cells = [{"bytes": bytes([number]), "path": None} for number, _ in enumerate(labels)]
    table = pa.table({"image": pa.array(cells, kind), "label": list(labels)})
    pq.write_table(table, folder / "a.parquet")
    return ParquetFiles(kind="parquet", files=str(folder / "a.parquet"))


def test_of_two_labels_that_fit_a_class_has_the_one_of_its_folder(tmp_path: Path):
    images = labelled(tmp_path, "Grey Heron", "Grey-Heron", "Grey-Heron")
    heron = Category(class_id="Grey-Heron", name="heron", folder="Grey Heron")
    assert images.counts([heron], 9) == {"Grey-Heron": 1}
    other = Category(class_id="Grey-Heron", name="heron")
    assert images.counts([other], 9) == {"Grey-Heron": 2}


def test_two_classes_do_not_share_a_label(tmp_path: Path):
    images = labelled(tmp_path, "Grey Heron")
    ones = [
        Category(class_id="a", name="a", folder="Grey Heron"),
        Category(class_id="grey_heron", name="b"),
    ]
    with pytest.raises(InputError, match="Grey Heron is the label of both a and grey_heron"):
        images.counts(ones, 9)
