"""What unit tests share: settings of hypothesis, and a run whose jobs share workers."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from processes import wait_for, workers_below

from synthgap.files import private_folder
from synthgap.jobs import runs

ROOT = Path(__file__).parents[2]

# The same examples in every run, and none of them timed: the machine may be busy.
settings.register_profile("synthgap", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("synthgap")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A run that stands for Snakemake's: a process of its own; gives its folder of slots."""
    # A socket's path has to be short, unlike tmp_path, which must be made before tempdir changes.
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
        snakemake = subprocess.Popen(["sleep", "300"])
        monkeypatch.setenv(runs.RUN, str(snakemake.pid))
        user = private_folder()
        yield user / str(snakemake.pid)
        snakemake.kill()
        snakemake.wait()
        assert wait_for(lambda: not workers_below(user))
