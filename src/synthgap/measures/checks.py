"""What every measure refuses: embeddings and labels that mean nothing."""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from synthgap.errors import InputError


def embeddings(values: ArrayLike, what: str = "images", least: int = 1) -> Float[np.ndarray, "n d"]:
    """Take embeddings as an array of float64, whatever float they were.

    Args:
        values: n embeddings of d dimensions.
        what: what they are, for the message.
        least: how many there must be.

    Raises:
        InputError: they are no matrix of numbers, fewer than `least`, or not all finite.
    """
    exact = matrix(values, what, least).astype(np.float64)
    finite(exact, what)
    return exact


def matrix(values: ArrayLike, what: str = "images", least: int = 1) -> Float[np.ndarray, "n d"]:
    """Take embeddings as they are, perhaps a memory map, without reading them.

    Raises:
        InputError: they are no matrix of numbers, or fewer than `least`.
    """
    found = np.asarray(values)
    if found.ndim != 2 or found.shape[1] == 0 or found.dtype.kind not in "fiu":
        raise InputError(
            f"{what}: an array of shape {found.shape} and type {found.dtype}; embeddings are a "
            "matrix of numbers, a row each"
        )
    if len(found) < least:
        raise InputError(f"{what}: {len(found)} embeddings; at least {least} are needed")
    return found


def finite(block: Float[np.ndarray, "b d"], what: str, first: int = 0) -> None:
    """Refuse embeddings that are infinite or no numbers; `first` is the block's first row.

    Raises:
        InputError: one of them is.
    """
    good = np.isfinite(block).all(axis=1)
    if not good.all():
        row = first + int(np.flatnonzero(~good)[0])
        raise InputError(f"{what}: row {row} is not finite; embed that image again or leave it out")


def pair(
    images: ArrayLike, natural: ArrayLike, least: int = 1
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
    """Take two sets of embeddings of one space.

    Raises:
        InputError: one of them is refused by `embeddings`, or their dimensions differ.
    """
    one, other = embeddings(images, "images", least), embeddings(natural, "natural", least)
    same_space("images", one, "natural", other)
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
