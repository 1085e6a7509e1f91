"""Poor adherence: the images do not show what the prompt says."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import hypergeom

from synthgap.diagnosis.evidence import Class, Evidence
from synthgap.measures.estimates import wilson

VALUE = "share of images whose own class's prompt fits them best"
ADVICE = "raise the guidance scale, write a plainer prompt, or try another generator"


def diagnose(classes: Sequence[Class], prompts: Float[np.ndarray, "classes d"]) -> list[Evidence]:
    """Compare how often a class's images fit their own prompt best with how often natural ones do.

    Fisher's exact test, one-sided, against the class's images of natural-train and natural-val
    together: an encoder that does not understand the prompt fails on these as well, which is no
    fault of the generator.

    Args:
        classes: the classes.
        prompts: unit embedding of each class's prompts (their mean direction).
    """
    found = []
    for number, one in enumerate(classes):
        natural = np.concatenate([one.train, one.val])
        hits, n = int(fits_best(one.images, prompts, number).sum()), len(one.images)
        expected, m = int(fits_best(natural, prompts, number).sum()), len(natural)
        p_value = float(hypergeom.cdf(hits, n + m, hits + expected, n))
        reason = (
            f"{hits} of its {n} images fit no other class's prompt better than their own, "
            f"{expected} of {m} natural ones"
        )
        found.append(
            Evidence(hits / n, wilson(hits, n), expected / m, p_value, None, reason, ADVICE)
        )
    return found


def fits_best(
    images: Float[np.ndarray, "n d"], prompts: Float[np.ndarray, "classes d"], number: int
) -> Bool[np.ndarray, "n"]:
    """Say of each image whether its own class's prompt scores highest.

    Equal scores count: prompts that read the same are ambiguous, and following them is adherence.
    """
    scores = images.astype(np.float64) @ prompts.T
    best: Bool[np.ndarray, "n"] = scores[:, number] >= scores.max(axis=1) - 1e-6
    return best
