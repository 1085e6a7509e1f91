"""A whole study of very many classes whose jobs are light: where the time of 1,000 classes goes.

`python benchmarks/thousand_classes.py` makes two folders of small pictures and a CLIP of the
miniature's architecture with random weights, runs the study of two folders of docs/HOWTO.md on
them, and says by rule how many jobs there were, how long one took and how many ran at a time. Jobs
compute for milliseconds here, so what it shows is what surrounds a job.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import yaml
from architectures import save_clip
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "rules", "workflow", "src", "envs", "profiles", "slurm", "config")


def main() -> None:
    """Lay out the study, run it, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--images", type=int, default=10, help="a class and folder")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the study here")
    parser.add_argument("targets", nargs="*", help="of Snakemake, and options of it after --")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = options.folder
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "study"
        lay_out(folder, options.classes, options.images)
        command = [sys.executable, "-m", "snakemake", *options.targets]
        command += ["--configfile", "study.yaml", "--cores", str(options.cores)]
        start, cpu = time.perf_counter(), os.times()
        with (folder / "said").open("w") as said:
            code = subprocess.run(
                [*command, "--quiet", "all"], cwd=folder, stderr=said, check=False
            ).returncode
        seconds, after = time.perf_counter() - start, os.times()
        if code:
            sys.exit((folder / "said").read_text()[-3000:])
        show(folder)
        own = after.children_user + after.children_system - cpu.children_user - cpu.children_system
        print(
            f"\n{seconds:,.0f} s in all; Snakemake and the jobs' own processes: {own:,.0f} s of CPU"
        )


def lay_out(folder: Path, classes: int, images: int) -> None:
    """A project with its study, two folders of pictures and an encoder."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, folder / part, ignore=ignored, symlinks=True)
        else:
            shutil.copy2(source, folder / part)
    save_clip("miniature", torch.float32, folder / "clip", "cpu")
    rng = np.random.default_rng(0)
    names = [f"c{number:04d}" for number in range(classes)]
    # Half of the natural ones are held out.
    for place, count in (("photos", 2 * images), ("made", images)):
        for name in names:
            (folder / place / name).mkdir(parents=True)
            # Classes differ, and so do their images.
            middle = rng.integers(0, 256, (1, 4, 4, 3))
            for number in range(count):
                pixels = np.clip(middle[0] + rng.normal(0, 40, (4, 4, 3)), 0, 255)
                picture = Image.fromarray(pixels.astype(np.uint8)).resize((16, 16))
                picture.save(folder / place / name / f"{number}.png")
    study = {
        "study": "thousand",
        "classes": [{"class_id": name, "name": f"kind {name}"} for name in names],
        "natural": {"kind": "folder", "images": "photos", "val_per_class": images},
        "generators": {"made": {"kind": "folder", "images": "made"}},
        "variants": {"made": {"generator": "made"}},
        "encoders": {"clip": {"kind": "clip", "model": {"folder": "clip"}}},
        "measures": {"n": images, "draws": 1000},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))


def show(folder: Path) -> None:
    """Print a row a rule, from what Snakemake noted of each job."""
    found: dict[str, dict[tuple[str, ...], tuple[float, float]]] = defaultdict(dict)
    for path in (folder / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            note = json.loads(path.read_text())
            # A job has a note for each of its files.
            found[note["rule"]][tuple(note["log"])] = note["starttime"], note["endtime"]
    jobs = {rule: list(spans.values()) for rule, spans in found.items()}
    print("| rule | jobs | seconds a job | from | to | jobs at a time |\n|---|---|---|---|---|---|")
    begin = min(start for spans in jobs.values() for start, _ in spans)
    for rule, spans in sorted(jobs.items(), key=lambda item: min(item[1])):
        work = sum(end - start for start, end in spans)
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        print(
            f"| {rule} | {len(spans):,} | {work / len(spans):.2f} | {first - begin:.0f} | "
            f"{last - begin:.0f} | {work / max(last - first, 1e-9):.2f} |"
        )


if __name__ == "__main__":
    main()
