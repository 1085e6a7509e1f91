"""Every case of `tests/cases/pictures.py`, through the doors by which files come in."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from encoding import pixels
from PIL import Image, ImageCms

from synthgap import tables
from synthgap.classes import Category
from synthgap.image_files.decoding import UnreadableError, opened, pictures
from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.image_table import read_images
from tests.cases.pictures import CASES, Shown, with_profile, written


def is_right(picture, right: Shown) -> bool:
    mean = pixels(picture).reshape(-1, 3).mean(axis=0)
    return picture.size == right.size and bool((abs(mean - right.colour) <= right.within).all())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_picture_opens_as_a_person_sees_it_or_says_why_not(name):
    case = CASES[name]
    if isinstance(case.right, Shown):
        assert is_right(opened(case.make()), case.right)
    else:
        with pytest.raises(UnreadableError) as caught:
            opened(case.make())
        assert str(caught.value) == case.right


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_class_folder_of_all_cases_becomes_a_table_of_those_that_can_be_shown(tmp_path):
    (tmp_path / "owl").mkdir()
    cases = written(tmp_path / "owl")
    images, aside = tmp_path / "images.parquet", tmp_path / "aside.parquet"
    read_images(
        ClassFolders(kind="folder", images=str(tmp_path)),
        Category(class_id="owl", name="owl"),
        index=None,
        images=images,
        quarantine=aside,
        least=1,
        max_unreadable=1,
        max_copies=0.2,
        threads=2,
        metadata={},
    )
    table = tables.read(images)
    names = [Path(cell["path"]).name for cell in table["image"].to_pylist()]
    good = {file: case.right for file, case in cases.items() if isinstance(case.right, Shown)}
    assert names == sorted(good)
    flags = table["flag"].to_pylist()
    for file, flag, picture in zip(names, flags, pictures(table, images), strict=True):
        assert is_right(picture, good[file]), file
        assert flag == good[file].flag, file
    reasons = {
        Path(row["path"]).name: (row["reason"], row["unreadable"])
        for row in tables.read(aside).to_pylist()
    }
    assert reasons == {
        file: (case.right, True)
        for file, case in cases.items()
        if not isinstance(case.right, Shown)
    }


@pytest.mark.parametrize("name", ["PNG bomb", "JPEG bomb", "a strip"])
def test_what_is_too_large_takes_no_memory(name, tmp_path):
    """In a process of its own, whose largest size the system tells in KiB."""
    (tmp_path / "bomb").write_bytes(CASES[name].make())
    code = (
        "import resource, sys\n"
        "from synthgap.image_files.decoding import UnreadableError, opened, only_colour\n"
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "content = open(sys.argv[1], 'rb').read()\n"
        "before = most()\n"
        "for use in (opened, only_colour):\n"
        "    try:\n"
        "        use(content)\n"
        "    except UnreadableError:\n"
        "        print(most() - before)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "bomb")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    grown = [int(line) for line in done.stdout.split()]
    assert len(grown) == 2
    assert max(grown) < 20 * 2**10


def test_the_profile_of_the_case_would_change_colours():
    """Or the case would show nothing."""
    picture = Image.open(io.BytesIO(with_profile()))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    applied = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"))
    assert np.abs(np.asarray(applied).astype(int) - np.asarray(picture)).max() > 50
