"""The prepared run for a GPU: all of it, tiny, on the CPU, as on a machine without this project."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]

ABSENT = ("snakemake", "faiss", "prdc", "vendi_score", "datasets", "torch_fidelity", "hypothesis")
"""Packages that the machine with the GPU need not have."""


Figures = tuple[dict[str, Any], str]
"""What a whole run leaves: JSON and Markdown."""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    absent = tmp_path_factory.mktemp("absent")
    for name in ABSENT:
        (absent / f"{name}.py").write_text(f"raise ImportError({name!r})")
    into = tmp_path_factory.mktemp("into")
    done = subprocess.run(
        [
            ROOT / "benchmarks/gpu.sh",
            *("--device", "cpu", "--small", "--limit", "1200", "--into", into),
        ],
        env={**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(absent)},
        capture_output=True,
        text=True,
    )
    log = "".join(file.read_text() for file in into.glob("*.log"))
    assert done.returncode == 0, done.stdout + done.stderr + log[-4000:]
    (found,), (page,) = into.glob("*.json"), into.glob("*.md")
    return json.loads(found.read_text()), page.read_text()


def test_every_part_comes_to_its_end(figures: Figures) -> None:
    found, page = figures
    parts = found["parts"]
    assert list(parts) == [
        *("generation", "embedding", "training", "correctness", "measures", "compiled")
    ]
    assert [part["code"] for part in parts.values()] == [0] * 6
    assert found["small"]
    assert "say nothing of speed" in page
    for part in parts.values():
        assert f"## {part['title']}" in page
        for rate in part["rates"]:
            assert rate["images_per_s"] > 0
            assert f"| {rate['name']} |" in page


def test_each_stands_beside_what_one_would_use_instead(figures: Figures) -> None:
    found, _ = figures
    rates = {
        name: [rate["name"] for rate in part["rates"]] for name, part in found["parts"].items()
    }
    assert [name.split(",")[0] for name in rates["generation"]] == [
        *("diffusers", "diffusers", "synthgap")
    ]
    assert rates["compiled"] == ["synthgap", "synthgap, compiled"]
    assert "the model alone" in rates["embedding"]
    assert "timm's calls on files" in rates["training"]
    assert len(rates["measures"]) == 10


def test_what_half_precision_changes_is_within_what_is_documented(figures: Figures) -> None:
    checks = figures[0]["parts"]["correctness"]["goals"]
    met = [check["met"] for check in checks]
    assert False not in met
    assert met.count(True) >= 16
