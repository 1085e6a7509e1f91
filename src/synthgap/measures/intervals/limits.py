"""What values a measure can take: intervals end there."""

from math import inf

from synthgap.measures.intervals.estimates import Estimate, Interval, Row, columns, interval

UNLIMITED, SHARE, POSITIVE = Interval(-inf, inf), Interval(0.0, 1.0), Interval(0.0, inf)
"""Only of measures whose replicates may go beyond them are limits asked for."""


def measured(name: str, estimate: Estimate, limits: Interval = UNLIMITED) -> Row:
    """The columns of a measure and its interval, which lies within the measure's limits.

    >>> import numpy as np
    >>> measured("recall", Estimate(1.0, np.array([0.9, 1.0, 1.1])), SHARE)
    {'recall': 1.0, 'recall_low': 0.9, 'recall_high': 1.0}
    >>> measured("recall", Estimate(1.0, np.array([0.0] + [1.1] * 99)), SHARE)
    {'recall': 1.0, 'recall_low': 1.0, 'recall_high': 1.0}
    """
    # Replicates of which nearly all are the same can carry both ends beyond one limit.
    least, most = limits
    low, high = (min(max(end, least), most) for end in interval(estimate))
    return columns(name, estimate.value, Interval(low, high))
