"""What an adapter yields for each natural image."""

from typing import NamedTuple


class NaturalImage(NamedTuple):
    """One natural image: a file, or bytes where there is no file."""

    path: str
    """The file, or a name for people where there is none."""
    content: bytes | None
    """Encoded image where there is no file, else None."""
    sha256: str
    """Hash of the encoded image."""
