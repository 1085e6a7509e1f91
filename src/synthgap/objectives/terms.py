"""The terms of a CLIP's loss, each a function of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def contrast(logits: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """Compute CLIP's symmetric loss where several pairs of a batch may share their caption.

    An image aims at all copies of its caption in equal shares, and a caption at all its images.
    With captions that all differ it is the loss that CLIP is known by.

    Args:
        logits: n images × n captions, cosines over temperature; the pairs on the diagonal.
        same: bool, n×n: which pairs have the same caption.

    Returns:
        The mean cross-entropy over both directions, in nats.

    Source: A. Radford et al., Learning Transferable Visual Models From Natural Language
    Supervision, arXiv 2103.00020, figure 3; shares among copies of a caption are ours.
    """
    import torch

    shares = same / same.sum(dim=1, keepdim=True)
    entropy = torch.nn.functional.cross_entropy
    return (entropy(logits, shares) + entropy(logits.T, shares)) / 2


def alignment(images: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """Compute the mean squared distance of an image from its own caption; 0 to 4.

    Args:
        images: n unit embeddings of d dimensions.
        texts: n unit embeddings of d dimensions: in row i the caption of image i.

    Source: T. Wang, P. Isola, Understanding Contrastive Representation Learning through Alignment
    and Uniformity on the Hypersphere, arXiv 2005.10242 (the alignment loss with exponent 2, there
    of two views of an image).
    """
    return (images - texts).square().sum(dim=1).mean()


def squared_gap(images: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """Compute the squared distance between mean image and mean caption; 0 to 4.

    Args:
        images: n unit embeddings of d dimensions.
        texts: m unit embeddings of d dimensions, of any captions.

    Source: V. W. Liang et al., Mind the Gap, arXiv 2203.02053, for the gap as the difference of the
    two means; that its square is a term of the loss is ours.
    """
    return (images.mean(dim=0) - texts.mean(dim=0)).square().sum()
