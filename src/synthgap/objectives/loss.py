"""The loss that an objective makes of its terms, and the temperature that it begins with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from synthgap.objectives.spec import Objective
from synthgap.objectives.terms import alignment, contrast, squared_gap

if TYPE_CHECKING:
    import torch


def loss(
    objective: Objective,
    logits: torch.Tensor,
    images: torch.Tensor,
    texts: torch.Tensor,
    same: torch.Tensor,
) -> torch.Tensor:
    """Add up the terms of an objective for a batch of n pairs.

    Args:
        objective: which terms, with which weights. Those of weight 0 are not computed.
        logits: n×n, cosines over temperature.
        images: n unit embeddings of d dimensions.
        texts: n unit embeddings of d dimensions, of their captions.
        same: bool, n×n: which pairs have the same caption.
    """
    total = contrast(logits, same)
    if objective.alignment:
        total = total + objective.alignment * alignment(images, texts)
    if objective.gap:
        total = total + objective.gap * squared_gap(images, texts)
    return total


def begin(logit_scale: torch.nn.Parameter, objective: Objective) -> None:
    """Set the temperature that an objective begins with, and keep it there if it is not learned.

    Args:
        logit_scale: logarithm of the inverse temperature, as transformers' CLIP has it; in place.
        objective: whose temperature it is.
    """
    if objective.temperature is not None:
        logit_scale.data.fill_(math.log(1 / objective.temperature))
    if not objective.learn_temperature:
        logit_scale.requires_grad_(False)


def limit(logit_scale: torch.nn.Parameter) -> None:
    """Keep the temperature at 0.01 or above, in place, as CLIP does (arXiv 2103.00020, 2.5)."""
    logit_scale.data.clamp_(max=4.6052)  # ln 100
