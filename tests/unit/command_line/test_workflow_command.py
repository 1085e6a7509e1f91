"""Snakemake is run as a child: its status is kept, and signals reach it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synthgap.command_line import workflow

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("code", "status"), [("pass", 0), ("raise SystemExit(7)", 7), ("os.kill(os.getpid(), 9)", 137)]
)
def test_the_exit_status_is_kept(code: str, status: int, capfd: pytest.CaptureFixture[str]):
    command = [sys.executable, "-c", f"import os; print('hello', flush=True); {code}"]
    assert workflow.run(command) == status
    out = capfd.readouterr().out
    # The command stands first, as one could type it.
    assert out.index("$ ") < out.rindex("\nhello\n")


CHILD = """
import signal, sys, time
def end(number, frame):
    print(f"cleaned up after {number}", flush=True)
    sys.exit(5)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, end)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_it_end_in_its_own_way(number: int):
    parent = (
        "import sys; from synthgap.command_line import workflow; "
        f"sys.exit(workflow.run([sys.executable, '-c', {CHILD!r}]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    while process.stdout.readline() != "ready\n":
        assert process.poll() is None
    time.sleep(0.1)
    if number == signal.SIGINT:
        # As a terminal does: to both.
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    assert out == f"cleaned up after {int(number)}\n"
    assert process.returncode == 5


def test_the_workflow_is_that_of_the_clone():
    assert workflow.workflow_folder() == ROOT


def test_an_installed_package_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "site-packages/synthgap"
    inside = package / "workflow_files"
    (inside / "profiles/default").mkdir(parents=True)
    (inside / "Snakefile").touch()
    monkeypatch.setattr(workflow, "PACKAGE", package)
    assert workflow.workflow_folder() == inside
