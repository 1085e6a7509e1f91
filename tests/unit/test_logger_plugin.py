"""What Snakemake fails at before it reads the Snakefile is said in one line."""

import sys
from pathlib import Path

import pytest
import yaml

from snakemake_logger_plugin_synthgap import _mistake_on_command_line


@pytest.mark.parametrize("value", ["2020-99-99", "!!timestamp x", "!!int x", "!!bool x"])
def test_a_value_that_is_none_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
):
    study = tmp_path / "study.yaml"
    study.write_text(f"study: {value}\n")
    monkeypatch.setattr(sys, "argv", ["snakemake", "--configfile", str(study)])
    said = None
    try:
        # As Snakemake does; each ends in another error.
        yaml.load(study.read_text(), Loader=yaml.FullLoader)
    except Exception:
        said = _mistake_on_command_line()
    assert said is not None
    assert said.startswith(f"{study}: line 1: {value.split()[-1]} cannot be read as ")
