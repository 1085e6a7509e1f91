"""What a part of the run for a GPU does to itself leaves the other parts alone."""

import sys
import time
from pathlib import Path

import pytest
from processes import running, wait_for

ROOT = Path(__file__).parents[2]

WRITES = "import sys; open(sys.argv[-1], 'w').write('{\"rates\": [1]}'); "


@pytest.fixture
def measured(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import gpu

    monkeypatch.setattr(gpu, "LEAST_S", 1)

    def run(code: str, limit_s: float) -> tuple[dict[str, object], str]:
        with (tmp_path / "log").open("w") as log:
            found = gpu.measured([sys.executable, "-c", code], tmp_path, limit_s, log)
        return found, (tmp_path / "log").read_text()

    return run


def test_a_part_that_fails_keeps_what_it_wrote(measured):
    found, log = measured(WRITES + "raise SystemExit('no such card')", 60)
    assert found == {"code": 1, "ended": "failed; see the log", "rates": [1]}
    assert "no such card" in log


def test_a_part_that_hangs_is_ended_with_all_that_it_started(measured):
    started = time.monotonic()
    found, log = measured(
        WRITES + "import subprocess; child = subprocess.Popen(['sleep', '300']); "
        "print(child.pid, flush=True); child.wait()",
        2,
    )
    assert time.monotonic() - started < 60
    assert found == {"code": None, "ended": "stopped after 2 s", "rates": [1]}
    assert wait_for(lambda: not running(int(log.split()[-1])))


def test_a_part_for_which_no_time_is_left_is_not_begun(measured):
    found, log = measured("raise SystemExit(1)", 0.5)
    assert found == {"code": None, "ended": "not begun, the time was over"}
    assert log == ""
