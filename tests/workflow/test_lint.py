"""`snakemake --lint` finds nothing but what is meant so."""

import subprocess
import sys

from tests.workflow.project import ROOT

MEANT = {
    "Param": "a model's folder is a parameter beside its fingerprint: Snakemake would delete a "
    "declared output before the job, and a reader would meet half a model",
    "Mixed rules and functions in same snakefile.": "a stage's rules and the few functions that "
    "name its files stand together, so that one file tells a stage",
    "Environment variable PYTHONPATH used but not asserted with envvars directive": "it is set, "
    "not asked for",
    **dict.fromkeys(
        (
            f"Environment variable SYNTHGAP_{name} used but not asserted with envvars directive"
            for name in ("RUN", "JOBS_PER_DEVICE")
        ),
        "it is set, not asked for",
    ),
}


def test_lint() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )
    assert "Lints for snakefile" in done.stderr
    found = [line[6:] for line in done.stderr.splitlines() if line.startswith("    * ")]
    assert [lint for lint in found if not lint.startswith(tuple(MEANT))] == []
