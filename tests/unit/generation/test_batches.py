from collections.abc import Sequence
from math import ceil
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from synthgap.errors import InputError
from synthgap.generation.batches import EXCESS, LARGEST, BatchSize
from synthgap.generation.found_sizes import FoundSize

GIB = 2**30


class Device:
    """Stands for a GPU: each image takes memory, and a batch that takes too much fails."""

    def __init__(self, total: int, each: int, fixed: int = 0) -> None:
        self.total, self.each, self.fixed = total, each, fixed
        self.weights = GIB
        self.done: list[int] = []
        self.peak = 0

    def work(self, batch: Sequence[int]) -> list[int]:
        self.peak = self.weights + self.fixed + self.each * len(batch)
        if self.peak > self.total:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        self.done.append(len(batch))
        return [10 * item for item in batch]

    def start(self) -> None:
        self.peak = self.weights

    def used(self) -> tuple[int, int]:
        return self.weights, self.peak

    def available(self) -> int:
        return self.total


def run(size: BatchSize, device: Device, items: int) -> list[int]:
    made = list(size.batches(list(range(items)), device.work, "models/sd: does not fit"))
    assert made == [10 * item for item in range(items)]
    done, device.done = device.done, []
    return done


def test_a_given_size_is_taken():
    size, device = BatchSize(4, None), Device(100 * GIB, GIB)
    assert size.settled
    assert run(size, device, 10) == [4, 3, 3]
    # Whoever sets a size gets no larger one.
    assert run(size, device, 9) == [3, 3, 3]


def test_out_of_memory_halves_it_for_good_and_loses_nothing():
    size, device = BatchSize(32, None), Device(10 * GIB, GIB)
    assert run(size, device, 36) == [9, 9, 9, 9]
    assert run(size, device, 16) == [8, 8]


def test_finished_batches_are_handed_over_before_one_fails():
    size, device = BatchSize(4, None), Device(10 * GIB, GIB)
    made = size.batches(range(12), device.work, "")
    assert [next(made) for _ in range(4)] == [0, 10, 20, 30]
    device.total = 4 * GIB
    assert list(made) == [10 * item for item in range(4, 12)]
    assert device.done == [4, 2, 2, 2, 2]


def test_a_single_image_that_does_not_fit_is_one_line():
    size, device = BatchSize(8, None), Device(GIB, GIB)
    with pytest.raises(InputError, match=r"^models/sd: does not fit$"):
        run(size, device, 8)


def test_other_errors_are_not_hidden():
    def work(batch: Sequence[int]) -> list[int]:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        list(BatchSize(8, None).batches(range(8), work, ""))


def test_auto_doubles_as_long_as_there_is_memory():
    device = Device(40 * GIB, GIB)
    size = BatchSize("auto", device)
    assert not size.settled
    assert run(size, device, 100) == [1, 2, 4, 8, 16, 32, 19, 18]
    assert size.settled
    # 90 % of 40 GiB hold 35 images; nothing had to fail to find it.
    assert run(size, device, 64) == [32, 32]


def test_auto_has_an_end():
    device = Device(1000 * GIB, GIB // 100)
    size = BatchSize("auto", device)
    assert run(size, device, 1300 + 63)[-20:] == [65] * 20
    assert run(size, device, 1300) == [65] * 20
    assert run(size, device, 100) == [50, 50]
    assert run(size, device, 69) == [35, 34]


def test_auto_recovers_when_another_process_takes_the_memory():
    device = Device(40 * GIB, GIB)
    size = BatchSize("auto", device)
    run(size, device, 100)
    device.total = 20 * GIB
    assert run(size, device, 32) == [16, 16]


def test_auto_grows_no_more_after_it_ran_out_of_memory():
    class Boasting(Device):
        def available(self) -> int:
            return 1000 * GIB

    device = Boasting(10 * GIB, GIB)
    size = BatchSize("auto", device)
    assert run(size, device, 50) == [1, 2, 4, 8, 7, 7, 7, 7, 7]
    assert run(size, device, 16) == [8, 8]


def test_the_last_batch_of_a_class_says_nothing_about_larger_ones():
    device = Device(40 * GIB, GIB)
    size = BatchSize("auto", device)
    assert run(size, device, 4) == [1, 2, 1]
    assert size.size == 4
    assert run(size, device, 13) == [4, 8, 1]


def test_auto_is_a_fixed_size_on_a_cpu():
    size = BatchSize("auto", None)
    assert size.settled
    assert run(size, Device(100 * GIB, GIB), 20) == [7, 7, 6]


@given(items=st.integers(1, 3000), wanted=st.integers(1, 70))
def test_batches_of_a_settled_size_are_few_and_nearly_equal(items, wanted):
    sizes = run(BatchSize(wanted, None), Device(100 * GIB, 0), items)
    assert len(sizes) == ceil(items / wanted)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] <= 1


