"""Images that are copies of others, byte for byte, and how many of them are too many."""

from collections.abc import Mapping, Sequence

from synthgap.errors import InputError


def check_within(place: str, images: Sequence[tuple[str, str]], max_copies: float) -> None:
    """Stop at a class of which too many images are copies of earlier ones.

    Args:
        place: where its images lie.
        images: of each the hash of its content, and where it lies.
        max_copies: largest share of copies.

    Raises:
        InputError: their share is larger; the message names one.
    """
    first: dict[str, int] = {}
    copies = [
        (path, images[first[sha256]][1])
        for number, (sha256, path) in enumerate(images)
        if first.setdefault(sha256, number) != number
    ]
    if copies:
        path, other = copies[0]
        shown = f"{path} is listed twice" if path == other else f"{path} is {other}"
        kinds = {f"of an earlier image of the class, as {shown}": len(copies)}
        check_copies(place, len(images), len(copies), kinds, max_copies)


def check_copies(
    place: str, images: int, copies: int, kinds: Mapping[str, int], max_copies: float
) -> None:
    """Stop at a class of which too many images are copies.

    Args:
        place: where its images lie.
        images: how many it has.
        copies: how many of them are copies, each counted once.
        kinds: what they are copies of, as words that follow a number, and how many.
        max_copies: largest share of copies.

    Raises:
        InputError: their share is larger.
    """
    if copies > max_copies * images:
        raise InputError(
            f"{place}: {copies} of {images} images are copies, byte for byte "
            f"({written(kinds)}); remove them, or raise max_copies, which is {max_copies:g}"
        )


def written(kinds: Mapping[str, int]) -> str:
    """Say what images are copies of.

    >>> written({"of natural-train": 12, "of natural-val": 0, "of an image of another class": 1})
    '12 of natural-train, 1 of an image of another class'
    """
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count)
