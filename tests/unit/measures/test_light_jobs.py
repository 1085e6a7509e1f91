"""A class is measured a thousand times in a study: its job loads little."""

import subprocess
import sys

import pytest
from points import directions, write_points

HEAVY = {"torch", "sklearn", "pandas", "matplotlib", "pydantic", "scipy"}


@pytest.mark.parametrize("module", ["of_class", "of_source", "cross_accuracy", "natural_hits"])
def test_the_modules_of_measuring_jobs_load_nothing_heavy(module):
    loaded = modules_after(f"import synthgap.measures.tables.{module}")
    assert "synthgap.measures.intervals.estimates" in loaded
    assert not HEAVY & loaded


def test_measuring_a_class_loads_nothing_heavy(tmp_path):
    for seed, name in enumerate(("images", "natural")):
        write_points(tmp_path / f"{name}.parquet", "crane", directions(seed, 12, 6, 0.4))
    code = (
        "from synthgap.measures.tables.of_class import measure_class; "
        f"place = {str(tmp_path)!r}; "
        "measure_class(place + '/row.parquet', class_id='crane', images=place + '/images.parquet', "
        "natural=place + '/natural.parquet', n=10, draws=100, metadata={})"
    )
    loaded = modules_after(code)
    assert (tmp_path / "row.parquet").exists()
    # scipy is light where a measure needs one part of it; it is not loaded for all of them.
    assert not HEAVY - {"scipy"} & loaded


def modules_after(code: str) -> set[str]:
    """What a new process has loaded after running the code."""
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(said.stdout.split())
