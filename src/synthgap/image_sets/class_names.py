"""When two sets of images mean the same class by two spellings of its name."""

import re
import unicodedata
from collections.abc import Iterable


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


def alike(names: Iterable[str], known: Iterable[str]) -> str | None:
    """Find a class by one of its names, exactly or by another spelling.

    Args:
        names: what the class is called, the likeliest first.
        known: what a set of images calls its classes.

    Returns:
        The known name; None if there is none, or if several are spelled alike.
    """
    names, known = list(names), dict.fromkeys(known)
    for name in names:
        if name in known:
            return name
    for name in names:
        close = [other for other in known if normalised(other) == normalised(name)]
        if close:
            return close[0] if len(close) == 1 else None
    return None
