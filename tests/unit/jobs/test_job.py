"""What a script of the workflow does around its work; shown by scripts that are started."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from synthgap.jobs.runs import RUN
from synthgap.jobs.workers import VISIBLE

SCRIPT = """
from types import SimpleNamespace

snakemake = SimpleNamespace(log=[{log!r}], threads=1, resources={resources!r})

from synthgap.jobs.job import job


@job(snakemake)
def work():
    import os
    from synthgap.errors import InputError
    from synthgap.jobs.workers import serving
    print("worker" if serving() else "job", os.environ.get("CUDA_VISIBLE_DEVICES"))
    {work}
"""


@pytest.fixture(params=["with workers", "without workers"])
def place(request, monkeypatch):
    """Where a script's work is done."""
    monkeypatch.delenv(VISIBLE, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3] / "src"))
    if request.param == "without workers":
        monkeypatch.delenv(RUN, raising=False)
        return "job"
    request.getfixturevalue("run")
    return "worker"


class Script:
    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "logs" / "job.log"

    def run(self, work: str = "pass", **resources: int) -> int:
        script = self.folder / "script.py"
        script.write_text(SCRIPT.format(log=str(self.log), resources=resources, work=work))
        environment = {**os.environ, "TMPDIR": tempfile.gettempdir()}
        done = subprocess.run([sys.executable, script], env=environment, capture_output=True)
        assert done.stdout == done.stderr == b""
        return done.returncode

    def said(self) -> str:
        return self.log.read_text()


@pytest.fixture
def script(tmp_path):
    return Script(tmp_path)


def test_what_the_work_prints_is_in_the_log(place, script):
    assert script.run("print('done')") == 0
    assert script.said() == f"{place} None\ndone\n"


def test_an_older_log_is_replaced(place, script):
    script.run("print('older')")
    script.run()
    assert script.said() == f"{place} None\n"


def test_bad_input_is_one_line(place, script):
    assert script.run("raise InputError('study.yaml: no such thing')") == 1
    assert script.said() == f"{place} None\nsynthgap: study.yaml: no such thing\n"


def test_another_failure_has_its_traceback_in_the_log(place, script):
    assert script.run("{}['key']") == 1
    assert "Traceback (most recent call last)" in script.said()
    assert script.said().endswith("KeyError: 'key'\n")


def test_the_work_sees_the_device_that_the_job_holds(place, script, monkeypatch):
    monkeypatch.setenv(VISIBLE, "4,5")
    assert script.run(gpu=1) == 0
    assert script.said() == f"on GPU 4\n{place} 4\n"


def test_work_without_a_device_sees_what_is_there(place, script, monkeypatch):
    monkeypatch.setenv(VISIBLE, "4,5")
    assert script.run() == 0
    assert script.said() == f"{place} 4,5\n"


def test_more_devices_than_there_are_is_one_line(place, script, monkeypatch):
    monkeypatch.setenv(VISIBLE, "4")
    assert script.run(gpu=2) == 1
    assert script.said().startswith("synthgap: the job computes on 2 GPUs, but sees 1 (4)")


def test_where_the_worker_dies_the_job_does_the_work_and_says_so(script, run, monkeypatch):
    monkeypatch.delenv(VISIBLE, raising=False)
    assert script.run("serving() and os._exit(9)") == 0
    first, second, third = script.said().splitlines()
    assert first == "worker None"
    assert second.startswith("synthgap: the worker failed (it ended before it answered)")
    assert third == "job None"


def test_a_job_whose_work_a_worker_does_loads_nothing_heavy():
    code = "import sys, synthgap.jobs.job; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pyarrow", "pydantic", "jaxtyping", "tqdm", "torch", "asyncio"}
    assert not heavy & set(done.stdout.split())
