"""How noisy an image is at a timestep of a pipeline, by its scheduler."""

import math
from typing import Any


class NoiseLevels:
    """Times and noise levels of a scheduler's timesteps.

    A time is a share of the timesteps that the model was trained with. A noise level is the
    standard deviation of the noise where the image has weight 1. For diffusion models (weights √ᾱ
    and √(1 − ᾱ)) it is √((1 − ᾱ)/ᾱ), between two whole timesteps by linear interpolation of its
    logarithm, as schedulers with sigmas place their timesteps; for flow matching (weights 1 − t and
    t) it is t/(1 − t).
    """

    def __init__(self, scheduler: Any) -> None:
        """Read a scheduler.

        Raises:
            ValueError: it says neither ᾱ nor that it matches flows.
        """
        self._trained = int(scheduler.config.num_train_timesteps)
        self._logarithms: list[float] | None = None
        if not matches_flow(scheduler):
            if not hasattr(scheduler, "alphas_cumprod"):
                raise ValueError(f"{type(scheduler).__name__} does not tell its noise levels")
            kept = scheduler.alphas_cumprod.double().tolist()
            self._logarithms = [_logarithm(share) for share in kept]

    def time(self, timestep: float) -> float:
        """Share of the training's timesteps."""
        return timestep / self._trained

    def level(self, timestep: float) -> float:
        """Noise level at a timestep, infinite for pure noise."""
        if self._logarithms is None:
            time = self.time(timestep)
            return time / (1 - time) if time < 1 else math.inf
        below = min(max(math.floor(timestep), 0), len(self._logarithms) - 1)
        above = min(below + 1, len(self._logarithms) - 1)
        first, second = self._logarithms[below], self._logarithms[above]
        share = timestep - below
        # Infinite levels, of schedules that end in pure noise, cannot be weighted.
        return math.exp(first if share <= 0 else first + share * (second - first))


def matches_flow(scheduler: Any) -> bool:
    """Whether a scheduler is for flow matching."""
    named = type(scheduler).__name__.startswith("FlowMatch")
    return named or bool(scheduler.config.get("use_flow_sigmas"))


def _logarithm(kept: float) -> float:
    return math.log((1 - kept) / kept) / 2 if 0 < kept < 1 else math.copysign(math.inf, 0.5 - kept)
