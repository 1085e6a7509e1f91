"""Names as a disk has them: a study and a disk may write one letter in two ways.

Unicode writes ö as one character (NFC) or as o and two dots (NFD). Disks keep what they are given:
archives made on a Mac bring NFD, while most keyboards type NFC.
"""

import os
from unicodedata import normalize


def as_on_disk(path: str) -> str:
    """The path as it stands on the disk: itself if it leads somewhere, else its other form.

    Where nothing answers to a name, or two forms of it lie side by side and it is neither, the
    path comes back as it is.
    """
    # Most paths are, and cost no look at the disk.
    if path.isascii() or os.path.lexists(path):
        return path
    found, rest = existing(path)
    return path if rest else found


def existing(path: str) -> tuple[str, str]:
    """Divide a path: how far it leads, as the disk writes it, and the rest.

    >>> existing("/no-such-folder/a*.png")
    ('/', 'no-such-folder/a*.png')
    """
    parts = path.split("/")
    found = "/" if path.startswith("/") else ""
    for place, part in enumerate(parts):
        if not part:
            continue
        name = _entry(found, part)
        if name is None:
            return found, "/".join(parts[place:])
        found = os.path.join(found, name)
    return found, ""


def _entry(folder: str, name: str) -> str | None:
    if os.path.lexists(os.path.join(folder, name)):
        return name
    if name.isascii():
        return None
    try:
        others = [other for other in os.listdir(folder or ".") if _same(other, name)]
    except OSError:
        return None
    return others[0] if len(others) == 1 else None


def _same(one: str, other: str) -> bool:
    return normalize("NFC", one) == normalize("NFC", other)
