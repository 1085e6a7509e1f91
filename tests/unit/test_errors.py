import errno
import subprocess
import sys
from pathlib import Path

import pytest

from synthgap.errors import InputError, logging_to

SCRIPT = """
import logging, os, subprocess, sys, warnings
from synthgap.errors import InputError, logging_to, output_to

{before}
with logging_to(sys.argv[1]):
    print("begun")
    {work}
"""


class Done:
    """What came of a process that logs."""

    def __init__(self, folder: Path, work: str, before: str = "pass") -> None:
        self.log = folder / "logs/job.log"
        code = SCRIPT.format(work=work, before=before)
        done = subprocess.run(
            [sys.executable, "-c", code, self.log],
            text=True,
            capture_output=True,
            check=False,
            env={
                "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
                "LC_ALL": "en_US.ISO-8859-1",
            },
        )
        self.code, self.elsewhere = done.returncode, done.stdout + done.stderr

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")


def test_bad_input_is_a_line(tmp_path):
    done = Done(tmp_path, "raise InputError('study.yaml: no')")
    assert done.said == "begun\nsynthgap: study.yaml: no\n"
    assert (done.code, done.elsewhere) == (1, "")


def test_a_mistake_of_the_program_is_a_traceback(tmp_path):
    said = Done(tmp_path, "{}['key']").said
    assert said.startswith("begun\nTraceback")
    assert said.endswith("KeyError: 'key'\n")


def test_all_that_the_process_prints_is_there_in_its_order(tmp_path):
    work = (
        "print(1); os.system('echo 2'); print(3, file=sys.stderr); os.write(1, b'4\\n'); print(5)"
    )
    assert Done(tmp_path, work).said.split() == ["begun", *"12345"]


def test_any_character_can_be_printed_in_any_locale(tmp_path):
    assert Done(tmp_path, "print('鶴 \\udcff')").said == "begun\n鶴 \\udcff\n"


def test_a_handler_of_logging_follows_and_comes_back(tmp_path):
    before = "logging.getLogger().addHandler(logging.StreamHandler())"
    done = Done(tmp_path, "logging.error('inside')", before + "; logging.error('before')")
    assert done.said == "begun\ninside\n"
    assert done.elsewhere == "before\n"


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (errno.ENOSPC, "table.parquet: No space left on device; free some, and run again"),
        (errno.EROFS, "table.parquet: Read-only file system; make it writable, or set results"),
        (errno.EACCES, "table.parquet: Permission denied; make it accessible, or set results"),
    ],
)
def test_a_disk_that_takes_no_more_is_a_line(tmp_path, number, line):
    said = Done(tmp_path, f"raise OSError({number}, 'as pyarrow says', 'table.parquet')").said
    assert said.splitlines()[1].startswith(f"synthgap: {line}")
    assert len(said.splitlines()) == 2


def test_a_missing_file_is_a_mistake_of_the_program(tmp_path):
    assert "Traceback" in Done(tmp_path, "open('no such file')").said


def test_where_the_log_can_grow_no_more_the_reason_replaces_it(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    ignored = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
    work = "[print('a line of progress') for _ in range(300)]"
    done = Done(tmp_path, work, f"{limit}; {ignored}")
    assert done.code == 1
    assert done.said.splitlines()[-1].endswith("File too large")


def test_it_may_be_called_where_no_process_is_started(tmp_path):
    with pytest.raises(SystemExit, match="1"), logging_to(tmp_path / "job.log"):
        raise InputError("no")
    assert (tmp_path / "job.log").read_text() == "synthgap: no\n"
