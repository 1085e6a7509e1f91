"""Talk between processes of one user: a socket in a folder, and beside it the key to it."""

import contextlib
import os
import secrets
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

NOBODY_LISTENS = (FileNotFoundError, ConnectionError, EOFError, AuthenticationError)
"""What the other side may be met with: it is not there, has gone, or has another key."""


def make_key(place: Path) -> None:
    """Write what makes a client of a listener."""
    descriptor = os.open(place / "key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as key:
        key.write(secrets.token_bytes(32))


def listening(place: Path) -> Listener:
    """Listen in a folder, to those who can read its key."""
    (place / "socket").unlink(missing_ok=True)
    return Listener(str(place / "socket"), "AF_UNIX", authkey=(place / "key").read_bytes())


def connected(place: Path) -> "Connection[bytes, bytes] | None":
    """Connect to who listens in a folder, if anybody does."""
    with contextlib.suppress(*NOBODY_LISTENS):
        return Client(str(place / "socket"), "AF_UNIX", authkey=(place / "key").read_bytes())
    return None
