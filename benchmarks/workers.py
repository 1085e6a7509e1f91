"""Jobs with and without workers: what a job of one class costs beyond its computing.

`python benchmarks/workers.py` trains the miniature's models for two steps, which leaves them as
large and as slow as ever. Then Snakemake generates and embeds classes, with workers and without in
turns. A run of the first classes, one a core, is subtracted: Snakemake starts in it, and workers
load their model. The same work in one process whose model is loaded is the computing.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from synthgap.embedding.clip import ClipEncoder
from synthgap.embedding.embedding_tables import embed_image_table
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.image_table import update_images
from synthgap.models import Checkpoint, checkpoint

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("rules", "workflow", "src", "envs", "profiles")
VARIANT = "disamb"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=10, help="at most 10")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        project = Project(Path(name), options.classes, options.cores)
        stages = {
            f"images/{VARIANT}": project.generate,
            f"embeddings/clip/{VARIANT}": project.embed,
        }
        for stage, alone in stages.items():
            rows += measured(stage, project, alone, options.rounds)
    print(f"{options.cores} cores, {options.classes} classes, medians of {options.rounds} turns\n")
    print("| stage | workers | jobs/s | s a job | computing, s | beyond it, s |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        beyond = row["job_s"] - row["computing_s"]
        print(
            f"| {row['stage']} | {row['workers']} | {row['jobs_per_s']:.2f} | {row['job_s']:.2f} "
            f"| {row['computing_s']:.2f} | {beyond:.2f} |"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


class Project:
    """A copy of this project with a study of one variant, whose models are there."""

    def __init__(self, folder: Path, classes: int, cores: int) -> None:
        self.folder, self.cores = folder, cores
        for part in PARTS:
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        shutil.copy2(ROOT / "Snakefile", folder)
        study: dict[str, Any] = yaml.safe_load((ROOT / "config/miniature.yaml").read_text())
        study |= {
            "classes": study["classes"][:classes],
            "variants": {VARIANT: study["variants"][VARIANT]},
            "miniature": {model: {"steps": 2} for model in study["miniature"]},
        }
        for section in ("training_sets", "classifiers", "report"):
            del study[section]
        (folder / "study.yaml").write_text(yaml.safe_dump(study))
        self.study = study
        self.class_ids = [category["class_id"] for category in study["classes"]]
        self.models = folder / "results/models"
        self.run("on", *self.tables(f"embeddings/clip/{VARIANT}"))

    def tables(self, stage: str) -> list[str]:
        return [f"results/{stage}/{class_id}.parquet" for class_id in self.class_ids]

    def run(self, workers: str, *targets: str) -> float:
        """Seconds that Snakemake takes."""
        command = [sys.executable, "-m", "snakemake", *targets, "--configfile", "study.yaml"]
        command += ["--cores", str(self.cores), "--config", f"workers={workers}"]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        start = time.perf_counter()
        subprocess.run(
            [*command, "--quiet", "all"],
            cwd=self.folder,
            check=True,
            capture_output=True,
            env=environment,
        )
        return time.perf_counter() - start

    def run_anew(self, workers: str, stage: str, classes: int) -> float:
        """Seconds in which a stage's first tables are made again."""
        shutil.rmtree(self.folder / "results" / stage)
        return self.run(workers, *self.tables(stage)[:classes])

    def checkpoint(self, model: str) -> Checkpoint:
        return checkpoint(
            str(self.models / model), fingerprint_file=self.models / f"{model}.fingerprint"
        )

    def generate(self, class_id: str) -> None:
        """The work of a generating job, here."""
        variant = self.study["variants"][VARIANT]
        category = self.study["classes"][self.class_ids.index(class_id)]
        with tempfile.TemporaryDirectory() as beside:
            update_images(
                Path(beside) / "images.parquet",
                class_id=class_id,
                prompts=[f"{category['name']}, {category['definition']}"],
                count=self.study["images_per_class"],
                study_seed=0,
                generator=DiffusersGenerator(**self.study["generators"][variant["generator"]]),
                checkpoint=self.checkpoint("stable-diffusion"),
                guidance_scale=variant["guidance_scale"],
                metadata={},
                threads=1,
            )

    def embed(self, class_id: str) -> None:
        """The work of an embedding job, here."""
        with tempfile.TemporaryDirectory() as beside:
            embed_image_table(
                self.folder / f"results/images/{VARIANT}/{class_id}.parquet",
                Path(beside) / "embeddings.parquet",
                encoder=ClipEncoder(**self.study["encoders"]["clip"]),
                checkpoint=self.checkpoint("clip"),
                threads=1,
                metadata={},
            )


def measured(
    stage: str, project: Project, alone: Callable[[str], None], rounds: int
) -> list[dict[str, Any]]:
    """Seconds of a stage's jobs, with and without workers, and of their computing."""
    jobs = len(project.class_ids) - project.cores
    taken: dict[str, list[float]] = {"on": [], "off": [], "alone": []}
    for _ in range(rounds):
        for workers in ("on", "off"):
            few, many = (
                project.run_anew(workers, stage, count)
                for count in (project.cores, jobs + project.cores)
            )
            taken[workers].append((many - few) / jobs)
        alone(project.class_ids[0])
        start = time.perf_counter()
        for class_id in project.class_ids:
            alone(class_id)
        taken["alone"].append((time.perf_counter() - start) / jobs)
    return [
        {
            "stage": stage,
            "workers": workers,
            "jobs_per_s": 1 / statistics.median(taken[workers]),
            # As many run at once as there are cores.
            "job_s": statistics.median(taken[workers]) * project.cores,
            "computing_s": statistics.median(taken["alone"]),
        }
        for workers in ("on", "off")
    ]


if __name__ == "__main__":
    main()
