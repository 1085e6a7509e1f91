"""What goes wrong on clusters: in the end nothing is lost, and nothing is wrong."""

import hashlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from synthgap.tables import read
from tests.cluster.conftest import pause, small
from tests.cluster.runs import TABLE, on_cluster, workers_of
from tests.cluster.slurm import Cluster, wait_for
from tests.workflow.project import Project

LOG = "results/logs/images/disamb/digit-6.log"


def assert_as_undisturbed(project: Project, undisturbed: Project) -> None:
    """The table is whole and right, and nothing is left beside it."""
    table = project.folder / TABLE
    assert table.read_bytes() == (undisturbed.folder / TABLE).read_bytes()
    assert [file for file in table.parent.iterdir() if file.suffix == ".partial"] == []


def made_by_last_job(project: Project) -> int:
    """Images that the last job made; those that it took over or found are not among them."""
    (made,) = re.findall(r"(\d+) made", (project.folder / LOG).read_text())
    return int(made)


def test_a_cancelled_job_is_started_again(
    cluster: Cluster, slow: Project, undisturbed: Project
) -> None:
    with on_cluster(cluster, slow, TABLE) as run:
        job = run.job_that_makes_images()
        assert workers_of(slow)
        cluster.command("scancel", job.number)
        wait_for(lambda: run.jobs()[0].state == "CANCELLED", 30, run.said)
        # No worker outlives its job.
        wait_for(lambda: len(workers_of(slow)) == 0 or len(run.jobs()) > 1, 10, run.said)
        run.finish()
        states = [job.state for job in run.jobs()]
    assert states == ["CANCELLED", "COMPLETED"]
    assert made_by_last_job(slow) < 24
    assert_as_undisturbed(slow, undisturbed)
    wait_for(lambda: not workers_of(slow), 10, lambda: "a worker is left")


def test_a_job_out_of_time_gets_more(cluster: Cluster, slow: Project, undisturbed: Project) -> None:
    # Over a minute, and under six, which three attempts have.
    slow.change_study(images_per_class=16)
    pause(slow, 5)
    runtime = "generate_images:runtime=attempt"
    with on_cluster(cluster, slow, TABLE, "--set-resources", runtime) as run:
        run.job_that_makes_images()
        run.finish()
        states = [job.state for job in run.jobs()]
    assert states[0] == "TIMEOUT"
    assert states[-1] == "COMPLETED"
    assert made_by_last_job(slow) < 16
    assert read(slow.folder / TABLE).num_rows == 16


def test_the_jobs_of_a_lost_node_run_elsewhere(
    cluster: Cluster, slow: Project, undisturbed: Project
) -> None:
    with on_cluster(cluster, slow, TABLE) as run:
        job = run.job_that_makes_images()
        cluster.stop_node(job.node)
        try:
            wait_for(
                lambda: "down" in cluster.command("sinfo", "--noheader", "--Node", "--format=%T"),
                90,
                lambda: cluster.command("sinfo"),
            )
            run.finish()
            after = run.jobs()[-1]
        finally:
            cluster.start_node(job.node)
            cluster.wait_until_idle()
    assert (after.number, after.state) == (job.number, "COMPLETED")
    assert after.node != job.node
    assert made_by_last_job(slow) < 24
    assert_as_undisturbed(slow, undisturbed)


def test_an_interrupted_run_goes_on(cluster: Cluster, slow: Project, undisturbed: Project) -> None:
    with on_cluster(cluster, slow, TABLE) as run:
        job = run.job_that_makes_images()
        run.process.send_signal(signal.SIGINT)
        run.process.wait(60)
        # It takes its jobs with it.
        wait_for(lambda: run.jobs()[0].state == "CANCELLED", 30, run.said)
        assert job.number == run.jobs()[0].number
    wait_for(lambda: not workers_of(slow), 10, lambda: "a worker is left")
    with on_cluster(cluster, slow, TABLE) as again:
        again.finish()
    assert made_by_last_job(slow) < 24
    assert_as_undisturbed(slow, undisturbed)


