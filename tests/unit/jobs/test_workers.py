import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from processes import running, wait_for

from synthgap.jobs import runs
from synthgap.jobs.workers import hand_over


class Scripts:
    """Scripts that say in which process they ran, and a log for them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "job.log"
        self.log.touch()

    def write(self, body: str = "", name: str = "script") -> Path:
        script = self.folder / f"{name}.py"
        note = f"pathlib.Path({str(self.note(name))!r}).write_text(str(os.getpid()))"
        script.write_text(f"import os, pathlib, sys, time\n{note}\n{body}\n")
        return script

    def note(self, name: str = "script") -> Path:
        return self.folder / f"{name}.pid"

    def do(
        self, body: str = "", name: str = "script", threads: int = 1, devices: str | None = None
    ) -> int | None:
        return hand_over(self.write(body, name), self.log, threads, devices)

    def process(self, **where: object) -> int:
        """The process in which a script runs that does nothing else."""
        self.note().unlink(missing_ok=True)
        assert self.do(**where) == 0  # type: ignore[arg-type]
        return int(self.note().read_text())


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    return Scripts(tmp_path)


def test_without_a_run_the_work_is_still_to_be_done(scripts, monkeypatch):
    monkeypatch.delenv(runs.RUN, raising=False)
    assert scripts.do() is None
    assert not scripts.note().exists()


def test_a_worker_is_another_process_and_serves_the_next_job_too(run, scripts):
    first = scripts.process()
    assert first != os.getpid()
    assert scripts.process() == first


def test_what_one_job_imported_is_there_for_the_next(run, scripts):
    code = "sys.exit('colorsys' in sys.modules)\n"
    assert scripts.do(code) == 0
    assert scripts.do("import colorsys") == 0
    assert scripts.do(code) == 1


def test_a_job_finds_neither_variables_nor_paths_of_another(run, scripts):
    scripts.do("left = 1; sys.path.insert(0, '/elsewhere'); sys.argv.append('more')")
    body = "assert 'left' not in globals() and '/elsewhere' not in sys.path and len(sys.argv) == 1"
    assert scripts.do(body) == 0


def test_a_script_is_executed_as_if_it_were_started(run, scripts):
    assert scripts.do("assert __name__ == '__main__' and sys.argv == [__file__]") == 0
    body = "from synthgap.jobs import runs, workers; assert workers.serving()"
    assert scripts.do(f"{body} and runs.RUN not in os.environ") == 0


@pytest.mark.parametrize(
    ("ending", "code"),
    [("sys.exit(3)", 3), ("sys.exit()", 0), ("sys.exit('a message')", 1), ("pass", 0)],
)
def test_exit_codes_come_back(run, scripts, ending, code):
    assert scripts.do(ending) == code


def test_two_jobs_at_once_have_two_workers(run, scripts):
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(scripts.do, "time.sleep(1)", name) for name in ("one", "two")]
        assert [job.result() for job in jobs] == [0, 0]
    processes = {int(scripts.note(name).read_text()) for name in ("one", "two")}
    assert len(processes) == 2
    assert scripts.process() in processes


def test_jobs_of_other_threads_have_other_workers(run, scripts):
    one, two = scripts.process(threads=1), scripts.process(threads=2)
    assert one != two
    assert scripts.process(threads=1) == one
    assert scripts.process(threads=2) == two


class TestDevices:
    def test_a_worker_sees_its_device_alone(self, run, scripts):
        assert scripts.do("assert os.environ['CUDA_VISIBLE_DEVICES'] == '3'", devices="3") == 0

    def test_each_device_has_its_worker(self, run, scripts):
        first, second = scripts.process(devices="0"), scripts.process(devices="1")
        assert first != second
        assert scripts.process(devices="0") == first
        assert scripts.process(devices="1") == second

    def test_a_job_of_another_kind_frees_its_device_first(self, run, scripts):
        before = scripts.process(devices="0", threads=1)
        other, without = scripts.process(devices="1"), scripts.process()
        # The worker of before lets nobody begin who could find its device taken.
        assert scripts.do(devices="0", threads=2) == 0
        assert wait_for(lambda: not running(before), 1)
        assert running(other)
        assert running(without)

    def test_a_job_of_several_devices_frees_each(self, run, scripts):
        held = [scripts.process(devices=device) for device in ("0", "1", "2")]
        assert scripts.do(devices="0,1") == 0
        assert wait_for(lambda: not running(held[0]) and not running(held[1]), 1)
        assert running(held[2])

    def test_a_busy_worker_of_a_shared_device_stays(self, run, scripts):
        with ThreadPoolExecutor(1) as pool:
            busy = pool.submit(scripts.do, "time.sleep(2)", "busy", 1, "0")
            assert wait_for(scripts.note("busy").exists)
            assert scripts.do(devices="0", threads=2) == 0
            assert busy.result() == 0


def test_a_failure_leaves_its_traceback_in_the_log(run, scripts):
    first = scripts.process()
    assert (
        scripts.do("def inner():\n    raise ZeroDivisionError('a task that fails')\ninner()") == 1
    )
    said = scripts.log.read_text()
    assert "ZeroDivisionError: a task that fails" in said
    assert "in inner" in said
    assert scripts.process() == first


def test_where_a_worker_dies_the_work_is_still_to_be_done(run, scripts, capsys):
    first = scripts.process()
    assert scripts.do("os._exit(3)") is None
    assert "going on without it" in capsys.readouterr().err
    assert scripts.process() not in (first, os.getpid())


def test_where_the_worker_ended_with_its_run_nobody_wants_the_work(
    run, scripts, monkeypatch, capsys
):
    snakemake = subprocess.Popen(["sleep", "300"])
    monkeypatch.setenv(runs.RUN, str(snakemake.pid))
    with pytest.raises(SystemExit, match="1"):
        scripts.do(f"os.kill({snakemake.pid}, 9); time.sleep(60)")
    said = capsys.readouterr().err
    assert said == "synthgap: Snakemake has ended, and so does this job\n"
    snakemake.wait()


def test_a_worker_that_does_not_start_is_done_without(run, scripts, monkeypatch, capsys):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert scripts.do() is None
    assert "it did not start" in capsys.readouterr().err


def test_output_goes_to_the_log_of_its_job(run, scripts):
    for name in ("one", "two"):
        scripts.log = scripts.folder / f"{name}.log"
        scripts.log.write_text("before\n")
        body = f"print('{name}'); print('{name}', file=sys.stderr); os.write(2, b'{name}\\n')"
        assert scripts.do(body) == 0
    for name in ("one", "two"):
        assert (scripts.folder / f"{name}.log").read_text().split() == ["before", *[name] * 3]


class TestFolder:
    def test_only_the_user_may_enter(self, run, scripts):
        scripts.process()
        for folder in (run, run.parent):
            assert folder.stat().st_mode & 0o777 == 0o700
        (slot,) = run.iterdir()
        assert (slot / "key").stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("level", ["user", "run"])
    def test_that_others_may_enter_is_refused(self, run, scripts, capsys, level):
        run.mkdir(mode=0o700)
        (run if level == "run" else run.parent).chmod(0o755)
        assert scripts.do() is None
        assert "is not private" in capsys.readouterr().err
        assert list(run.iterdir()) == []

    def test_that_is_a_link_is_refused(self, run, scripts, tmp_path, capsys):
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        run.parent.rmdir()
        run.parent.symlink_to(tmp_path / "elsewhere")
        assert scripts.do() is None
        assert "going on without it" in capsys.readouterr().err
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_stale_sockets_of_dead_workers_are_replaced(self, run, scripts):
        first = scripts.process()
        os.kill(first, 9)
        assert wait_for(lambda: not running(first))
        assert list(run.glob("*/socket"))
        assert scripts.process() not in (first, os.getpid())

    def test_whoever_has_no_key_is_not_served_and_ends_nothing(self, run, scripts):
        from multiprocessing import AuthenticationError
        from multiprocessing.connection import Client

        first = scripts.process()
        (socket,) = run.glob("*/socket")
        with pytest.raises(AuthenticationError):
            Client(str(socket), "AF_UNIX", authkey=b"guessed")
        assert scripts.process() == first


def a_job(script: Path, log: Path) -> subprocess.Popen[str]:
    """A process of the run that hands a script over, as Snakemake's jobs do."""
    call = f"hand_over({str(script)!r}, {str(log)!r}, 1, None)"
    code = f"from synthgap.jobs.workers import hand_over; {call}"
    environment = {**os.environ, "TMPDIR": tempfile.gettempdir()}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, text=True)


