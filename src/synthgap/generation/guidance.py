"""Keys of the generator `diffusers` that say how it is guided, besides the guidance scale."""

from typing import Self

from pydantic import Field, model_validator

from synthgap.section import Section


class GuidanceInterval(Section):
    """Classifier-free guidance at some noise levels alone: at those above `above`, up to `up_to`.
    At the others the images follow the prompt without guidance, which also takes half the time. A
    noise level is that of the paper (arXiv 2404.07724): the standard deviation of the noise where
    the image itself has weight 1, whatever the scheduler and the number of steps."""

    above: float = Field(default=0.0, ge=0)
    """Noise level down to which there is guidance, itself excluded."""
    up_to: float | None = Field(default=None, gt=0)
    """Noise level from which on there is guidance; from the start if left out."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.up_to is not None and self.up_to <= self.above:
            raise ValueError(
                f"above {self.above:g} and up_to {self.up_to:g} leave no noise level between them; "
                "for none at all write guidance_scale: 1 in the variant"
            )
        return self

    def holds(self, level: float) -> bool:
        """Whether there is guidance at a noise level.

        >>> interval = GuidanceInterval(above=0.5, up_to=2)
        >>> [interval.holds(level) for level in (0.5, 0.6, 2.0, 2.1)]
        [False, True, True, False]
        """
        return self.above < level and (self.up_to is None or level <= self.up_to)


class ConditionAnnealing(Section):
    """Condition-annealed sampling (CADS, arXiv 2310.17347): noise on the prompt's embedding, which
    fades while an image is made, so that images of one prompt differ more. Time runs from 1, pure
    noise, to 0, in shares of the model's training timesteps; the noise is that of each image's own
    seed."""

    tau1: float = Field(ge=0, le=1)
    """Time from which on the embedding is as it is."""
    tau2: float = Field(ge=0, le=1)
    """Time until which there is nothing but noise in its place; from there to `tau1` it comes back
    linearly."""
    noise_scale: float = Field(gt=0)
    """Standard deviation of the noise (s in the paper)."""
    mixing: float = Field(default=1.0, ge=0, le=1)
    """How far the mean and standard deviation of the embedding are put back after the noise (ψ in
    the paper): 1 wholly, 0 not at all."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.tau1 > self.tau2:
            raise ValueError(
                f"tau1 must be at most tau2, not {self.tau1:g} and {self.tau2:g}: time runs from 1 "
                "to 0"
            )
        return self

    def share(self, time: float) -> float:
        """Share of the embedding that is left at a time (γ in the paper).

        >>> annealing = ConditionAnnealing(tau1=0.6, tau2=0.8, noise_scale=0.25)
        >>> [round(annealing.share(time), 2) for time in (1.0, 0.8, 0.75, 0.6, 0.0)]
        [0.0, 0.0, 0.25, 1.0, 1.0]
        """
        if time <= self.tau1:
            return 1.0
        if time >= self.tau2:
            return 0.0
        return (self.tau2 - time) / (self.tau2 - self.tau1)
