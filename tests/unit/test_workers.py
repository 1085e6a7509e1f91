import contextlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import worker_tasks as tasks

from synthgap import workers
from synthgap.errors import InputError
from synthgap.workers import call

ROOT = Path(__file__).parents[2]


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def running(process: int) -> bool:
    """Whether a process lives; one that has ended but is still listed does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def workers_below(folder: Path) -> list[int]:
    """Processes that name a folder in their command, as the workers of its runs do."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{process}/cmdline").read_bytes()
            if f"{folder}/".encode() in command and running(int(process)):
                found.append(int(process))
    return found


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A run that stands for Snakemake's: a process of its own; gives its folder of slots."""
    # A socket's path has to be short.
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{Path(__file__).parent}")
        snakemake = subprocess.Popen(["sleep", "300"])
        monkeypatch.setenv(workers.RUN, str(snakemake.pid))
        folder = Path(short) / f"synthgap-{os.getuid()}-{platform.node()}" / str(snakemake.pid)
        yield folder
        snakemake.kill()
        snakemake.wait()
        assert wait_for(lambda: not workers_below(folder.parent))


def test_without_a_run_the_work_is_done_here(monkeypatch):
    monkeypatch.delenv(workers.RUN, raising=False)
    assert call(tasks.process) == os.getpid()
    with pytest.raises(ZeroDivisionError):
        call(tasks.fail)


def test_a_worker_is_another_process_and_serves_the_next_job_too(run):
    first = call(tasks.process)
    assert first != os.getpid()
    assert call(tasks.process) == first
    assert call(tasks.add, 2, b=3) == 5


def test_two_jobs_at_once_have_two_workers(run):
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(call, tasks.process_after, 1.0) for _ in range(2)]
        processes = {job.result() for job in jobs}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert call(tasks.process) in processes
    assert sorted(slot.name for slot in run.iterdir()) == ["0", "1"]


def test_bad_input_comes_back_as_bad_input(run):
    with pytest.raises(InputError, match=r"^study.yaml: no such thing$"):
        call(tasks.refuse, "study.yaml: no such thing")
    assert call(tasks.process) != os.getpid()


def test_another_failure_comes_back_with_the_workers_traceback(run):
    first = call(tasks.process)
    with pytest.raises(RuntimeError, match="ZeroDivisionError: a task that fails") as caught:
        call(tasks.fail)
    assert "worker_tasks.py" in str(caught.value)
    assert call(tasks.process) == first


@pytest.mark.parametrize("died", ["at work", "with an answer that cannot be sent"])
def test_where_a_worker_dies_the_job_does_the_work_itself(run, capsys, died):
    first = call(tasks.process)
    if died == "at work":
        assert call(tasks.die_unless, os.getpid()) == os.getpid()
    else:
        assert callable(call(tasks.unpicklable))
    assert "going on without it" in capsys.readouterr().err
    second = call(tasks.process)
    assert second not in (first, os.getpid())


def test_a_task_that_the_worker_cannot_import_is_done_here(run, monkeypatch, capsys):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    assert call(tasks.process) == os.getpid()
    assert "going on without it" in capsys.readouterr().err


def test_a_worker_that_does_not_start_is_done_without(run, monkeypatch, capsys):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert call(tasks.process) == os.getpid()
    assert "it did not start" in capsys.readouterr().err


def test_output_goes_to_the_file_behind_standard_error(run, tmp_path, monkeypatch):
    for name in ("one", "two"):
        with (tmp_path / f"{name}.log").open("w", buffering=1) as log:
            monkeypatch.setattr(sys, "stderr", log)
            print("before", file=sys.stderr)
            call(tasks.say, name)
    for name in ("one", "two"):
        lines = (tmp_path / f"{name}.log").read_text().splitlines()
        assert lines[0] == "before"
        assert sorted(lines[1:]) == [name, f"{name} (error)", f"{name} (raw)"]


class TestFolder:
    def test_only_the_user_may_enter(self, run):
        call(tasks.process)
        for folder in (run, run.parent):
            assert folder.stat().st_mode & 0o777 == 0o700
        assert (run / "0" / "key").stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("level", ["user", "run"])
    def test_that_others_may_enter_is_refused(self, run, capsys, level):
        run.mkdir(parents=True, mode=0o700)
        run.parent.chmod(0o700)
        (run if level == "run" else run.parent).chmod(0o755)
        assert call(tasks.process) == os.getpid()
        assert "is not private" in capsys.readouterr().err
        assert list(run.iterdir()) == []

    def test_that_is_a_link_is_refused(self, run, tmp_path, capsys):
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        run.parent.symlink_to(tmp_path / "elsewhere")
        assert call(tasks.process) == os.getpid()
        assert "going on without it" in capsys.readouterr().err
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_stale_sockets_of_dead_workers_are_replaced(self, run):
        first = call(tasks.process)
        os.kill(first, 9)
        assert wait_for(lambda: not running(first))
        assert (run / "0" / "socket").exists()
        assert call(tasks.process) not in (first, os.getpid())


def a_job(statement: str) -> subprocess.Popen[str]:
    """A process of the run that executes a statement, as Snakemake's jobs do."""
    code = f"import worker_tasks; from synthgap.workers import call; {statement}"
    environment = {**os.environ, "TMPDIR": tempfile.gettempdir()}
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    )


class TestEnd:
    def test_workers_end_with_their_run_and_clear_its_folder(self, run, monkeypatch):
        snakemake = subprocess.Popen(["sleep", "300"])
        monkeypatch.setenv(workers.RUN, str(snakemake.pid))
        worker = call(tasks.process)
        time.sleep(1.2)
        assert running(worker)
        snakemake.kill()
        snakemake.wait()
        assert wait_for(lambda: not running(worker))
        assert wait_for(lambda: not (run.parent / str(snakemake.pid)).exists())

    def test_a_worker_ends_when_the_job_that_waits_for_it_dies(self, run, tmp_path):
        note = tmp_path / "note"
        job = a_job(f"call(worker_tasks.note, {str(note)!r}, 60)")
        assert wait_for(lambda: note.exists() and note.read_text() != "")
        worker = int(note.read_text())
        assert worker != job.pid
        assert running(worker)
        job.kill()
        job.communicate()
        assert wait_for(lambda: not running(worker), 5)
        # The slot is free again, and has a worker of its own.
        assert call(tasks.process) not in (worker, os.getpid())

    def test_a_worker_outlives_the_job_that_started_it(self, run):
        job = a_job("print(call(worker_tasks.process))")
        printed, _ = job.communicate(timeout=60)
        assert call(tasks.process) == int(printed)