class TestEnd:
    def test_workers_end_with_their_run_and_clear_its_folder(self, run, scripts, monkeypatch):
        snakemake = subprocess.Popen(["sleep", "300"])
        monkeypatch.setenv(runs.RUN, str(snakemake.pid))
        worker = scripts.process()
        time.sleep(1.2)
        assert running(worker)
        snakemake.kill()
        snakemake.wait()
        assert wait_for(lambda: not running(worker))
        assert wait_for(lambda: not (run.parent / str(snakemake.pid)).exists())

    def test_a_worker_ends_when_the_job_that_waits_for_it_dies(self, run, scripts):
        job = a_job(scripts.write("time.sleep(60)"), scripts.log)
        assert wait_for(lambda: scripts.note().exists() and scripts.note().read_text() != "")
        worker = int(scripts.note().read_text())
        assert worker != job.pid
        assert running(worker)
        job.kill()
        job.wait()
        assert wait_for(lambda: not running(worker), 5)
        # The slot is free again, and has a worker of its own.
        assert scripts.process() not in (worker, os.getpid())

    def test_a_worker_outlives_the_job_that_started_it(self, run, scripts):
        assert a_job(scripts.write(), scripts.log).wait(60) == 0
        worker = int(scripts.note().read_text())
        assert scripts.process() == worker

    def test_a_worker_without_work_ends(self, run, scripts):
        # Without its constant a worker would be waited for a minute.
        slot = run / "short-0"
        slot.mkdir(parents=True, mode=0o700)
        (slot / "key").write_bytes(b"key")
        code = (
            "from pathlib import Path; from synthgap.jobs import workers; workers.IDLE_S = 0.5; "
            f"workers.serve(Path({str(slot)!r}), {os.environ[runs.RUN]})"
        )
        assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0
