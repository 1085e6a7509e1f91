"""The verdict on each class and cause of one variant."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from scipy.stats import false_discovery_control

from synthgap.described import Columns, with_interval
from synthgap.diagnosis import adherence, ambiguity, concept, diversity
from synthgap.diagnosis.evidence import Class, Evidence

FALSE_DISCOVERY_RATE = 0.05
"""Share of wrong verdicts that is accepted among those that say that a class suffers."""

CAUSES = {
    "ambiguity": ambiguity.VALUE,
    "adherence": adherence.VALUE,
    "diversity": diversity.VALUE,
    "concept": concept.VALUE,
}
"""The causes and what is measured of each, in the order in which they should be mended: images of
two things have a wide spread and a shifted mean whatever else they are."""

UNKNOWN = "not measured: it needs a second class, and adherence also prompts that were embedded"

VERDICT: Columns = {
    "suffers": (
        pa.bool_(),
        "whether the class suffers from the cause, at a false-discovery rate of "
        f"{FALSE_DISCOVERY_RATE:.0%} over the classes; empty where it cannot be measured",
    ),
    **with_interval("value", "; ".join(f"{cause}: {text}" for cause, text in CAUSES.items())),
    "natural": (pa.float64(), "the same value of natural images"),
    "excess": (
        pa.float64(),
        "standard deviations that the statistic lies beyond random partings of the source's "
        "and natural-train's images; for ambiguity that of the spread towards the other class",
    ),
    "p_value": (pa.float64(), "how rarely images of one distribution go as far"),
    "q_value": (
        pa.float64(),
        "p_value corrected for the number of classes (Benjamini-Hochberg)",
    ),
    "other_class": (pa.string(), "ambiguity: the class that takes images"),
    "reason": (pa.string(), "the numbers behind the verdict"),
    "advice": (pa.string(), "what to try"),
}
"""What a row says of a class and cause."""


def diagnose(
    classes: Sequence[Class], draws: int, prompts: Float[np.ndarray, "classes d"] | None
) -> dict[str, list[Evidence] | None]:
    """Collect the evidence for each cause, class by class.

    Args:
        classes: the classes of a variant beside the natural ones.
        draws: partings of the natural images, and replicates of intervals.
        prompts: unit embedding of each class's prompts (their mean direction); None without text.

    Returns:
        For each cause the evidence of each class; None where it cannot be had: ambiguity needs two
        classes, adherence two classes and prompts.

    Source: the causes are those of Marwood, Baluja, Alon, arXiv 2311.00056; how each is measured
    and judged is ours."""
    several = len(classes) > 1
    return {
        "ambiguity": ambiguity.diagnose(classes, prompts) if several else None,
        "adherence": adherence.diagnose(classes, prompts)
        if several and prompts is not None
        else None,
        "diversity": diversity.diagnose(classes, draws),
        "concept": concept.diagnose(classes, draws),
    }


def verdicts(
    classes: Sequence[Class], evidence: Mapping[str, Sequence[Evidence] | None]
) -> list[dict[str, Any]]:
    """Judge all classes of a variant: a row a class and cause.

    Within a cause, classes suffer whose q-value (Y. Benjamini, Y. Hochberg, JRSS B 57, 1995) is at
    most `FALSE_DISCOVERY_RATE`.
    """
    q_values = {
        cause: false_discovery_control([found.p_value for found in of_cause])
        for cause, of_cause in evidence.items()
        if of_cause is not None
    }
    return [
        {"class_id": one.class_id, "name": one.name, "cause": cause}
        | (
            _row(of_cause[number], float(q_values[cause][number]))
            if of_cause is not None
            else _unknown()
        )
        for number, one in enumerate(classes)
        for cause, of_cause in evidence.items()
    ]


def _row(found: Evidence, q_value: float) -> dict[str, Any]:
    suffers = q_value <= FALSE_DISCOVERY_RATE
    return {
        "suffers": suffers,
        "value": found.value,
        "value_low": found.ends.low,
        "value_high": found.ends.high,
        "natural": found.natural,
        "excess": found.excess,
        "p_value": found.p_value,
        "q_value": q_value,
        "other_class": found.other_class if suffers else None,
        "reason": found.reason,
        "advice": found.advice if suffers else None,
    }


def _unknown() -> dict[str, Any]:
    return dict.fromkeys(VERDICT) | {"reason": UNKNOWN}
