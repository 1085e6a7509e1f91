"""What every measure refuses: embeddings and labels that mean nothing."""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from synthgap.errors import InputError

NUMBERS_AT_ONCE = 2**22
"""Looked at in one go."""


def embeddings(values: ArrayLike, what: str = "images", least: int = 1) -> Float[np.ndarray, "n d"]:
    """Take embeddings as an array of float64, whatever float they were.

    Args:
        values: n embeddings of d dimensions.
        what: what they are, for the message.
        least: how many there must be.

    Raises:
        InputError: they are no matrix of numbers, fewer than `least`, or not all finite.
    """
    exact = rows(values, what, least).astype(np.float64)
    finite(exact, what)
    return exact


def rows(values: ArrayLike, what: str = "images", least: int = 1) -> Float[np.ndarray, "n d"]:
    """Take embeddings as they are, perhaps a memory map: numbers are neither read nor converted.

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


def finite_in_blocks(values: Float[np.ndarray, "n d"], what: str) -> None:
    """Refuse a row that is not finite, of arrays that may be a memory map of millions.

    Raises:
        InputError: a row is not finite.
    """
    step = max(1, NUMBERS_AT_ONCE // values.shape[1])
    for start in range(0, len(values), step):
        finite(values[start : start + step], what, start)


def pair(
    images: ArrayLike, natural: ArrayLike, least: int = 1, what_else: str = "natural"
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
    """Take two sets of embeddings of one space; `what_else` names the second in messages.

    Raises:
        InputError: one of them is refused by `embeddings`, or their dimensions differ.
    """
    one, other = embeddings(images, "images", least), embeddings(natural, what_else, least)
    same_space("images", one, what_else, other)
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
        InputError: they are no list, or not as many as the embeddings.
    """
    found = np.asarray(values)
    if found.ndim != 1 or len(found) != len(of):
        raise InputError(
            f"{what}: an array of shape {found.shape} for {len(of)} embeddings; give each its class"
        )
    return found


def numbered(
    labels: ArrayLike, query_labels: ArrayLike
) -> tuple[Int[np.ndarray, "n"], Int[np.ndarray, "q"], int]:
    """Number the classes of two label lists alike: 0 to c - 1 for those of the first, sorted.

    Labels may be numbers or names, in any order and with gaps. A class that the first list lacks
    gets the number -1: nothing can be put into it.

    >>> numbered(["owl", "crane", "owl"], ["crane", "heron"])
    (array([1, 0, 1]), array([ 0, -1]), 2)
    """
    classes, numbers = np.unique(np.asarray(labels), return_inverse=True)
    asked = np.asarray(query_labels)
    places = np.searchsorted(classes, asked).clip(max=len(classes) - 1)
    known = classes[places] == asked
    return numbers, np.where(known, places, -1), len(classes)
