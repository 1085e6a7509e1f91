"""Every image set of `tests/cases`: the check, the index and the reading of each class."""

import faulthandler
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reading import index_of, read_class

from synthgap import tables
from synthgap.errors import InputError
from synthgap.image_sets.listed_files import read_list
from synthgap.image_sets.sets import ImageSet
from tests.cases.listed_sets import TABLE_CASES
from tests.cases.parquet_sets import PARQUET_CASES
from tests.cases.sets import CLASSES, FOLDER_CASES, NUMBERS, Right, SetCase

CASES = [*FOLDER_CASES, *TABLE_CASES, *PARQUET_CASES]
KINDS = ["folder"] * len(FOLDER_CASES) + ["table"] * len(TABLE_CASES)
KINDS += ["parquet"] * len(PARQUET_CASES)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run where the case may be made; nothing may be waited for."""
    read_list.cache_clear()
    folder = tmp_path / "f"
    folder.mkdir()
    monkeypatch.chdir(folder)
    faulthandler.dump_traceback_later(60, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def read_all(image_set: ImageSet, out: Path) -> tuple[dict[str, list[int]], list[dict[str, Any]]]:
    """The numbers of the pictures that each class gets, and what was put aside."""
    index = index_of(image_set, out)
    numbers, aside = {}, []
    for category in CLASSES:
        written = read_class(image_set, category, out, index=index, max_unreadable=0.9)
        hashes = tables.read(written.images)["sha256"].to_pylist()
        numbers[category.class_id] = [NUMBERS[sha256] for sha256 in hashes]
        aside += tables.read(written.aside).to_pylist()
    return numbers, aside


def checked(image_set: ImageSet) -> str | None:
    """What the check says of a set, by its problem or by counting."""
    try:
        return image_set.problem(CLASSES) or (image_set.counts(CLASSES, 1) and None)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{kind}: {case.name}" for kind, case in zip(KINDS, CASES, strict=True)]
)
def test_each_case_has_its_right_value(case: SetCase, tmp_path: Path) -> None:
    image_set, right = case.make(Path.cwd()), case.right
    problem = checked(image_set)
    if isinstance(right, Right):
        assert problem is None
        numbers, aside = read_all(image_set, tmp_path)
        assert numbers == {"crane": list(right.crane), "owl": list(right.owl)}
        assert len(aside) == len(right.aside)
        for end, reason in right.aside.items():
            assert [row["reason"] for row in aside if row["path"].endswith(end)] == [reason]
        # What looks like an image before it is opened.
        counts = image_set.counts(CLASSES, 1000)
        images = len(numbers["crane"]) + len(numbers["owl"])
        assert sum((counts or {}).values()) == images + sum(row["unreadable"] for row in aside)
        return
    if right.by_job:
        assert problem is None
        with pytest.raises(InputError) as caught:
            read_all(image_set, tmp_path)
        problem = str(caught.value)
    assert problem is not None
    assert "\n" not in problem
    for part in right.parts:
        assert part in problem
