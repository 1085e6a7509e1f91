"""Files that must agree with one another."""

import json
import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from synthgap.study import documents
from synthgap.summary.causes import NAMES

ROOT = Path(__file__).resolve().parents[2]


def locked():
    """What the lock installs on Linux with Python 3.11, the one of the conda environments."""
    target = {"python_version": "3.11", "python_full_version": "3.11.9", "sys_platform": "linux"}
    found = re.findall(r"^([a-z0-9_.-]+==[^\\\n]+)", (ROOT / "requirements.lock").read_text(), re.M)
    requirements = [Requirement(line.strip()) for line in found]
    return {
        requirement.name: str(requirement.specifier).removeprefix("==")
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(target)
    }


def test_schema_is_that_of_the_model():
    assert json.loads(documents.SCHEMA_FILE.read_text()) == documents.schema(), "run make schema"


def test_list_of_keys_is_that_of_the_model():
    assert documents.KEYS_FILE.read_text() == documents.keys(), "run make schema"


def test_every_key_has_a_meaning():
    for name, section in documents.schema()["$defs"].items():
        for key, field in section["properties"].items():
            assert "$ref" in field or field.get("description"), f"{name}.{key}"


@pytest.mark.parametrize("environment", ["models", "tables"])
def test_conda_environments_pin_what_the_lock_pins(environment):
    file = yaml.safe_load((ROOT / f"envs/{environment}.yaml").read_text())
    pins = next(entry["pip"] for entry in file["dependencies"] if isinstance(entry, dict))
    versions = locked()
    assert pins == [f"{name}=={versions[name]}" for name in (pin.split("==")[0] for pin in pins)]


def test_the_workflow_catalogue_finds_what_it_looks_for():
    """Its generator and its documentation disagree on the place of `report`."""
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["report"] is usage["software-stack-deployment"]["report"] is True
    assert usage["mandatory-flags"].keys() == {"desc", "flags"}
    assert (ROOT / "workflow/Snakefile").is_file()
    assert (ROOT / "config/README.md").is_file()
    # What snakedeploy names in the Snakefile that it writes.
    assert (ROOT / "config/config.yaml").resolve() == ROOT / "config/miniature.yaml"


def test_the_lock_has_hashes_and_no_address():
    text = (ROOT / "requirements.lock").read_text()
    assert text.count("--hash=sha256:") > 1000
    assert "://" not in text


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/HOWTO.md",
        "docs/MEASURES.md",
    ],
)
def test_pages_call_the_defects_by_their_names(page):
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    for name in NAMES.values():
        assert name in text, name


def test_pictures_of_pages_are_there():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for place in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / place).is_file(), f"{page.name}: {place}"
