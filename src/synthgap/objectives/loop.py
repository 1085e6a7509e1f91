"""What training loops share: determinism, schedule, batches, progress."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgap.errors import InputError

if TYPE_CHECKING:
    import torch


@contextmanager
def deterministic(seed: int) -> Iterator[np.random.Generator]:
    """Seed torch and allow it only deterministic algorithms; yield a NumPy generator as well.

    Afterwards torch's random state and setting are as they were. The same seed gives the same bits
    on the same machine with the same number of threads.
    """
    import torch

    before = torch.are_deterministic_algorithms_enabled()
    memory: Any = torch.utils.deterministic  # mypy does not see what it has
    filled = memory.fill_uninitialized_memory
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        torch.use_deterministic_algorithms(True)
        # Costs time in every operation, and shows nothing but the use of memory never written to.
        memory.fill_uninitialized_memory = False
        try:
            yield np.random.default_rng(seed)
        finally:
            torch.use_deterministic_algorithms(before)
            memory.fill_uninitialized_memory = filled


def batches(n: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield int64 batches of `size` out of n indices for ever, each index once in every round."""
    waiting = np.empty(0, dtype=np.int64)
    while True:
        while len(waiting) < size:
            waiting = np.concatenate([waiting, rng.permutation(n)])
        yield waiting[:size]
        waiting = waiting[size:]


class Descent:
    """AdamW with a warm-up over the first twentieth of the steps and a cosine decay to zero."""

    def __init__(self, model: torch.nn.Module, learning_rate: float, steps: int, label: str):
        """Prepare to descend so many `steps`; `label` names the bar that shows the progress."""
        import torch
        from tqdm import tqdm

        warm_up = max(1, steps // 20)

        def factor(step: int) -> float:
            rising = (step + 1) / warm_up
            falling = 0.5 + 0.5 * math.cos(math.pi * step / steps)
            return min(rising, falling)

        self.model = model
        self.optimiser = torch.optim.AdamW(
            model.parameters(), lr=learning_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimiser, factor)
        self.bar = tqdm(range(steps), desc=label, mininterval=2, file=sys.stderr)

    def __iter__(self) -> Iterator[int]:
        """Count the steps."""
        return iter(self.bar)

    def __call__(self, loss: torch.Tensor) -> None:
        """Take one step down the gradient of `loss`, clipped to norm 1.

        Raises InputError once the loss is no longer a number.
        """
        import torch

        value = loss.item()
        if not math.isfinite(value):
            raise InputError(
                f"the training of {self.bar.desc} has diverged at step "
                f"{self.bar.n + 1}: lower its learning_rate"
            )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.schedule.step()
        self.bar.set_postfix(loss=f"{value:.4f}", refresh=False)
