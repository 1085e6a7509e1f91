"""What stands before a pipeline's denoiser, to guide in an interval of noise levels and to anneal
conditions.

A callback of diffusers is called after a step, and so too late for the first one, which is the
noisiest; and the pipelines fix at their start whether they guide. So the denoiser itself is called
otherwise: a pipeline hands it the rows of all images without the prompt, then those with it, and
sums what comes back as uncond + w (cond − uncond). Outside the interval the rows with the prompt
are computed alone and given back for both, which makes the sum cond.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from synthgap import seeds
from synthgap.errors import InputError
from synthgap.generation.annealing import annealed
from synthgap.generation.guidance import ConditionAnnealing, GuidanceInterval
from synthgap.generation.noise_levels import NoiseLevels
from synthgap.generation.pictures import Request

KNOWN = frozenset(
    {
        "StableDiffusionPipeline",
        "StableDiffusionXLPipeline",
        "StableDiffusion3Pipeline",
        "PixArtAlphaPipeline",
        "PixArtSigmaPipeline",
        "StableDiffusionPAGPipeline",
        "StableDiffusionXLPAGPipeline",
        "StableDiffusion3PAGPipeline",
        "PixArtSigmaPAGPipeline",
    }
)
"""Pipelines that hand their denoiser the rows without the prompt first. With perturbed attention
the rows that are perturbed come last."""

CONDITIONS = frozenset({"encoder_hidden_states", "pooled_projections", "text_embeds"})
"""What a denoiser gets of a prompt, by the names of its arguments."""


class GuidedDenoiser:
    """Takes the place of a denoiser's `forward`."""

    def __init__(
        self,
        pipeline: Any,
        location: str,
        interval: GuidanceInterval | None,
        annealing: ConditionAnnealing | None,
    ) -> None:
        """Stand before the denoiser of an open pipeline.

        Raises:
            InputError: it is not known how the pipeline guides, or its noise levels are not.
        """
        self._interval, self._annealing = interval, annealing
        given = {"guidance_interval": interval, "condition_annealing": annealing}
        self._keys = " and ".join(key for key, value in given.items() if value is not None)
        self._kind, self._location = type(pipeline).__name__, location
        if self._kind not in KNOWN:
            known = ", ".join(sorted(name for name in KNOWN if "PAG" not in name))
            raise InputError(
                f"{location}: {self._kind} does not work with {self._keys}, which {known} do; "
                "leave it out"
            )
        try:
            self._levels = NoiseLevels(pipeline.scheduler)
        except ValueError as error:
            raise InputError(
                f"{location}: {error}, and so does not work with {self._keys}; choose another "
                "scheduler"
            ) from error
        denoiser = getattr(pipeline, "unet", None) or pipeline.transformer
        self._forward: Callable[..., Any] = denoiser.forward
        self._signature = inspect.signature(self._forward)
        self._images = 0
        self._guided = False
        self._draws: list[np.random.Generator] = []
        denoiser.forward = self._called

    def begin(self, requests: Sequence[Request], guidance_scale: float) -> None:
        """Say which images the pipeline makes next."""
        self._images, self._guided = len(requests), guidance_scale > 1
        self._draws = [seeds.generator("condition annealing", each.seed) for each in requests]

    def _called(self, *args: Any, **kwargs: Any) -> Any:
        """Stand for the denoiser in one step; it returns a tuple, as pipelines ask it to."""
        import torch

        given = dict(self._signature.bind(*args, **kwargs).arguments)
        rows, images = len(next(iter(given.values()))), self._images
        perturbed = (rows // images) - 1 - self._guided
        if rows % images or perturbed not in (0, 1) or (perturbed and "PAG" not in self._kind):
            raise InputError(
                f"{self._location}: {self._kind} does not guide as {self._keys} needs it, by one "
                "more row an image; leave it out"
            )
        # On a GPU this waits for the device, as most schedulers do in each step.
        timestep = float(torch.as_tensor(given["timestep"]).flatten()[0])
        if self._annealing is not None:
            share = self._annealing.share(self._levels.time(timestep))
            if share < 1:
                given = self._with_noise(given, share)
        outside = self._interval is not None and not self._interval.holds(
            self._levels.level(timestep)
        )
        if not self._guided or not outside:
            return self._forward(**given)
        if perturbed:
            # The perturbed layers find their rows by thirds.
            (found,) = self._forward(**given)
            return (torch.cat([found[images : 2 * images], found[images:]]),)
        (found,) = self._forward(**_rows(given, rows, slice(images, None)))
        return (torch.cat([found, found]),)

    def _with_noise(self, given: Mapping[str, Any], share: float) -> dict[str, Any]:
        """Anneal the conditions of the rows with a prompt; each image's are the same in all."""
        import torch

        assert self._annealing is not None
        found = dict(given)
        for name, value in given.items():
            if isinstance(value, dict):
                found[name] = self._with_noise(value, share)
            elif name in CONDITIONS and value is not None:
                without = value[: self._images * self._guided]
                times = len(value) // self._images - self._guided
                noisy = annealed(
                    value[len(without) :][: self._images],
                    share,
                    self._annealing.noise_scale,
                    self._annealing.mixing,
                    self._draws,
                )
                found[name] = torch.cat([without, *[noisy] * times])
        return found


def _rows(value: Any, of: int, taken: slice) -> Any:
    """Take rows of everything in a denoiser's arguments that has one a row."""
    import torch

    if isinstance(value, dict):
        return {name: _rows(each, of, taken) for name, each in value.items()}
    if isinstance(value, torch.Tensor) and value.dim() and len(value) == of:
        return value[taken]
    return value
