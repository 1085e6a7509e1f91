"""How many images a class are measured, and how many of the natural ones become natural-val."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from synthgap.command_line.matching import Matched
from synthgap.errors import InputError
from synthgap.measures.nearest_neighbours import HEADLINE, least_images
from synthgap.numbers import counted

FEW = 50
"""With fewer images a class, intervals are wide."""

ROOM = 100
"""One image in so many may turn out unreadable (`max_unreadable`) without n being missed."""

ONE_PLACE = "natural"
"""Natural images of one place, which are parted."""


class Chosen(NamedTuple):
    """The numbers of a study, and why they are so."""

    classes: list[Matched]
    """Those that have enough images."""
    n: int
    val_per_class: int | None
    """None where natural-train and natural-val lie in two places."""
    reasons: list[str]
    """How n and the parts were chosen, in sentences."""
    left_out: list[str]
    """Classes that are too small, each with the reason."""
    warning: str | None


def choose(classes: Sequence[Matched], shown: Mapping[str, str]) -> Chosen:
    """Choose the largest n that every source of every class allows.

    Natural images of one place are parted in two, since natural-val must be images that nothing
    else uses, and as many as are measured of any other source.

    Args:
        classes: what every source has.
        shown: of each source what to call it in sentences.

    Raises:
        InputError: no class has enough images to measure anything.
    """
    large, left_out = _large(classes, shown)
    if not large:
        raise InputError(f"no class has enough images to measure anything: {left_out[0]}")
    limits = {number: _limit(one) for number, one in enumerate(large)}
    n = min(limit for _, limit in limits.values())
    least = [number for number, (_, limit) in limits.items() if limit == n]
    source = limits[least[0]][0]
    one = large[least[0]]
    reasons = [
        f"Every source is measured with n = {n} images a class, since spread and shift depend on "
        "how many images there are.",
        f"{shown[source]} allows no more: it has {one.images[source]} images of "
        f"{one.labels[source]}{_others(len(least) - 1, len(large) - 1)}{_parted(source)}.",
    ]
    rest = [limit for _, limit in limits.values() if limit > n]
    if rest and min(rest) >= 1.5 * n:
        reasons.append(f"Without {_these(len(least))} n could be {min(rest)}.")
    if n >= ROOM:
        reasons.append(f"One image in {ROOM} is left as room for files that cannot be read.")
    val = None
    if ONE_PLACE in one.images:
        val = n + (n - 1) // (ROOM - 1)
        reasons.append(
            f"{val} natural images of each class become natural-val, chosen by a hash of their "
            "names; all others are natural-train."
        )
    warning = None
    if n < FEW:
        warning = (
            f"Few images: n is {n}, so intervals will be wide and little may be decided; {FEW} and "
            "more are better."
        )
    return Chosen(large, n, val, reasons, left_out, warning)


def _large(classes: Sequence[Matched], shown: Mapping[str, str]) -> tuple[list[Matched], list[str]]:
    """The classes that can win a vote of the nearest neighbours, and why the others cannot."""
    least = least_images(HEADLINE, len(classes))
    large, left_out = [], []
    for one in classes:
        source, n = _limit(one)
        if n >= least:
            large.append(one)
        else:
            label, images = one.labels[source], counted(one.images[source], "image")
            left_out.append(f"{label}: {images} in {shown[source]}; {_needs(source, least)}")
    # A class that is left alone needs more.
    if len(large) == 1 < len(classes):
        large, alone = _large(large, shown)
        left_out += alone
    return large, left_out


def _limit(one: Matched) -> tuple[str, int]:
    """The source that limits n in a class, and the n that it allows."""
    allowed = {source: _allowed(source, images) for source, images in one.images.items()}
    source = min(allowed, key=lambda name: allowed[name])
    return source, allowed[source]


def _allowed(source: str, images: int) -> int:
    part = images // 2 if source == ONE_PLACE else images
    return part - part // ROOM


def _needs(source: str, least: int) -> str:
    if source == ONE_PLACE:
        return f"it needs {2 * least}, since natural images are parted in two"
    return f"it needs {least}"


def _others(least: int, others: int) -> str:
    if not least:
        return ""
    return " and of every other class" if least == others else f" and no more of {least} others"


def _these(classes: int) -> str:
    return "this class" if classes == 1 else f"these {classes} classes"


def _parted(source: str) -> str:
    return ", which are parted into natural-train and natural-val" if source == ONE_PLACE else ""