@given(items=st.integers(1, 3000))
def test_a_found_size_is_exceeded_by_little(items):
    device = Device(1000 * GIB, GIB // 100)
    size = BatchSize("auto", device)
    run(size, device, 63)
    sizes = run(size, device, items)
    assert sizes[0] - sizes[-1] <= 1
    assert sizes[0] <= LARGEST * (1 + EXCESS)


class TestFoundBefore:
    """What one process found is where the next one of this model and device begins."""

    @pytest.fixture
    def found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FoundSize:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        return FoundSize({"model": "sd@1", "device": "a card"})

    def test_the_next_process_grows_no_more(self, found):
        device = Device(40 * GIB, GIB)
        run(BatchSize("auto", device, found), device, 100)
        assert found.read() == 32
        assert run(BatchSize("auto", device, found), device, 64) == [32, 32]

    def test_it_begins_with_the_largest(self, found):
        device = Device(1000 * GIB, GIB // 100)
        run(BatchSize("auto", device, found), device, 200)
        again = BatchSize("auto", device, found)
        assert again.settled
        assert run(again, device, 130) == [65, 65]

    def test_where_memory_was_scarce_it_grows_again(self, found):
        scarce, free = Device(10 * GIB, GIB), Device(40 * GIB, GIB)
        run(BatchSize("auto", scarce, found), scarce, 100)
        assert found.read() == 8
        assert run(BatchSize("auto", free, found), free, 94) == [8, 16, 32, 19, 19]
        assert found.read() == 32

    def test_where_memory_is_scarce_now_it_halves(self, found):
        found.write(32)
        device = Device(10 * GIB, GIB)
        assert run(BatchSize("auto", device, found), device, 32) == [8] * 4
        assert found.read() == 8

    def test_other_work_knows_nothing_of_it(self, found):
        found.write(32)
        assert FoundSize({"model": "sd@2", "device": "a card"}).read() is None

    def test_a_size_that_is_set_is_neither_read_nor_written(self, found):
        found.write(32)
        device = Device(10 * GIB, GIB)
        assert run(BatchSize(16, device, found), device, 16) == [8, 8]
        assert found.read() == 32

    @pytest.mark.parametrize(
        "content", ["", "{}", "[]", '{"batch_size": -1}', '{"batch_size": "8"}']
    )
    def test_a_damaged_file_is_no_size(self, found, content):
        found.write(32)
        found.path.write_text(content)
        assert found.read() is None

    def test_without_a_home_it_goes_on(self, tmp_path, monkeypatch):
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.delenv("HOME")
        # As for a user that the system does not know.
        monkeypatch.setattr("os.path.expanduser", lambda path: path)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        device = Device(40 * GIB, GIB)
        run(BatchSize("auto", device, FoundSize({})), device, 100)
        assert FoundSize({}).read() == 32

    def test_without_a_place_to_write_it_goes_on(self, tmp_path, monkeypatch):
        (tmp_path / "file").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        device = Device(40 * GIB, GIB)
        run(BatchSize("auto", device, FoundSize({})), device, 100)
