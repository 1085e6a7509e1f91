"""A mistake in a study file ends in one line, before any job runs, and loses nothing."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workflow.project import ROOT, Project, errors

pytestmark = pytest.mark.long

Change = Callable[[dict[str, Any]], object]

MISTAKES: dict[str, tuple[Change, list[str]]] = {
    "unknown key": (
        lambda study: study.update(imagesperclass=3),
        ["unknown key imagesperclass", "did you mean images_per_class?"],
    ),
    "missing section": (lambda study: study.pop("natural"), ["natural", "missing"]),
    "unknown generator": (
        lambda study: study["variants"]["disamb"].update(generator="sd3"),
        ["variants.disamb.generator", "sd3", "stable-diffusion"],
    ),
    "unknown recipe": (
        lambda study: study["variants"]["disamb"].update(prompts="poem"),
        ["variants.disamb.prompts", "poem", "classname"],
    ),
    "negative guidance scale": (
        lambda study: study["variants"]["disamb"].update(guidance_scale=-1),
        ["variants.disamb.guidance_scale", "at least 0"],
    ),
    "no images": (
        lambda study: study.update(images_per_class=0),
        ["images_per_class", "at least 1"],
    ),
    "slash in class_id": (
        lambda study: study["classes"][0].update(class_id="a/b"),
        ["classes[0].class_id", "a/b", "letters"],
    ),
    "space in class_id": (
        lambda study: study["classes"][0].update(class_id="a b"),
        ["classes[0].class_id", "a b", "letters"],
    ),
    "duplicate class_id": (
        lambda study: study["classes"].append(study["classes"][0]),
        ["class_id digit-0 occurs twice"],
    ),
    "unknown placeholder": (
        lambda study: study["prompts"]["disamb"].update(template="{nmae}"),
        ["prompts.disamb.template", "{nmae}", "{name}"],
    ),
    "missing model folder": (
        lambda study: study["encoders"]["clip"].update(model={"folder": "nowhere/clip"}),
        ["encoders.clip.model.folder", "nowhere/clip"],
    ),
    "unwritable results": (
        lambda study: study.update(results="study.yaml/results"),
        ["results", "study.yaml/results", "cannot be written"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(mistake: str, finished: Project, tmp_path: Path) -> None:
    change, fragments = MISTAKES[mistake]
    before = finished.files("**/*.parquet")
    study = finished.study
    change(study)
    broken = tmp_path / "broken.yaml"
    broken.write_text(yaml.safe_dump(study))
    done = finished.snakemake("--configfile", str(broken), study=False)
    lines = errors(done.stderr)
    assert done.returncode != 0
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "broken.yaml" in lines[0]
    for fragment in fragments:
        assert fragment in lines[0]
    assert finished.files("**/*.parquet") == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("study: tiny\nclasses: [\n", "line 3, column 1: not YAML"),
        ("study: 2020-99-99\n", "line 1: 2020-99-99 cannot be read as a date"),
        ("study: !!timestamp x\n", "line 1: x cannot be read as a date"),
    ],
)
def test_unreadable_yaml_is_a_line_with_its_place(
    finished: Project, tmp_path: Path, content: str, said: str
) -> None:
    """Snakemake itself reads the file first; it and the check say the same."""
    broken = tmp_path / "broken.yaml"
    broken.write_text(content)
    done = finished.snakemake("--configfile", str(broken), study=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    check = subprocess.run(
        [sys.executable, "-m", "synthgap", "check", str(broken)],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )
    assert check.returncode == 1
    assert check.stderr.startswith(f"synthgap: {broken}: {said}")
    assert len(check.stderr.splitlines()) == 1
    assert done.stderr.endswith(check.stderr)


def test_a_repeated_key_is_one_line(finished: Project, tmp_path: Path) -> None:
    """Snakemake would take the last one without a word."""
    broken = tmp_path / "broken.yaml"
    broken.write_text(f"{yaml.safe_dump(finished.study)}study: again\n")
    done = finished.snakemake("--configfile", str(broken), study=False)
    lines = errors(done.stderr)
    assert done.returncode != 0
    assert len(lines) == 1, done.stderr
    assert "broken.yaml: line " in lines[0]
    assert "the key study stands in line " in lines[0]


def test_a_good_study_passes_the_check() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "synthgap", "check", "config/miniature.yaml"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    )
    assert check.stdout.startswith("config/miniature.yaml: 10 classes, 4 variants")


def test_a_checkout_that_snakemake_cannot_stand_in_says_so(
    finished: Project, tmp_path: Path
) -> None:
    elsewhere = Project.copy_of_sources(tmp_path / "w {x}", finished.study_file)
    done = elsewhere.snakemake("--dry-run")
    assert done.returncode != 0
    (line,) = errors(done.stderr)
    assert "w {x}: Snakemake takes braces" in line
    assert "Traceback" not in done.stderr
