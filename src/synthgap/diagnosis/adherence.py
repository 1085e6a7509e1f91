"""Poor adherence: the images do not show what the prompt says."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.stats import hypergeom

from synthgap.diagnosis.evidence import Class, Evidence
from synthgap.measures import prompt_adherence
from synthgap.measures.intervals.estimates import wilson

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
        hits, n = _fitting(one.images, prompts, number), len(one.images)
        expected, m = _fitting(natural, prompts, number), len(natural)
        p_value = float(hypergeom.cdf(hits, n + m, hits + expected, n))
        reason = (
            f"{hits} of its {n} images fit no other class's prompt better than their own, "
            f"{expected} of {m} natural ones"
        )
        found.append(
            Evidence(hits / n, wilson(hits, n), expected / m, p_value, None, reason, ADVICE)
        )
    return found


def _fitting(
    images: Float[np.ndarray, "n d"], prompts: Float[np.ndarray, "classes d"], number: int
) -> int:
    """Count the images of a class that adhere to its prompts."""
    labels = np.full(len(images), number)
    return int(prompt_adherence.hits(images, labels, prompts, np.arange(len(prompts))).sum())
