"""The files of a rule by what they belong to: Snakemake hands a script one flat list."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def cut(files: Sequence[str], sizes: Mapping[Key, int]) -> dict[Key, list[str]]:
    """Cut files that lie one group after another into their groups.

    >>> cut(["crane 0", "crane 1", "owl 0"], {"crane": 2, "owl": 1})
    {'crane': ['crane 0', 'crane 1'], 'owl': ['owl 0']}

    Args:
        files: what a rule lists, in the order of the groups.
        sizes: of each group how many files it has.

    Raises:
        ValueError: they are more or fewer than the groups have.
    """
    if len(files) != sum(sizes.values()):
        raise ValueError(f"{len(files)} files for groups of {sum(sizes.values())}")
    ends = pairwise(accumulate(sizes.values(), initial=0))
    return {key: list(files[start:end]) for key, (start, end) in zip(sizes, ends, strict=True)}
