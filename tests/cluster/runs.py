"""Snakemake on the cluster, in the background, so that a test can disturb it."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.slurm import Cluster, Job, command_of, processes, wait_for
from tests.workflow.project import Project

TABLE = "results/images/disamb/digit-6.parquet"
"""The images of one class, which take a while in the slow study."""

FOR_TESTS = (
    *("--slurm-init-seconds-before-status-checks", "1"),
    *("--slurm-status-command", "squeue"),
    *("--latency-wait", "5"),
)


class Run:
    """A Snakemake whose jobs run on the cluster."""

    def __init__(
        self, cluster: Cluster, project: Project, process: "subprocess.Popen[bytes]"
    ) -> None:
        self.cluster, self.project, self.process = cluster, project, process
        self.first = len(cluster.jobs())
        self.log = project.folder / "snakemake.log"

    def jobs(self) -> list[Job]:
        """Its jobs, and those of later runs."""
        return self.cluster.jobs()[self.first :]

    def job_that_makes_images(self, number: int = 0) -> Job:
        """The number-th job that generates, as soon as it has finished some of its images."""

        def found() -> bool:
            jobs = [job for job in self.jobs() if job.state == "RUNNING"]
            return len(self._generating(jobs)) > 0 and len(self.journals()) > number

        wait_for(found, 120, self.said)
        return self._generating(self.jobs())[-1]

    @staticmethod
    def _generating(jobs: list[Job]) -> list[Job]:
        return [job for job in jobs if job.comment.startswith("rule_generate_images")]

    def journals(self) -> list[Path]:
        """What unfinished tables have written so far."""
        folder = (self.project.folder / TABLE).parent
        return [file for file in folder.glob(".digit-6.*.partial") if file.stat().st_size > 3000]

    def finish(self, expected: int = 0) -> str:
        """Wait for its end; what it said."""
        code = self.process.wait(timeout=1500)
        assert code == expected, self.said()
        return self.said()

    def said(self) -> str:
        return self.log.read_text()[-8000:]


@contextlib.contextmanager
def on_cluster(cluster: Cluster, project: Project, *arguments: str) -> Iterator[Run]:
    """Start `snakemake --profile slurm`, and end it and its jobs with the block."""
    snakemake = [sys.executable, str(Path(__file__).with_name("impatient.py"))]
    command = [*snakemake, *arguments, "--profile", "slurm", *FOR_TESTS]
    with (project.folder / "snakemake.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--configfile", "study.yaml", "--nocolor"],
            cwd=project.folder,
            env=cluster.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        pid_file = cluster.folder / f"run/client-{process.pid}.pid"
        pid_file.write_text(str(process.pid))
        try:
            yield Run(cluster, project, process)
        finally:
            process.kill()
            process.wait()
            pid_file.unlink()
            cluster.cancel_all()


def workers_of(project: Project) -> list[int]:
    """Workers that run in a project's folder."""
    return [
        process
        for process in processes()
        if "synthgap.jobs.workers" in command_of(process) and _folder_of(process) == project.folder
    ]


def _folder_of(process: int) -> Path | None:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cwd").readlink()
    return None
