"""What planning costs at ImageNet's scale: dry-runs of 1,000 classes, some 19,000 jobs.

`python benchmarks/dag.py` lays out empty class folders and times `snakemake -n` of
config/imagenet-sd15.yaml where nothing has been made, and (with `--finished`) where all is up to
date: empty files that `snakemake --touch` takes for outputs. The peer, `dag_peer.smk`, is a
workflow of the same jobs and files whose rules name an empty script and say nothing else: what
Snakemake itself takes. A peer with other jobs, files or edges is refused.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("rules", "workflow", "src", "envs", "profiles", "config")

PLAIN = "from snakemake.cli import main; main()"

WITHOUT_PAUSE = (
    f"from snakemake.executors.touch import Executor; Executor.SLEEPING_TIME = 0; {PLAIN}"
)
"""Snakemake pauses for 0.1 s before it touches a job's outputs: half an hour here."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=1000, help="at most 1,000")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--finished", action="store_true", help="also where all is up to date")
    options = parser.parse_args()
    print("| what | jobs | seconds | CPU seconds | MiB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        ours, peer = Path(name) / "ours", Path(name) / "peer"
        lay_out(ours, options.classes)
        lay_out_peer(peer, options.classes)
        for _ in range(options.rounds):
            for what, folder in (("peer", peer), ("synthgap", ours)):
                show(f"{what}, nothing made", *run(folder, "--dry-run"))
            refuse_other_jobs(planned(ours), planned(peer))
        if options.finished:
            outputs = make_outputs(ours)
            # Whenever a job starts, Snakemake looks at all that could: here all start at once.
            touch = ("--touch", "--forceall", "--cores", str(10**6), "--quiet", "all")
            show("synthgap, touching all", outputs, *run(ours, *touch, code=WITHOUT_PAUSE)[1:])
            for _ in range(options.rounds):
                show("synthgap, all up to date", *run(ours, "--dry-run"))


def lay_out(folder: Path, classes: int) -> None:
    """A project with its study and folders of natural images, of 50 empty files each."""
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    shutil.copy2(ROOT / "Snakefile", folder)
    study = yaml.safe_load((folder / "config/imagenet-sd15.yaml").read_text())
    lines = (folder / "config/imagenet-1k.csv").read_text().splitlines()[: classes + 1]
    (folder / "config/imagenet-1k.csv").write_text("\n".join(lines) + "\n")
    (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    for line in lines[1:]:
        class_id = line.split(",")[0]
        for part in ("train", "val"):
            place = folder / f"data/imagenet/{part}/{class_id}"
            place.mkdir(parents=True)
            for number in range(study["measures"]["n"]):
                (place / f"{number}.JPEG").touch()


def lay_out_peer(folder: Path, classes: int) -> None:
    """A workflow of the same shape whose rules compute nothing."""
    folder.mkdir()
    shutil.copy2(ROOT / "benchmarks/dag_peer.smk", folder / "Snakefile")
    lines = (ROOT / "config/imagenet-1k.csv").read_text().splitlines()[: classes + 1]
    (folder / "classes.csv").write_text("\n".join(lines) + "\n")
    (folder / "make.py").touch()
    shutil.copytree(ROOT / "profiles", folder / "profiles")


def run(folder: Path, *options: str, code: str = PLAIN) -> tuple[int, float, float, int]:
    """Jobs that Snakemake counts, seconds, CPU seconds and peak memory in MiB."""
    command = [sys.executable, "-c", code, *options]
    if (folder / "study.yaml").exists():
        command += ["--configfile", "study.yaml"]
    start = time.perf_counter()
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        said.seek(0)
        text = said.read()
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{text[-2000:]}")
    total = re.search(r"^total +(\d+)$", text, re.MULTILINE)
    jobs = int(total[1]) if total else 0
    return jobs, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


Jobs = dict[tuple[str, frozenset[str]], frozenset[str]]
"""By rule and outputs, the inputs of each job."""


def planned(folder: Path) -> Jobs:
    """The jobs that the last dry-run in a folder said, without what they read of the code."""
    jobs: Jobs = {}
    for said in re.split(r"^(?:local)?rule ", (folder / "said").read_text(), flags=re.MULTILINE)[
        1:
    ]:
        rule = said.partition(":")[0]
        files = {
            kind: frozenset(listed.split(", "))
            for kind, listed in re.findall(r"^    (input|output): (.+)$", said, re.MULTILINE)
        }
        inputs = files.get("input", frozenset())
        jobs[rule, files.get("output", frozenset())] = frozenset(
            file for file in inputs if not file.startswith("src/")
        )
    return jobs


def refuse_other_jobs(ours: Jobs, peer: Jobs) -> None:
    """End where the peer plans something else, which makes a comparison of no worth."""
    for job in ours.keys() | peer.keys():
        if ours.get(job) != peer.get(job):
            rule, outputs = job
            sys.exit(
                f"benchmarks/dag_peer.smk: {rule} of {sorted(outputs)[:1]} is not the same job in "
                "both; write the peer's rule as the workflow's is"
            )


def make_outputs(folder: Path) -> int:
    """Make every output of the study as an empty file; give their number."""
    code = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--configfile", "study.yaml"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    files = re.findall(r"^    output: (.+)$", code.stdout + code.stderr, re.MULTILINE)
    outputs = [file for line in files for file in line.split(", ")]
    for output in outputs:
        path = folder / output
        path.parent.mkdir(parents=True, exist_ok=True)
        # The report is a folder.
        path.mkdir(exist_ok=True) if path.name == "report" else path.touch()
    return len(outputs)


def show(what: str, jobs: int, seconds: float, cpu: float, mebibytes: int) -> None:
    print(f"| {what} | {jobs:,} | {seconds:.1f} | {cpu:.1f} | {mebibytes:,} |", flush=True)


if __name__ == "__main__":
    main()
