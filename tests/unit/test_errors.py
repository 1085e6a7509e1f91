import errno
from pathlib import Path

import pytest

from synthgap.errors import InputError, logging_to


def fail_with(log: Path, error: Exception) -> str:
    def work() -> None:
        with logging_to(log):
            print("begun")
            raise error

    with pytest.raises(SystemExit, match="1"):
        work()
    return log.read_text()


def test_bad_input_is_a_line(tmp_path):
    said = fail_with(tmp_path / "logs/job.log", InputError("study.yaml: no"))
    assert said == "begun\nsynthgap: study.yaml: no\n"


def test_a_mistake_of_the_program_is_a_traceback(tmp_path):
    said = fail_with(tmp_path / "job.log", KeyError("key"))
    assert said.startswith("begun\nTraceback")
    assert said.endswith("KeyError: 'key'\n")


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (errno.ENOSPC, "table.parquet: No space left on device; free some, and run again"),
        (errno.EROFS, "table.parquet: Read-only file system; make it writable, or set results"),
        (errno.EACCES, "table.parquet: Permission denied; make it accessible, or set results"),
    ],
)
def test_a_disk_that_takes_no_more_is_a_line(tmp_path, number, line):
    said = fail_with(tmp_path / "job.log", OSError(number, "as pyarrow says", "table.parquet"))
    assert said.splitlines()[1].startswith(f"synthgap: {line}")
    assert len(said.splitlines()) == 2


def test_a_missing_file_is_a_mistake_of_the_program(tmp_path):
    assert "Traceback" in fail_with(tmp_path / "job.log", FileNotFoundError(errno.ENOENT, "no"))
