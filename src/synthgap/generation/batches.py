"""How many images are made at once: as many as fit, and fewer after the device ran out of memory.

This decides speed alone, so the module is none of those whose change makes images again.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from synthgap.errors import InputError
from synthgap.generation.found_sizes import FoundSize

if TYPE_CHECKING:
    import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

LARGEST = 64
"""A larger batch would lose more when a job is killed; a GPU is busy with less."""

ON_CPU = 8

SHARE = 0.9
"""Of the device's memory; the rest is for what is not foreseen and for fragments."""

EXCESS = 1 / 16
"""Share by which a batch may exceed the size that was found, where this saves a small last one:
1,300 images are 20 batches of 65. `SHARE` leaves room for it."""


class Memory(Protocol):
    """The memory of a device, in bytes."""

    def start(self) -> None:
        """Begin to watch a batch."""

    def used(self) -> tuple[int, int]:
        """Bytes in use when the watch began, and at most since."""

    def available(self) -> int:
        """Bytes that this process has or could get."""


class CudaMemory:
    """The memory of a CUDA device as PyTorch sees it."""

    def __init__(self, device: "torch.device") -> None:
        """Watch one device."""
        self._device = device
        self._before = 0

    def start(self) -> None:
        """Begin to watch a batch."""
        import torch

        torch.cuda.reset_peak_memory_stats(self._device)
        self._before = torch.cuda.memory_allocated(self._device)

    def used(self) -> tuple[int, int]:
        """Bytes in use when the watch began, and at most since."""
        import torch

        return self._before, torch.cuda.max_memory_allocated(self._device)

    def available(self) -> int:
        """Bytes that this process has or could get."""
        import torch

        free, _ = torch.cuda.mem_get_info(self._device)
        return free + torch.cuda.memory_reserved(self._device)


class BatchSize:
    """A batch size that finds itself, for this process and for those that come after it.

    It starts with what was found before, or with 1, and doubles as long as twice the memory of the
    last batch is there: nothing is made only to measure.
    """

    def __init__(
        self,
        wanted: int | Literal["auto"],
        memory: Memory | None,
        found: FoundSize | None = None,
    ) -> None:
        """Start with the wanted size; `auto` grows if there is a memory to watch.

        Args:
            wanted: images at once, or `auto`.
            memory: of the device; without, `auto` is a fixed size.
            found: where `auto` finds and leaves the size for other processes.
        """
        self._memory = memory
        self._found: FoundSize | None = None
        self._excess = 0.0
        self.settled = True
        """Whether it grows no more."""
        self.size = ON_CPU if wanted == "auto" else wanted
        """Images at once."""
        if wanted == "auto" and memory is not None:
            before = found.read() if found else None
            self.size = min(before or 1, LARGEST)
            self.settled = self.size == LARGEST
            self._found, self._excess = found, EXCESS

    def batches(
        self,
        items: Sequence[Item],
        work: Callable[[Sequence[Item]], Sequence[Result]],
        too_large: str,
    ) -> Iterator[Result]:
        """Do the work batch by batch and yield its results in the order of the items.

        Batches of a settled size are nearly equal, the larger ones first: a device is no faster
        with a small last one.

        Args:
            items: what is to be done.
            work: does a batch; a batch that runs out of memory is done again in halves.
            too_large: the line for a user whose device does not even hold one.

        Raises:
            InputError: the device ran out of memory with a single item.
        """
        start = 0
        while start < len(items):
            batch = items[start : start + self._next(len(items) - start)]
            if self._memory:
                self._memory.start()
            results = _unless_out_of_memory(work, batch)
            if results is None:
                if len(batch) == 1:
                    raise InputError(too_large)
                self._excess = 0.0
                self._settle(len(batch) // 2)
                continue
            yield from results
            start += len(batch)
            if not self.settled and len(batch) == self.size:
                self._grow()

    def _next(self, left: int) -> int:
        if not self.settled:
            return self.size
        return ceil(left / ceil(left / (self.size * (1 + self._excess))))

    def _grow(self) -> None:
        assert self._memory is not None
        before, peak = self._memory.used()
        if before + 2 * (peak - before) > SHARE * self._memory.available():
            self._settle(self.size)
        elif 2 * self.size >= LARGEST:
            self._settle(LARGEST)
        else:
            self.size *= 2

    def _settle(self, size: int) -> None:
        self.size, self.settled = size, True
        if self._found:
            self._found.write(size)


def _unless_out_of_memory(
    work: Callable[[Sequence[Item]], Sequence[Result]], batch: Sequence[Item]
) -> Sequence[Result] | None:
    """Do the work, or free what it took and return None."""
    from accelerate.utils.memory import should_reduce_batch_size

    try:
        return work(batch)
    except RuntimeError as error:
        if not should_reduce_batch_size(error):
            raise
    # Only here, where the error and the frames that it holds are gone, can memory be freed.
    import torch

    gc.collect()
    torch.cuda.empty_cache()
    return None
