"""Too few images: which classes of which sources limit a study, and how many would do."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from synthgap.image_sets.found import Split

SMALLEST = 2
"""Fewer images of a class have no spread."""


class Stock(NamedTuple):
    """How many images a source has of each class."""

    place: str
    """Where they lie."""
    counts: Mapping[str, int]
    """Images by class, of all parts together; no class is counted further than is needed."""
    split: Split | None = None
    """The part of them that the source is."""
    note: str = ""
    """What else to say of a class that has too few."""

    @property
    def sizes(self) -> dict[str, int]:
        """Images of the source by class."""
        return {name: size_of(count, self.split) for name, count in self.counts.items()}


def size_of(count: int, split: Split | None) -> int:
    """How many of the images of a class are in a part."""
    if split is None:
        return count
    val = min(count, split.val_per_class)
    return val if split.part == "val" else count - val


def enough(least: int, split: Split | None) -> int:
    """How many images of a class need to be counted: as many as could be asked for."""
    return least + max(least, split.val_per_class) if split else least


def shortage(asked_by: str, least: int, stocks: Mapping[str, Stock]) -> str | None:
    """Say which classes of which sources have too few images, and how many would do; or None.

    Args:
        asked_by: what asks for images, such as `measures.n`.
        least: how many of each class.
        stocks: what each source has.
    """
    short = {
        source: sizes
        for source, stock in stocks.items()
        if (sizes := {name: size for name, size in stock.sizes.items() if size < least})
    }
    if not short:
        return None
    largest = min(size for sizes in short.values() for size in sizes.values())
    said = [_of_source(source, stocks[source], sizes) for source, sizes in short.items()]
    line = f"{asked_by} is {least}, but {'; '.join(said)}; "
    even = _even(least, stocks)
    other = ""
    if even is not None and even > max(largest, SMALLEST - 1):
        other = f"{even} with val_per_class: {even}"
    if largest >= SMALLEST:
        return f"{line}the largest that works is {largest}{other and ', or '}{other}"
    if other:
        return f"{line}the largest that works is {other}"
    return f"{line}none works: add images, or leave these classes out"


def shortage_when_read(
    place: str, usable: int, unreadable: int, least: int, split: Split | None
) -> str | None:
    """Say that too few images of a class remain once they have been read, or None.

    Args:
        place: where the images of the class lie.
        usable: how many can be used.
        unreadable: how many cannot.
        least: what `measures.n` asks for.
        split: the part that was read.
    """
    if usable >= least:
        return None
    part, remedy = "", "add images"
    if split is not None:
        part = f"natural-{split.part}'s part of "
        if split.part == "val":
            remedy = f"raise val_per_class, which is {split.val_per_class}"
        else:
            remedy = f"add images, or lower val_per_class, which is {split.val_per_class}"
    broken = f" ({unreadable} cannot be read)" if unreadable else ""
    images = "image" if usable == 1 else "images"
    does = f"the largest that works for it is {usable}" if usable >= SMALLEST else "none works"
    return (
        f"{part}{place} has {usable} usable {images}{broken}, but measures.n is {least}; {does}; "
        f"{remedy}"
    )


def few(names: Sequence[str], shown: int = 5) -> str:
    """Name the first few.

    >>> few(["crane", "owl", "kite"], 2)
    'crane, owl and 1 more'
    """
    rest = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + rest


def _of_source(source: str, stock: Stock, short: Mapping[str, int]) -> str:
    split = stock.split
    if split and split.part == "val" and set(short.values()) == {split.val_per_class}:
        return f"{source} has {split.val_per_class} of each class of {stock.place} (val_per_class)"
    smallest = sorted(short, key=lambda name: short[name])
    named = few([f"{name} {short[name]}" for name in smallest])
    share = f"{len(short)} of {len(stock.counts)} classes of {stock.place}"
    if split and split.part == "train":
        share += f" besides the {split.val_per_class} of natural-val (val_per_class)"
    note = f" ({stock.note})" if stock.note else ""
    return f"{source} has fewer in {share}: {named}{note}"


def _even(least: int, stocks: Mapping[str, Stock]) -> int | None:
    """What works if natural-val takes half of the smallest class; None without both parts."""
    if {stock.split.part for stock in stocks.values() if stock.split} != {"train", "val"}:
        return None
    sizes = [
        count // 2 if stock.split else count
        for stock in stocks.values()
        for count in stock.counts.values()
    ]
    return min([least, *sizes])
