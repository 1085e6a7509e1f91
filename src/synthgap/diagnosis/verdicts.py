"""The verdict on each class and cause of one variant."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from scipy.stats import false_discovery_control

from synthgap.described import Columns, with_interval
from synthgap.diagnosis import adherence, ambiguity, concept, diversity
from synthgap.diagnosis.evidence import Class, Evidence, NotMeasured

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

ONE_CLASS = "a second class, and the study has one alone"
NO_PROMPTS = "prompts, and the variant has none"
NO_TEXTS = "an encoder of texts, and this one sees images alone"
"""What can be missing."""

VERDICT: Columns = {
    "suffers": (
        pa.bool_(),
        "whether this is wrong with the class, at a false-discovery rate of "
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
    "reason": (pa.string(), "the numbers behind the verdict, or why there are none"),
    "advice": (pa.string(), "what to try"),
}
"""What a row says of a class and cause."""


def diagnose(
    classes: Sequence[Class],
    draws: int,
    prompts: Float[np.ndarray, "classes d"] | None,
    embeds_text: bool = True,
) -> dict[str, list[Evidence] | NotMeasured]:
    """Collect the evidence for each cause, class by class.

    Args:
        classes: the classes of a variant beside the natural ones.
        draws: partings of the natural images, and replicates of intervals.
        prompts: unit embedding of each class's prompts (their mean direction); None without.
        embeds_text: whether the encoder could embed any; says why there are none.

    Returns:
        For each cause the evidence of each class, or what is missing: ambiguity needs two classes,
        adherence two classes and prompts.

    Source: the causes are those of Marwood, Baluja, Alon, arXiv 2311.00056; how each is measured
    and judged is ours."""
    missing = [] if len(classes) > 1 else [ONE_CLASS]
    ambiguous: list[Evidence] | NotMeasured = (
        _not_measured(missing) if missing else ambiguity.diagnose(classes, prompts)
    )
    if prompts is None:
        missing = [*missing, NO_PROMPTS if embeds_text else NO_TEXTS]
    return {
        "ambiguity": ambiguous,
        "adherence": _not_measured(missing)
        if prompts is None or missing
        else adherence.diagnose(classes, prompts),
        "diversity": diversity.diagnose(classes, draws),
        "concept": concept.diagnose(classes, draws),
    }


def verdicts(
    classes: Sequence[Class], evidence: Mapping[str, Sequence[Evidence] | NotMeasured]
) -> list[dict[str, Any]]:
    """Judge all classes of a variant: a row a class and cause.

    Within a cause, classes suffer whose q-value (Y. Benjamini, Y. Hochberg, JRSS B 57, 1995) is at
    most `FALSE_DISCOVERY_RATE`.
    """
    q_values = {
        cause: false_discovery_control([found.p_value for found in of_cause])
        for cause, of_cause in evidence.items()
        if not isinstance(of_cause, NotMeasured)
    }
    return [
        {"class_id": one.class_id, "name": one.name, "cause": cause}
        | (
            dict.fromkeys(VERDICT) | {"reason": of_cause.reason}
            if isinstance(of_cause, NotMeasured)
            else _row(of_cause[number], float(q_values[cause][number]))
        )
        for number, one in enumerate(classes)
        for cause, of_cause in evidence.items()
    ]


def _row(found: Evidence, q_value: float) -> dict[str, Any]:
    suffers = q_value <= FALSE_DISCOVERY_RATE
    return {
        "suffers": suffers,
        "value": found.value,
        "value_low": found.ends and found.ends.low,
        "value_high": found.ends and found.ends.high,
        "natural": found.natural,
        "excess": found.excess,
        "p_value": found.p_value,
        "q_value": q_value,
        "other_class": found.other_class if suffers else None,
        "reason": found.reason,
        "advice": found.advice if suffers else None,
    }


def _not_measured(missing: Sequence[str]) -> NotMeasured:
    return NotMeasured(f"not measured: it needs {'; and '.join(missing)}")
