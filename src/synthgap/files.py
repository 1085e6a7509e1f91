"""Writing files and folders so that a reader never meets half of one."""

import os
import platform
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
