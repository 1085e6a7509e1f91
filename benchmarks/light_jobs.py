"""Light jobs: what measuring a class costs beside starting the process that does it.

`python benchmarks/light_jobs.py` makes random unit embeddings, measures classes of them in this
process and as jobs of Snakemake, and says what 1,000 classes of 5 sources would take. The jobs are
those of the workflow: its rule's script, inputs and parameters.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthgap.measures.tables.of_class import measure_class
from synthgap.tables import write_embeddings

ROOT = Path(__file__).resolve().parents[1]
STUDY_JOBS = 1000 * 5

SNAKEFILE = """
configfile: "config.yaml"
rule all:
    input: expand("out/e/s/{{class_id}}.parquet", class_id=range({jobs}))
rule one:
    input: images="images.parquet", natural="natural.parquet"
    output: "out/{{encoder}}/{{source}}/{{class_id}}.parquet"
    log: "logs/{{encoder}}/{{source}}/{{class_id}}.log"
    wildcard_constraints: class_id=r"\\d+"
    params: n={n}, draws={draws}, code=""
    script: "{script}"
"""
EMPTY = "open(snakemake.output[0], 'w').close()\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=50, help="images a class")
    parser.add_argument("--dimensions", type=int, default=768)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=40, help="of Snakemake")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_embeddings(folder, options.n, options.dimensions)
        alone = {
            "python": command("pass"),
            "numpy and pyarrow": command("import numpy, pyarrow.parquet"),
            "the class measures": command("import synthgap.measures.tables.of_class"),
            "what Snakemake puts before a script": command("from snakemake import script"),
            "computing and writing one class": computing(folder, options.n, options.draws),
        }
        seconds = {what: median(work, options.rounds) for what, work in alone.items()}
        script = str(ROOT / "workflow/scripts/measure_class.py")
        (folder / "empty.py").write_text(EMPTY)
        for what, path in (("empty", str(folder / "empty.py")), ("class", script)):
            seconds[f"a {what} job of Snakemake, {options.cores} at once"] = jobs(
                folder / what, folder, path, options
            )
    print("| what | seconds |\n|---|---|")
    for what, taken in seconds.items():
        print(f"| {what} | {taken:.3f} |")
    hours = STUDY_JOBS * taken / 3600
    print(f"\n{STUDY_JOBS:,} class jobs, {options.cores} at once: {hours:.1f} h")
    if options.json:
        options.json.write_text(json.dumps(seconds, indent=2) + "\n", encoding="utf-8")


def make_embeddings(folder: Path, n: int, dimensions: int) -> None:
    rng = np.random.default_rng(0)
    rows = pa.table(
        {"class_id": ["c"] * n, "index": pa.array(range(n), pa.int32()), "key": ["k"] * n}
    )
    for name in ("images", "natural"):
        points = rng.normal(size=(n, dimensions)) + 1
        write_embeddings(folder / f"{name}.parquet", rows, points, {})


def command(code: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment())


def environment() -> dict[str, str]:
    # As a job of one thread has it.
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}


def computing(folder: Path, n: int, draws: int) -> Callable[[], object]:
    return lambda: measure_class(
        folder / "measured.parquet",
        class_id="0",
        images=folder / "images.parquet",
        natural=folder / "natural.parquet",
        n=n,
        draws=draws,
        metadata={},
    )


def median(work: Callable[[], object], rounds: int) -> float:
    work()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def jobs(place: Path, tables: Path, script: str, options: argparse.Namespace) -> float:
    """Seconds a job of a run of Snakemake, without its start (a run of one job)."""
    taken: list[float] = []
    for count in (1, options.jobs + 1):
        folder = place / str(count)
        folder.mkdir(parents=True)
        for name in ("images", "natural"):
            (folder / f"{name}.parquet").symlink_to(tables / f"{name}.parquet")
        (folder / "config.yaml").write_text("study: light\n")
        values = {"jobs": count, "n": options.n, "draws": options.draws, "script": script}
        (folder / "Snakefile").write_text(SNAKEFILE.format(**values))
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", str(options.cores), "--quiet", "all"],
            cwd=folder,
            check=True,
            env=environment(),
        )
        taken.append(time.perf_counter() - start)
    jobs_more: int = options.jobs
    return (taken[1] - taken[0]) / jobs_more


if __name__ == "__main__":
    main()
