"""What values a measure can take: intervals end there."""

from math import inf

from synthgap.measures.intervals.estimates import Estimate, Interval, Row, columns, interval

_SHARE, _POSITIVE = Interval(0.0, 1.0), Interval(0.0, inf)

LIMITS = {
    f"{prefix}{name}": limits
    for prefix in ("", "pooled_")
    for name, limits in (
        ("precision", _SHARE),
        ("recall", _SHARE),
        ("density", _POSITIVE),
        ("coverage", _SHARE),
    )
}
"""Of the measures whose replicates may go beyond them; a new share has its line here."""


def measured(name: str, estimate: Estimate) -> Row:
    """The columns of a measure and its interval, which lies within the measure's limits.

    >>> import numpy as np
    >>> measured("recall", Estimate(1.0, np.array([0.9, 1.0, 1.1])))
    {'recall': 1.0, 'recall_low': 0.9, 'recall_high': 1.0}
    """
    ends = interval(estimate)
    least, most = LIMITS.get(name, Interval(-inf, inf))
    return columns(name, estimate.value, Interval(max(ends.low, least), min(ends.high, most)))
