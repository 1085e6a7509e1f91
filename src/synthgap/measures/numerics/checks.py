"""What every measure refuses: embeddings and labels that mean nothing."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from synthgap.errors import InputError

NUMBERS_AT_ONCE = 2**20
"""Looked at in one go."""

UNIT = 0.005
"""How far the length of a unit embedding may be from 1. Rounding to bfloat16, the coarsest type in
use, moves it by 0.004 at most, to float16 by 0.0005."""

ROUNDING = 1e-4
"""More than single precision errs by in the length of a unit embedding."""

KINDS: dict[type, str] = {
    **dict.fromkeys((bool, np.bool_), "truth values"),
    **dict.fromkeys((int, float, np.integer, np.floating), "numbers"),
    str: "texts",
    bytes: "bytes",
}
"""What labels are. Those of different kinds are never equal: "1" is not 1."""


def embeddings(values: ArrayLike, what: str = "images", least: int = 1) -> Float[np.ndarray, "n d"]:
    """Take unit embeddings as an array of float64, whatever float they were.

    Args:
        values: n unit embeddings of d dimensions.
        what: what they are, for the message.
        least: how many there must be.

    Raises:
        InputError: they are refused by `rows`.
    """
    return rows(values, what, least).astype(np.float64)


def rows(values: ArrayLike, what: str = "images", least: int = 1) -> Float[np.ndarray, "n d"]:
    """Take unit embeddings as they are, perhaps a memory map: numbers are read but not converted.

    This is the one door for what callers bring to a measure. Its rule is that of docs/MEASURES.md:
    each row is finite and of length 1, give or take `UNIT`.

    Raises:
        InputError: they are no matrix of numbers, fewer than `least`, or break the rule.
    """
    found = matrix(values, what, least)
    _unit(found, what)
    return found


def _unit(values: Float[np.ndarray, "n d"], what: str) -> None:
    step = max(1, NUMBERS_AT_ONCE // values.shape[1])
    for start in range(0, len(values), step):
        _unit_block(values[start : start + step], what, start)


def _unit_block(block: Float[np.ndarray, "b d"], what: str, first: int) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        # Sums in single precision tell all but what is next to the border, six times as fast.
        if block.dtype == np.float32 and np.all(abs(_lengths(block) - 1) <= UNIT - ROUNDING):
            return
        # Half precision cannot hold sums of squares, nor any the squares of what is far too long.
        lengths = _lengths(block.astype(np.float64))
    # What is not finite has no such length either.
    good = np.abs(lengths - 1) <= UNIT
    if good.all():
        return
    finite(block, what, first)
    row = int(good.argmin())
    if lengths[row] == 0:
        raise InputError(
            f"{what}: row {first + row} is all zeros and has no direction; leave it out"
        )
    raise InputError(
        f"{what}: row {first + row} has the length {lengths[row]:.4g}; measures take unit "
        "embeddings: divide each row by its length"
    )


def _lengths(block: Float[np.ndarray, "b d"]) -> Float[np.ndarray, "b"]:
    lengths: Float[np.ndarray, "b"] = np.sqrt(np.einsum("ij,ij->i", block, block))
    return lengths


def matrix(values: ArrayLike, what: str = "images", least: int = 1) -> Float[np.ndarray, "n d"]:
    """Take points of any length as they are: numbers are neither read nor converted.

    Raises:
        InputError: they are no matrix of numbers, or fewer than `least`.
    """
    found = np.asanyarray(values)
    if found.ndim != 2 or found.shape[1] == 0 or found.dtype.kind not in "fiu":
        raise InputError(
            f"{what}: an array of shape {found.shape} and type {found.dtype}; embeddings are a "
            "matrix of numbers, a row each"
        )
    if len(found) < least:
        raise InputError(f"{what}: {len(found)} embeddings; at least {least} are needed")
    return found


def finite(values: Float[np.ndarray, "n ..."], what: str, first: int = 0) -> None:
    """Refuse what is not finite.

    Args:
        values: a row, or a number, an embedding.
        what: what they are, for the message.
        first: number of the first of them.

    Raises:
        InputError: a row is not finite.
    """
    if not np.isfinite(values).all():
        row = first + int(np.argwhere(~np.isfinite(values))[0, 0])
        raise InputError(f"{what}: row {row} is not finite; embed that image again or leave it out")


def pair(
    images: ArrayLike, natural: ArrayLike, least: int = 1, what_else: str = "natural"
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
    """Take two sets of unit embeddings of one space as float64; `what_else` names the second.

    Raises:
        InputError: they are refused by `pair_of_rows`.
    """
    one, other = pair_of_rows(images, natural, least, what_else)
    return one.astype(np.float64), other.astype(np.float64)


def pair_of_rows(
    images: ArrayLike, natural: ArrayLike, least: int = 1, what_else: str = "natural"
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
    """Take two sets of unit embeddings of one space as they are, perhaps memory maps.

    Raises:
        InputError: one of them is refused by `rows`, or their dimensions differ.
    """
    sets = {"images": matrix(images, "images", least), what_else: matrix(natural, what_else, least)}
    one, other = sets.values()
    same_space("images", one, what_else, other)
    for what, found in sets.items():
        _unit(found, what)
    return one, other


def same_space(
    what: str, one: Float[np.ndarray, "n d"], what_else: str, other: Float[np.ndarray, "m e"]
) -> None:
    """Refuse embeddings of different encoders.

    Raises:
        InputError: their dimensions differ.
    """
    if one.shape[1] != other.shape[1]:
        raise InputError(
            f"{what}: {one.shape[1]} dimensions, but {what_else} have {other.shape[1]}; embed both "
            "with one encoder"
        )


def labels(values: ArrayLike, of: Float[np.ndarray, "n d"], what: str = "labels") -> np.ndarray:
    """Take the classes of embeddings, as numbers or names.

    Raises:
        InputError: they are no list, or not as many as the embeddings; one is neither a number nor
            a name, such as None or NaN; they are of different kinds.
    """
    # NumPy would make texts of whatever stands beside a text, of None and NaN as well.
    given = values if hasattr(values, "dtype") else np.array(values, dtype=object)
    found = np.asarray(given)
    if found.ndim != 1 or len(found) != len(of):
        raise InputError(
            f"{what}: an array of shape {found.shape} for {len(of)} embeddings; give each its class"
        )
    kinds = {_kind(kind) for kind in _types(found)}
    if None in kinds or (found.dtype.kind in "fO" and any(one != one for one in found.tolist())):
        row, one = next(
            (row, one) for row, one in enumerate(found) if _kind(type(one)) is None or one != one
        )
        raise InputError(f"{what}: row {row} is {one}; a class is a number or a name")
    if len(kinds) > 1:
        raise InputError(f"{what}: {_and(kinds)}, of which none are equal; give one kind")
    return np.asarray(found.tolist()) if found.dtype.kind == "O" else found


def _types(labels: np.ndarray) -> set[type]:
    return set(map(type, labels)) if labels.dtype.kind == "O" else {labels.dtype.type}


def _kind(kind: type) -> str | None:
    """What labels of a type are; None if they are no labels."""
    return next((KINDS[base] for base in kind.__mro__ if base in KINDS), None)


def _and(kinds: Iterable[str | None]) -> str:
    return " and ".join(sorted(map(str, kinds)))


def numbered(
    labels: np.ndarray,
    query_labels: np.ndarray,
    what: str = "labels",
    what_else: str = "query_labels",
) -> tuple[Int[np.ndarray, "n"], Int[np.ndarray, "q"], int]:
    """Number the classes of two lists of labels alike: 0 to c - 1 for those of the first, sorted.

    Labels may be numbers or names, in any order and with gaps. A class that the first list lacks
    gets the number -1: nothing can be put into it.

    Args:
        labels: as `labels` takes them.
        query_labels: likewise.
        what: what the first are, for the message.
        what_else: what the second are.

    Raises:
        InputError: the lists are of different kinds.

    >>> numbered(np.array(["owl", "crane", "owl"]), np.array(["crane", "heron"]))
    (array([1, 0, 1]), array([ 0, -1]), 2)
    """
    kinds = [_and({_kind(kind) for kind in _types(one)}) for one in (labels, query_labels)]
    if len(labels) and len(query_labels) and kinds[0] != kinds[1]:
        raise InputError(
            f"{what}: {kinds[0]}, but {what_else} are {kinds[1]}, of which none are equal; give "
            "both one kind"
        )
    classes, numbers = np.unique(labels, return_inverse=True)
    places = np.searchsorted(classes, query_labels).clip(max=len(classes) - 1)
    known = classes[places] == query_labels
    return numbers, np.where(known, places, -1), len(classes)
