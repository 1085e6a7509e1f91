"""How the library `datasets` calls the parts of a data set, in names of files and folders."""

import re

KEYWORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
"""Of each split the words that stand for it (`datasets.data_files`)."""

VALIDATION = ("validation", "test")
"""Splits that can serve as natural-val, the likeliest first."""


def split_of(name: str) -> str | None:
    """The split that a file's or folder's name begins with, as a word of its own.

    >>> split_of("train-00000-of-00002.parquet"), split_of("val"), split_of("trainer")
    ('train', 'validation', None)
    """
    first = re.split(r"[^a-z]", name.lower(), maxsplit=1)[0]
    return next((split for split, words in KEYWORDS.items() if first in words), None)
