"""A denoiser that is compiled for the batches that are made most.

`torch.compile` generates code for one size of batch at a time, which takes a minute. So a size that
lacks one image is filled up, and a small one is computed without code until it comes again. This
decides speed alone.
"""

import contextlib
from collections.abc import Sequence
from typing import Any, TypeVar

from synthgap.errors import InputError

Item = TypeVar("Item")


class CompiledDenoiser:
    """What runs at every step of a pipeline, compiled."""

    def __init__(self, pipeline: Any, location: str) -> None:
        """Mark the denoiser to be compiled when it first runs.

        Raises:
            InputError: the pipeline keeps its denoiser elsewhere.
        """
        denoiser = getattr(pipeline, "unet", None) or getattr(pipeline, "transformer", None)
        if denoiser is None:
            raise InputError(f"{location}: has neither unet nor transformer; leave out compile")
        denoiser.compile(dynamic=False)
        self._known: set[int] = set()
        self._seen: set[int] = set()

    def filled_up(self, batch: Sequence[Item]) -> Sequence[Item]:
        """Repeat the last item of a batch that lacks one to a size that there is code for."""
        more = len(batch) + 1
        if len(batch) not in self._known and more in self._known:
            return [*batch, batch[-1]]
        return batch

    def running(self, size: int, usual: int | None) -> contextlib.AbstractContextManager[Any]:
        """Run a batch: compiled, unless it is the first of its size and a small one.

        Args:
            size: of this batch.
            usual: of most batches of this process; None where that is not known yet.
        """
        import torch

        if size in self._seen or (usual is not None and 2 * size >= usual):
            self._known.add(size)
        self._seen.add(size)
        running: contextlib.AbstractContextManager[Any] = torch.compiler.set_stance(
            "default" if size in self._known else "eager_on_recompile"
        )
        return running
