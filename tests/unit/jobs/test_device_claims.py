import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pynvml
import pytest

from synthgap.errors import InputError
from synthgap.jobs.device_claims import JOBS_PER_DEVICE, SLURM_JOB, claimed, visible_devices
from synthgap.jobs.runs import RUN
from synthgap.jobs.workers import VISIBLE

ROOT = Path(__file__).parents[3]

HOLDER = """
import sys
from synthgap.jobs.device_claims import claimed
with claimed(int(sys.argv[1])) as devices:
    print(devices, flush=True)
    sys.stdin.read()
"""


class Holder:
    """A job that claims devices, and holds them until it is told to end or is killed."""

    def __init__(self, count: int = 1) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    @property
    def devices(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Two devices that are none, and locks of this test's own."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv(VISIBLE, "0,1")
    for name in (JOBS_PER_DEVICE, SLURM_JOB, RUN):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def started() -> Iterator[list[Holder]]:
    holders: list[Holder] = []
    yield holders
    for holder in holders:
        holder.kill()


def test_each_job_has_a_device_of_its_own(devices, started):
    started += [Holder(), Holder()]
    assert {holder.devices for holder in started} == {"0", "1"}


@pytest.mark.parametrize("how", ["end", "kill"])
def test_a_job_waits_for_a_device_until_another_ends(devices, started, how):
    started += [Holder(), Holder()]
    held = [holder.devices for holder in started]
    third = Holder()
    started.append(third)
    assert not select.select([third.process.stdout], [], [], 1)[0]
    getattr(started[1], how)()
    assert third.devices == held[1]


def test_it_says_that_it_waits(devices, started, capsys):
    devices.setenv(VISIBLE, "0")
    started.append(Holder())
    assert started[0].devices == "0"
    ended = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"])
    with pytest.MonkeyPatch.context() as patch:
        # The holder goes while this process pauses.
        patch.setattr(time, "sleep", lambda _: (ended.wait(), started[0].end()))
        with claimed(1) as found:
            assert found == "0"
    assert capsys.readouterr().err == "waiting for a GPU that no other job holds\n"


def test_as_many_jobs_share_a_device_as_the_study_says(devices, started):
    devices.setenv(JOBS_PER_DEVICE, "2")
    found = []
    for _ in range(4):
        started.append(Holder())
        found.append(started[-1].devices)
    # No device has a second job before each has one.
    assert found == ["0", "1", "0", "1"]


def test_a_job_may_hold_several(devices, started):
    devices.setenv(VISIBLE, "0,1,2")
    started.append(Holder(2))
    assert started[0].devices == "0,1"
    with claimed(1) as found:
        assert found == "2"


def test_a_job_of_several_takes_none_while_it_waits(devices, started):
    with claimed(1) as found:
        assert found == "0"
        started.append(Holder(2))
        time.sleep(1)
        # What is free is there for whoever needs no more.
        started.append(Holder(1))
        assert started[1].devices == "1"
        started[1].end()
    assert started[0].devices == "0,1"


@pytest.mark.parametrize("run", [None, "4711"])
def test_jobs_of_slurm_may_have_devices_of_one_name(devices, started, run):
    devices.setenv(VISIBLE, "0")
    found = []
    for job in ("17", "18"):
        devices.setenv(SLURM_JOB, job)
        if run is not None:
            devices.setenv(RUN, f"{run}{job}")
        started.append(Holder())
        found.append(started[-1].devices)
    assert found == ["0", "0"]


def test_jobs_of_a_group_in_slurm_have_their_own(devices, started):
    devices.setenv(SLURM_JOB, "17")
    devices.setenv(RUN, "4711")
    started += [Holder(), Holder()]
    assert {holder.devices for holder in started} == {"0", "1"}


def test_more_than_there_are_is_refused(devices):
    with pytest.raises(InputError, match=r"computes on 3 GPUs, but sees 2 \(0, 1\)"), claimed(3):
        pass


def test_work_without_a_device_claims_none(devices):
    with claimed(0) as found:
        assert found is None


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("2,0", ["2", "0"]),
        ("1,-1,0", ["1"]),
        ("GPU-8a5c,MIG-0f1e", ["GPU-8a5c", "MIG-0f1e"]),
        ("0, 0,1", ["0", "1"]),
    ],
)
def test_the_devices_are_those_that_cuda_would_see(monkeypatch, listed, names):
    monkeypatch.setenv(VISIBLE, listed)
    assert visible_devices() == names


class TestInstalled:
    @pytest.fixture(autouse=True)
    def unset(self, monkeypatch):
        monkeypatch.delenv(VISIBLE, raising=False)

    def test_all_are_visible(self, monkeypatch):
        monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
        monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 3)
        assert visible_devices() == ["0", "1", "2"]

    def test_a_machine_without_a_driver_has_none(self, monkeypatch):
        def missing():
            raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

        monkeypatch.setattr(pynvml, "nvmlInit", missing)
        assert visible_devices() == []
        with claimed(1) as found:
            assert found is None
