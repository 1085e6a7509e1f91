import errno
import fcntl
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from synthgap.errors import InputError
from synthgap.jobs import results_lock

HOLDER = """
import sys
from synthgap.jobs.results_lock import take
take(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """This process holds nothing before a test."""
    monkeypatch.setattr(results_lock, "_held", {})


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the results."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "results"],
        env={"PYTHONPATH": str(Path(__file__).parents[3] / "src")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_another_process_is_named(tmp_path, holder):
    with pytest.raises(InputError) as refused:
        results_lock.take(tmp_path / "results")
    assert str(refused.value).startswith(f"{tmp_path}/results: another run is at work there (")
    assert f"process {holder.pid} on " in str(refused.value)
    assert str(tmp_path) in str(refused.value)


def test_a_link_to_the_folder_is_the_folder(tmp_path, holder):
    (tmp_path / "link").symlink_to(tmp_path / "results")
    with pytest.raises(InputError, match="another run"):
        results_lock.take(tmp_path / "link")


def test_a_kill_releases_it(tmp_path, holder):
    holder.kill()
    holder.wait()
    results_lock.take(tmp_path / "results")
    assert (tmp_path / "results/.lock").read_text().startswith("process ")


def test_what_this_process_holds_it_may_take_again(tmp_path):
    results_lock.take(tmp_path / "results")
    results_lock.take(tmp_path / "other/../results")
    assert len(results_lock._held) == 1


def test_children_do_not_inherit_it(tmp_path):
    results_lock.take(tmp_path / "results")
    (descriptor,) = results_lock._held.values()
    code = f"import os; os.fstat({descriptor})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode != 0


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_disk_without_such_locks_holds_up_nobody(tmp_path, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    results_lock.take(tmp_path / "results")
    assert results_lock._held == {}


def test_a_folder_that_cannot_be_written_is_left_to_the_jobs(tmp_path):
    (tmp_path / "file").touch()
    results_lock.take(tmp_path / "file/results")


class TestSnakemakesLog:
    @staticmethod
    def record(**extra):
        record = logging.LogRecord("snakemake", logging.INFO, "", 0, "as it was", (), None)
        record.__dict__.update(extra)
        return record

    def test_it_is_taken_when_a_run_begins(self, tmp_path):
        results = tmp_path / "results"
        for wanted in (False, True):
            listen = results_lock.on_log(str(results), lambda wanted=wanted: wanted)
            assert listen(self.record())
            assert not results.exists()
            assert listen(self.record(event="workflow_started"))
        assert results.exists()

    def test_a_run_beside_another_ends(self, tmp_path, holder):
        listen = results_lock.on_log(str(tmp_path / "results"), lambda: True)
        with pytest.raises(SystemExit, match=r"^synthgap: .*/results: another run is at work"):
            listen(self.record(event="workflow_started"))

    @pytest.mark.parametrize(
        ("program", "command"),
        [
            (".venv/bin/snakemake", ".venv/bin/snakemake --unlock images --configfile 'my study'"),
            (
                "/x/snakemake/__main__.py",
                f"{sys.executable} -m snakemake --unlock images --configfile 'my study'",
            ),
        ],
    )
    @pytest.mark.parametrize("held", [True, False])
    def test_snakemake_s_lock_is_explained(self, tmp_path, monkeypatch, program, command, held):
        monkeypatch.setattr(sys, "argv", [program, "images", "--configfile", "my study"])
        monkeypatch.chdir(tmp_path)
        listen = results_lock.on_log("results", lambda: held)
        listen(self.record(event="workflow_started"))
        record = self.record(exception="LockException")
        assert listen(record)
        assert record.msg.startswith(f"synthgap: {tmp_path}: ")
        assert f"remove it with `{command}`" in record.msg
        # Only where this run holds the results nobody else can be at work.
        assert ("a run that was killed left its lock" in record.msg) == held

    def test_other_words_are_snakemake_s(self):
        record = self.record(exception="WorkflowError")
        assert results_lock.on_log("results", lambda: False)(record)
        assert record.msg == "as it was"
