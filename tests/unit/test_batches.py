from collections.abc import Sequence

import pytest
import torch

from synthgap.errors import InputError
from synthgap.generation.batches import LARGEST, BatchSize

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
    assert run(size, device, 10) == [4, 4, 2]


def test_out_of_memory_halves_it_for_good_and_loses_nothing():
    size, device = BatchSize(32, None), Device(10 * GIB, GIB)
    assert run(size, device, 36) == [8, 8, 8, 8, 4]
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
    assert run(size, device, 100) == [1, 2, 4, 8, 16, 32, 32, 5]
    assert size.settled
    # 90 % of 40 GiB hold 35 images; nothing had to fail to find it.
    assert run(size, device, 64) == [32, 32]


def test_auto_has_an_end():
    device = Device(1000 * GIB, GIB // 100)
    size = BatchSize("auto", device)
    assert max(run(size, device, 400)) == LARGEST


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
    assert run(size, device, 50) == [1, 2, 4, 8, 8, 8, 8, 8, 3]
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
    assert run(size, Device(100 * GIB, GIB), 20) == [8, 8, 4]