def test_a_killed_run_may_go_on_while_its_jobs_still_write(
    cluster: Cluster, slow: Project, undisturbed: Project
) -> None:
    # Long enough for two runs to meet.
    slow.change_study(images_per_class=100)
    pause(slow, 0.5)
    with on_cluster(cluster, slow, TABLE) as run:
        old = run.job_that_makes_images()
        run.process.kill()
        run.process.wait()
        # Its lock is still there, and so is its job.
        slow.run("--unlock")
        with on_cluster(cluster, slow, TABLE) as again:
            new = again.job_that_makes_images(1)
            states = {job.number: job.state for job in run.jobs()}
            assert states == {old.number: "RUNNING", new.number: "RUNNING"}
            again.finish()
            wait_for(lambda: {job.state for job in run.jobs()} == {"COMPLETED"}, 240, again.said)
    table = read(slow.folder / TABLE)
    assert table.num_rows == 100
    before = read(undisturbed.folder / TABLE)
    assert table.slice(0, before.num_rows).equals(before)
    hashes = [hashlib.sha256(image["bytes"]).hexdigest() for image in table["image"].to_pylist()]
    assert table["sha256"].to_pylist() == hashes
    assert len(set(table["key"].to_pylist())) == 100
    assert run.journals() == []
    assert slow.jobs(TABLE) == []


def test_a_job_killed_for_memory_gets_more(
    cluster: Cluster, slow: Project, undisturbed: Project
) -> None:
    memory = "generate_images:mem_mb=700*attempt"
    with on_cluster(cluster, slow, TABLE, "--set-resources", memory) as run:
        run.finish()
        states = [job.state for job in run.jobs()]
    assert states[0] in ("FAILED", "OUT_OF_MEMORY")
    assert states[-1] == "COMPLETED"
    assert "exceeded memory limit" in cluster.logs()
    assert_as_undisturbed(slow, undisturbed)


@contextmanager
def mounted(*options: str) -> Iterator[None]:
    subprocess.run(["mount", *options], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", options[-1]], check=True)


def test_the_line_of_a_failed_job_is_there_however_quiet(cluster: Cluster, tmp_path: Path) -> None:
    project = small(tmp_path / "project")
    reads = "    from synthgap.image_sets.image_table import"
    fails = "    from synthgap.errors import InputError; raise InputError('c.yaml: no')"
    project.change_source("workflow/scripts/read_images.py", reads, f"{fails}\n{reads}")
    table = "results/images/natural-val/digit-6.parquet"
    with on_cluster(cluster, project, table, "--quiet", "all", "--retries", "1") as run:
        said = run.finish(expected=1)
        assert len(run.jobs()) == 2
    assert [line for line in said.splitlines() if "c.yaml" in line] == ["synthgap: c.yaml: no"]


def test_a_full_disk_is_said_in_a_line_and_loses_nothing(
    cluster: Cluster, slow: Project, undisturbed: Project
) -> None:
    results, before = slow.folder / "results", slow.folder / "before"
    results.rename(before)
    results.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=20m", "tmpfs", str(results)):
        subprocess.run(["cp", "-a", f"{before}/.", results], check=True)
        ballast = results / "ballast"
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=4k"], capture_output=True)
        # Room for logs and a few images, but not for all.
        with ballast.open("r+b") as file:
            file.truncate(ballast.stat().st_size - 24 * 1024)
        with on_cluster(cluster, slow, TABLE, "--retries", "0") as run:
            run.finish(expected=1)
        said = (slow.folder / LOG).read_text()
        assert "Traceback" not in said
        assert said.splitlines()[-1].startswith("synthgap: ")
        assert "No space left on device" in said.splitlines()[-1]
        ballast.unlink()
        assert slow.files("images/natural-val/*.parquet") == {
            str(file.relative_to(before)): file.read_bytes()
            for file in before.glob("images/natural-val/*.parquet")
        }
        with on_cluster(cluster, slow, TABLE) as again:
            again.finish()
        assert_as_undisturbed(slow, undisturbed)


def test_the_reason_is_there_even_if_the_log_had_no_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    code = (
        "import sys; from synthgap.errors import logging_to\n"
        "with logging_to(sys.argv[1]):\n"
        "    while True: print('a line of progress')"
    )
    with mounted("-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)):
        done = subprocess.run([sys.executable, "-c", code, disk / "job.log"], check=False)
        assert done.returncode == 1
        said = (disk / "job.log").read_text()
    assert said.splitlines()[-1].startswith("synthgap: No space left on device; free some")


def test_models_may_lie_in_a_folder_that_is_read_only(
    cluster: Cluster, slow: Project, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    (slow.folder / "results/models/stable-diffusion").rename(models)
    place = slow.folder / "models"
    place.mkdir()
    generator = {**slow.study["generators"]["stable-diffusion"], "model": {"folder": "models"}}
    slow.change_study(generators={"stable-diffusion": generator}, images_per_class=6)
    with mounted("--bind", str(models), str(place)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
        with pytest.raises(OSError, match="Read-only"):
            (place / "new").touch()
        with on_cluster(cluster, slow, TABLE) as run:
            run.finish()
    assert read(slow.folder / TABLE).num_rows == 6
