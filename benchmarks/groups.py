"""Many small classes on SLURM: a job each, or several in one allocation.

`python benchmarks/groups.py` (as root, with the packages that .ci/run installs) starts the SLURM of
the tests on this machine, trains the miniature's models for two steps, and generates and embeds the
same classes without groups and with them. Seconds are those that SLURM counts for its jobs, and
those until Snakemake ends.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.cluster.runs import on_cluster  # noqa: E402
from tests.cluster.slurm import Cluster, running_cluster  # noqa: E402
from tests.workflow.project import Project  # noqa: E402

VARIANT = "disamb"
GROUPED = (
    *("--groups", "generate_images=g", "embed_images=g"),
    *("--resources", "gpu=1", "--set-resource-scopes", "gpu=local"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=10, help="at most 10")
    parser.add_argument("--components", type=int, default=5, help="classes in a group")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    groups = (*GROUPED, "--group-components", f"g={options.components}")
    print("| | SLURM jobs | seconds in SLURM, a class | until Snakemake ends |\n|---|---|---|---|")
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", dir="/tmp") as place,
        tempfile.TemporaryDirectory() as folder,
        running_cluster(Path(place)) as cluster,
    ):
        project = make_project(Path(folder), options.classes)
        for _ in range(options.rounds):
            measure("a job each", cluster, project)
            measure(f"{options.components} in one", cluster, project, *groups)


def make_project(folder: Path, classes: int) -> Project:
    """A project whose study has one variant, and whose models are there."""
    source = folder / "source.yaml"
    study = yaml.safe_load((ROOT / "config/miniature.yaml").read_text())
    study |= {
        "classes": study["classes"][:classes],
        "variants": {VARIANT: study["variants"][VARIANT]},
        "miniature": {model: {"steps": 2} for model in study["miniature"]},
    }
    for section in ("training_sets", "classifiers", "report"):
        del study[section]
    source.write_text(yaml.safe_dump(study))
    project = Project.copy_of_sources(folder / "project", source)
    project.run("images")
    return project


def measure(name: str, cluster: Cluster, project: Project, *options: str) -> None:
    """Make the variant's images and embeddings anew, and print a row."""
    classes = [category["class_id"] for category in project.study["classes"]]
    for stage in ("images", "embeddings/clip"):
        for file in project.folder.glob(f"results/{stage}/{VARIANT}/*digit*"):
            file.unlink()
    tables = [f"results/embeddings/clip/{VARIANT}/{class_id}.parquet" for class_id in classes]
    start = time.perf_counter()
    with on_cluster(cluster, project, *tables, *options) as run:
        run.finish()
        seconds = time.perf_counter() - start
        numbers = [job.number for job in run.jobs()]
    listed = cluster.command("squeue", "--noheader", "--states=all", "--format=%i %M")
    in_slurm = sum(
        seconds_of(elapsed)
        for number, elapsed in map(str.split, listed.splitlines())
        if number in numbers
    )
    print(
        f"| {name} | {len(numbers)} | {in_slurm / len(classes):.1f} | {seconds:.0f} |", flush=True
    )


def seconds_of(elapsed: str) -> int:
    """Seconds of what SLURM writes as minutes:seconds or hours:minutes:seconds."""
    total = 0
    for part in elapsed.split(":"):
        total = 60 * total + int(part)
    return total


if __name__ == "__main__":
    main()
