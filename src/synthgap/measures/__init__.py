"""Measures of image sets, as pure functions over arrays of embeddings.

>>> from synthgap.measures import centroid_distance
>>> centroid_distance([[1.0, 0.0], [-1.0, 0.0]])
1.0

Each function says what it takes and where it comes from. Importing this package loads nothing; a
function's module is loaded when it is first asked for.
"""

from importlib import import_module
from typing import Any

_MODULES = {
    "spread": ("centroid_angle", "centroid_distance"),
    "shift": ("centroid_shift",),
    "nearest_centroid": ("centroid_accuracy",),
    "nearest_neighbours": ("knn_accuracy",),
    "isolation": ("Isolation", "isolate"),
    "numerics.neighbour_search": ("in_balls", "nearest"),
    "manifolds": ("precision_recall_density_coverage",),
    "separability": ("linear_separability",),
    "pairwise_cosine": ("mean_pairwise_cosine",),
    "vendi": ("vendi_score",),
    "frechet": ("frechet_distance",),
    "mmd": ("cmmd",),
    "prompt_adherence": ("adherence", "clip_score"),
    "tables.cross_accuracy": ("centroid_accuracy_matrix",),
    "intervals.estimates": ("Estimate", "Interval", "difference", "interval", "wilson"),
}
"""Modules of this package and what they offer to notebooks."""

_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
