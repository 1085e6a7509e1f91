"""Reading files without ever waiting, and writing so that a reader never meets half of one."""

import errno
import os
import platform
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

LARGEST = 2 * 2**30
"""Bytes that are read of a file at most: more than any table of files or study has."""


class UnfitFileError(OSError):
    """Something that is not read: no regular file, or too large. `strerror` says which."""


def check_regular(path: str | Path) -> None:
    """Make sure that a path leads to a regular file, which can be opened without waiting.

    Raises:
        UnfitFileError: it is a folder, a pipe, a socket or a device.
        OSError: there is no such file, or it cannot be reached.
    """
    try:
        mode = os.stat(path).st_mode
    except ValueError as error:
        # A null character, which no name holds.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from error
    _check_kind(mode, path)


@contextmanager
def opened_regular(path: str | Path) -> Iterator[BinaryIO]:
    """Open a regular file, after following links; `check_regular` says what is raised else."""
    check_regular(path)
    # What has become a pipe since is opened without waiting for its writer.
    with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
        _check_kind(os.fstat(file.fileno()).st_mode, path)
        yield file


def read_regular(path: str | Path, limit: int = LARGEST) -> bytes:
    """Read a regular file, after following links: never a pipe or device, never without end.

    Raises:
        UnfitFileError: it is no regular file, or larger than `limit` bytes.
        OSError: it cannot be read.
    """
    with opened_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise UnfitFileError(errno.EFBIG, f"larger than {limit / 2**30:g} GiB", str(path))
        # No more than that: files of the kernel say 0 and may never end.
        return file.read(size)


def _check_kind(mode: int, path: str | Path) -> None:
    if not stat.S_ISREG(mode):
        raise UnfitFileError(errno.EINVAL, "not a file", str(path))


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a path beside `path` to write a file to, and rename it into place at the end.

    The file that stood there stays whole until then, and stays if the block raises.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays: some writers choose the format by it.
    beside = target.with_name(f".{uuid.uuid4().hex}.{target.name}")
    try:
        yield beside
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty folder beside `path` to fill, and move it into place at the end.

    What stood there is removed only then, and stays if the block raises.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as holder:
        new, old = Path(holder, "new"), Path(holder, "old")
        new.mkdir()
        yield new
        _with_ordinary_permissions(new)
        # A folder cannot be replaced in one step: the old one moves aside first.
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise


def _with_ordinary_permissions(folder: Path) -> None:
    """Let others read what a library wrote for its user alone, as far as the umask lets them."""
    os.umask(umask := os.umask(0))
    for file in folder.rglob("*"):
        if file.is_file():
            file.chmod(0o666 & ~umask)


def private_folder(*parts: str) -> Path:
    """Give a folder for locks and sockets that only this user may enter, on this machine alone.

    Raises:
        PermissionError: somebody else could enter it.
    """
    # Temporary folders may be on a shared disk, where process ids and locks mean nothing elsewhere.
    folder = Path(tempfile.gettempdir()) / f"synthgap-{os.getuid()}-{platform.node()}"
    for part in ("", *parts):
        folder = folder / part
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if status.st_uid != os.getuid() or status.st_mode & 0o077:
            raise PermissionError(f"{folder} is not private")
    return folder
