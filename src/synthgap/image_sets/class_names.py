"""When two sets of images mean the same class by two spellings of its name."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property


def normalised(name: str) -> str:
    """What a class's name has in common with its other spellings.

    Capitals, blanks, underscores, dashes and the Unicode form of letters do not count.

    >>> normalised("Grey_Heron") == normalised(" grey  heron") == normalised("GREY-HERON")
    True
    >>> normalised("Käfer") == normalised("Ka\\u0308fer"), normalised("a") == normalised("b")
    (True, False)
    """
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    # A name of nothing but such characters is told apart by them.
    return re.sub(r"[\s_\-]+", " ", composed).strip() or name


class Spellings:
    """What a set of images calls its classes, and how else these names may be spelled."""

    def __init__(self, known: Iterable[str]) -> None:
        """Take the names of all classes of the set."""
        self._known = frozenset(known)

    @cached_property
    def _alike(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._known:
            found.setdefault(normalised(name), []).append(name)
        return found

    def find(self, *names: str) -> str | None:
        """Find a class by one of its names: exactly, or else the first by another spelling.

        Returns:
            What the set calls it; None if it has no such name, or several that are spelled alike.
        """
        for name in names:
            if name in self._known:
                return name
        close = self._alike.get(normalised(names[0]), [])
        return close[0] if len(close) == 1 else None
