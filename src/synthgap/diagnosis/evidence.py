"""What is said of one class about one cause, before all classes are looked at together."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from synthgap.measures.intervals.estimates import Interval


class Class(NamedTuple):
    """One class of a variant beside the natural ones, all at n images."""

    class_id: str
    name: str
    images: Float[np.ndarray, "n d"]
    train: Float[np.ndarray, "n d"]
    val: Float[np.ndarray, "n d"]


class NotMeasured(NamedTuple):
    """Stands for the evidence of a cause that cannot be measured in any class."""

    reason: str
    """What is missing."""


class Evidence(NamedTuple):
    """The number that speaks for a cause, and what natural images show instead."""

    value: float | None
    """None where it is no number, as a ratio to nothing is none; the reason says why."""
    ends: Interval | None
    """95 % interval of the value."""
    natural: float
    """The same number of natural images, measured against natural images."""
    p_value: float
    """How rarely images of one distribution go as far."""
    excess: float | None
    """Standard deviations beyond random partings, where the value is judged by them."""
    reason: str
    """The numbers in a sentence."""
    advice: str
    """What to try if the verdict is that the class suffers from this cause."""
    other_class: str | None = None
    """The class that takes images, for ambiguity."""
