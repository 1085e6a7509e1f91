import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from processes import running, wait_for

from synthgap.jobs.runs import LED, RUN, SLURM_JOB

LEADER = """
import json, os, sys
from synthgap.jobs.runs import LED, RUN, lead
lead(lambda: {devices!r})
print(json.dumps([os.environ[RUN], os.environ.get(LED)]), flush=True)
sys.stdin.read()
"""


class Leader:
    """A process that stands for a Snakemake that reads the Snakefile."""

    def __init__(self, environment: dict[str, str], devices: tuple[str, ...] = ()) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", LEADER.format(devices=devices)],
            env={**environment, "TMPDIR": tempfile.gettempdir()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        run, job = json.loads(self.process.stdout.readline())
        self.run, self.leads = int(run), int(run) == self.process.pid
        self.environment = {**environment, RUN: run} | ({} if job is None else {LED: job})

    def __enter__(self) -> "Leader":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def outside(run, monkeypatch) -> dict[str, str]:
    """The environment outside a SLURM job."""
    return {key: value for key, value in os.environ.items() if key not in (RUN, LED, SLURM_JOB)}


def worker_of(leader: Leader, folder: Path) -> int:
    """The process that serves a job of a run, whose own process has ended with all it started."""
    script, note = folder / "script.py", folder / "pid"
    script.write_text(
        f"import os, pathlib; pathlib.Path({str(note)!r}).write_text(str(os.getpid()))"
    )
    arguments = f"{str(script)!r}, {os.devnull!r}, 1, None"
    code = f"from synthgap.jobs.workers import hand_over; hand_over({arguments})"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**leader.environment, "TMPDIR": tempfile.gettempdir()},
        check=True,
        timeout=60,
    )
    return int(note.read_text())


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_a_snakemake_leads_its_jobs_which_start_workers_themselves(outside, tmp_path):
    with Leader({**outside, RUN: "1"}) as leader:
        assert leader.leads
        assert LED not in leader.environment
        assert parent(worker_of(leader, tmp_path)) != leader.process.pid


class TestInASlurmJob:
    def test_the_first_snakemake_starts_the_workers_of_all_steps(self, outside, tmp_path):
        with Leader({**outside, SLURM_JOB: "7"}, ("0",)) as first:
            with Leader(first.environment, ("0",)) as step:
                assert not step.leads
                assert step.run == first.run
                worker = worker_of(step, tmp_path)
            assert parent(worker) == first.process.pid
            with Leader(first.environment, ("0",)) as step:
                assert worker_of(step, tmp_path) == worker
        assert wait_for(lambda: not running(worker))

    def test_steps_with_devices_of_their_own_lead_themselves(self, outside, tmp_path):
        with (
            Leader({**outside, SLURM_JOB: "7"}, ("0", "1")) as first,
            Leader(first.environment, ("0",)) as step,
        ):
            assert step.leads

    def test_a_snakemake_that_submits_from_a_job_leads_none_of_another(self, outside):
        with Leader({**outside, SLURM_JOB: "7"}) as first:
            with Leader({**first.environment, SLURM_JOB: "8"}) as other:
                assert other.leads
            assert first.leads

    def test_a_job_whose_starter_is_gone_starts_its_worker_itself(self, outside, tmp_path):
        with Leader({**outside, SLURM_JOB: "7"}) as first:
            folder = Path(tempfile.gettempdir())
            for socket in folder.glob("*/*/starter/socket"):
                socket.unlink()
            assert parent(worker_of(first, tmp_path)) != first.process.pid

    def test_a_command_that_cannot_be_started_leaves_the_starter_alive(self, outside, tmp_path):
        code = (
            "import sys; from pathlib import Path; from synthgap.jobs.runs import start\n"
            "try: start(Path(sys.argv[1]), ['/no/such/program'], {})\n"
            "except ConnectionError: sys.exit(3)"
        )
        with Leader({**outside, SLURM_JOB: "7"}) as first:
            (starter,) = Path(tempfile.gettempdir()).glob("*/*/starter")
            command = [sys.executable, "-c", code, str(starter.parent)]
            assert subprocess.run(command, env=outside, timeout=60).returncode == 3
            assert parent(worker_of(first, tmp_path)) == first.process.pid
