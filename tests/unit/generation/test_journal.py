"""Images that a killed job had finished: whole records are read, whatever follows them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from killed_job import COUNT, KILLED_AT, MADE, update

from synthgap.generation.image_table import Updated
from synthgap.generation.journal import Finished, Journal
from synthgap.tables import read

IMAGES = {f"k{number}": Finished(bytes([number]) * 50 * number, None) for number in range(1, 5)}


def write(table: Path, images: dict[str, Finished]) -> Path:
    journal = Journal(table)
    for key, image in images.items():
        journal.append(key, image)
    journal.close()
    return journal._own


def test_what_was_appended_is_read_back(tmp_path):
    flagged = {**IMAGES, "k5": Finished(b"", "black")}
    write(tmp_path / "crane.parquet", flagged)
    assert dict(Journal(tmp_path / "crane.parquet").read()) == flagged


def test_a_journal_may_end_anywhere(tmp_path):
    file = write(tmp_path / "crane.parquet", IMAGES)
    content = file.read_bytes()
    counts = []
    for end in range(0, len(content), 5):
        file.write_bytes(content[:end])
        found = dict(Journal(tmp_path / "crane.parquet").read())
        assert found.items() <= IMAGES.items()
        counts.append(len(found))
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3, 4}


def test_a_damaged_record_is_not_read(tmp_path):
    file = write(tmp_path / "crane.parquet", IMAGES)
    content = file.read_bytes()
    file.write_bytes(content.replace(bytes([2]) * 100, bytes([9]) * 100))
    found = dict(Journal(tmp_path / "crane.parquet").read())
    assert found == {key: image for key, image in IMAGES.items() if key != "k2"}
    file.write_bytes(b"no journal at all")
    assert dict(Journal(tmp_path / "crane.parquet").read()) == {}


def test_a_class_does_not_take_the_journal_of_another(tmp_path):
    write(tmp_path / "crane.parquet", IMAGES)
    write(tmp_path / "crane.2.parquet", {"other": IMAGES["k1"]})
    journal = Journal(tmp_path / "crane.parquet")
    assert dict(journal.read()) == IMAGES
    journal.remove()
    assert dict(Journal(tmp_path / "crane.2.parquet").read()) == {"other": IMAGES["k1"]}
    assert len(os.listdir(tmp_path)) == 1


def test_nothing_written_leaves_nothing(tmp_path):
    Journal(tmp_path / "images" / "crane.parquet").close()
    assert os.listdir(tmp_path) == []


def test_two_writers_do_not_disturb_each_other(tmp_path):
    """The first finishes while the second writes, and removes what it found."""
    table = tmp_path / "crane.parquet"
    second = Journal(table)
    second.append("k1", IMAGES["k1"])
    first = Journal(table)
    first.append("k2", IMAGES["k2"])
    assert dict(first.read()) == {"k1": IMAGES["k1"]}
    first.remove()
    second.append("k3", IMAGES["k3"])
    third = Journal(table)
    assert dict(third.read()) == {}
    second.remove()
    third.remove()
    assert os.listdir(tmp_path) == []


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    done = subprocess.run(
        [sys.executable, "-m", "killed_job", str(folder / "crane.parquet")],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["src", "tests/unit"])},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    return folder


def test_a_killed_job_goes_on_where_it_was(killed, tmp_path):
    before = dict(Journal(killed / "crane.parquet").read())
    assert len(before) == KILLED_AT
    MADE.clear()
    updated = update(killed / "crane.parquet")
    assert updated == Updated(kept=0, made=COUNT - KILLED_AT, resumed=KILLED_AT)
    assert len(MADE) == COUNT - KILLED_AT
    rows = {row["key"]: row["image"]["bytes"] for row in read(killed / "crane.parquet").to_pylist()}
    assert len(rows) == COUNT
    assert {key: rows[key] for key in before} == {key: i.content for key, i in before.items()}
    assert sorted(os.listdir(killed)) == [".crane.kept", "crane.parquet"]
    update(tmp_path / "crane.parquet")
    assert (killed / "crane.parquet").read_bytes() == (tmp_path / "crane.parquet").read_bytes()
