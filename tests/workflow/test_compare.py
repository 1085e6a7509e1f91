"""Two folders, one command: from another folder than the study's, in a clone and installed."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
import tiny_encoders
from PIL import Image

from synthgap.image_sets.digits import cut
from tests.workflow.project import PARTS, ROOT

pytestmark = pytest.mark.long

CLASSES = {
    "digit-0": ("Käfer rund", "KA\u0308FER_RUND"),
    "digit-6": ("Grey {x} <b>", "grey-{X}_<B>"),
}
NATURAL, MADE = 20, 10


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of digits whose names differ, and an encoder."""
    root = tmp_path_factory.mktemp("pictures")
    for digit, (natural, made) in CLASSES.items():
        for number, scan in enumerate(cut(digit, 0, NATURAL + MADE)):
            place = root / ("photos" if number < NATURAL else "made")
            place /= natural if number < NATURAL else made
            place.mkdir(parents=True, exist_ok=True)
            scan.image.resize((32, 32), Image.Resampling.NEAREST).save(place / f"{number}.png")
    tiny_encoders.clip(root / "clip")
    return root


def typed(
    python: str | Path, *arguments: str, cwd: Path, variables: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [str(python), "-m", "synthgap", *arguments],
        cwd=cwd,
        env={**environment, **(variables or {})},
        text=True,
        capture_output=True,
        check=False,
    )


def compared(done: "subprocess.CompletedProcess[str]", results: Path) -> None:
    """Hold what a comparison printed and made against each other."""
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    beginning, verdict, heading, table, places = done.stdout.rsplit("\n\n", 4)
    assert "2 classes in every source." in beginning
    assert re.search(r"^made +20 ", table, re.MULTILINE)
    assert heading.startswith("clip, 10 images a class measured")
    assert verdict.startswith("made: ")
    assert "natural images in 5-NN accuracy" in verdict.replace("\n ", "")
    assert verdict.endswith("Not measured: ignores the prompt.")
    page, report = (re.search(rf"{name}: (\S+)", places) for name in ("Report", "To pass on"))
    assert page is not None
    assert report is not None
    assert Path(page[1]) == results / "report/index.html"
    assert Path(page[1]).is_file()
    with zipfile.ZipFile(report[1]) as archive:
        assert "report/report.html" in archive.namelist()
    variants = pd.read_parquet(results / "summary/variants.parquet")
    assert list(variants["source"]) == ["natural-train", "natural-val", "made"]
    assert set(variants["n"]) == {10}


def test_two_folders_are_compared_from_anywhere(folders: Path, tmp_path: Path) -> None:
    variables = {"PYTHONPATH": str(ROOT / "src")}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    places = [os.path.relpath(folders / name, elsewhere) for name in ("photos", "made", "clip")]
    study = tmp_path / "study/birds.yaml"
    arguments = ("compare", *places[:2], "--encoder", places[2], "--study", str(study))
    first = typed(sys.executable, *arguments, cwd=elsewhere, variables=variables)
    results = tmp_path / "study/results/birds"
    compared(first, results)
    assert list(elsewhere.iterdir()) == []
    assert not (ROOT / "results/birds").exists()
    report = (results / "report.zip").stat().st_mtime_ns

    # Once more there is nothing to do, also for the triggers of the workflow's profile.
    second = typed(sys.executable, *arguments, cwd=elsewhere, variables=variables)
    compared(second, results)
    assert "Nothing to be done" in second.stdout + second.stderr
    assert (results / "report.zip").stat().st_mtime_ns == report
    assert second.stdout.split("Report:")[1] == first.stdout.split("Report:")[1]

    shown = typed(sys.executable, "headline", str(study), cwd=elsewhere, variables=variables)
    # The same in the same order.
    assert shown.stdout.strip() == second.stdout[-len(shown.stdout) :].strip()
    assert re.search(r"^made +20 ", shown.stdout, re.MULTILINE)


def test_an_installed_wheel_compares_in_an_empty_folder(folders: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    for part in (*PARTS, "setup.py", "MANIFEST.in", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / part).is_dir() and not (ROOT / part).is_symlink():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / part, sources / part, ignore=ignored)
        elif (ROOT / part).is_file():
            shutil.copy2(ROOT / part, sources / part)
    uv = [sys.executable, "-m", "uv", "--quiet", "--offline"]
    building = ["build", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", "."]
    subprocess.run([*uv, *building, str(sources)], cwd=tmp_path, check=True)
    (wheel,) = tmp_path.glob("synthgap-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    inside = "synthgap/workflow_files"
    for file in (
        *("Snakefile", "rules/study.smk", "workflow/scripts/summarise.py", "envs/tables.yaml"),
        *("workflow/report/report.rst", "profiles/default/config.yaml", "config/miniature.yaml"),
    ):
        assert f"{inside}/{file}" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]

    # A fresh environment that sees the packages installed here, but not the project linked to them.
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "fresh"], cwd=tmp_path, check=True
    )
    python = tmp_path / "fresh/bin/python"
    installing = ["pip", "install", "--no-deps", "--python", str(python), str(wheel)]
    subprocess.run([*uv, *installing], check=True)
    (site,) = tmp_path.glob("fresh/lib/*/site-packages")
    (site / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    shutil.rmtree(sources)

    empty = tmp_path / "empty"
    empty.mkdir()
    places = [str(folders / name) for name in ("photos", "made", "clip")]
    done = typed(python, "compare", *places[:2], "--encoder", places[2], cwd=empty)
    compared(done, empty / "results/mine")
    assert str(site / inside / "Snakefile") in done.stdout
    assert sorted(file.name for file in empty.iterdir()) == [".snakemake", "mine.yaml", "results"]
    # The command itself is there, too.
    script = subprocess.run(
        [tmp_path / "fresh/bin/synthgap", "headline", "mine.yaml"],
        cwd=empty,
        text=True,
        capture_output=True,
        check=True,
    )
    assert re.search(r"^made +20 ", script.stdout, re.MULTILINE)
