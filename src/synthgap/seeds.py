"""Seeds that depend on what they are for, and on nothing else."""

import hashlib

import numpy as np


def image_seed(study_seed: int, class_id: str, index: int) -> int:
    """Seed of one image, 0 <= seed < 2**63.

    It depends on class and index alone (within a study), so that images of the same index start
    from the same noise in every variant and differences between variants are paired.

    >>> image_seed(0, "digit-3", 7) == image_seed(0, "digit-3", 7)
    True
    """
    return _number("image", study_seed, class_id, index) >> 1


def replicate_seed(seed: int, replicate: int) -> int:
    """Seed of a replicate in place of a seed of the study, 0 <= seed < 2**63.

    >>> replicate_seed(0, 2) == replicate_seed(0, 2) != replicate_seed(0, 3)
    True
    """
    return _number("replicate", seed, replicate) >> 1


def generator(purpose: str, *of: str | int) -> np.random.Generator:
    """Random numbers for one purpose, independent of any other purpose's."""
    return np.random.default_rng(_number(purpose, *of))


def _number(*parts: str | int) -> int:
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
