"""A class is found by another spelling of its name, and by nothing else."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgap.classes import Category
from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.class_names import alike, normalised

NAMES = st.text(min_size=1)


@given(NAMES)
def test_the_unicode_form_and_capitals_do_not_count(name):
    assert normalised(unicodedata.normalize("NFD", name)) == normalised(
        unicodedata.normalize("NFC", name)
    )
    assert normalised(normalised(name)) == normalised(name)


@given(st.lists(st.sampled_from(["Crane", "CRANE", "crane", "grey heron", "Grey-Heron"])))
def test_an_exact_name_comes_first(known):
    found = alike(["crane"], known)
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
    assert alike(["crane"], [other]) is None


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
