"""Zip files of images: unpacked once, into a folder beside the study file."""

import os
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from synthgap import stamps
from synthgap.errors import InputError
from synthgap.files import replacing_folder

MOST_TIMES_LARGER = 100
"""Images hardly compress; what unpacks to more than this is made to fill disks."""

STAMP = ".unpacked"
"""Says in an unpacked folder which file it comes from."""


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a zip file, unless that was done before.

    Links, hidden files and what macOS adds are left out.

    Args:
        archive: the zip file.
        folder: where to; it is replaced as a whole.

    Raises:
        InputError: it is damaged, encrypted or too large, or a member leads out of the folder.
    """
    stamp = f"{stamps.state(archive)}\n"
    if (folder / STAMP).is_file() and (folder / STAMP).read_text(encoding="utf-8") == stamp:
        return folder
    try:
        with zipfile.ZipFile(archive) as members:
            wanted = [member for member in members.infolist() if _wanted(archive, member)]
            _check_size(archive, wanted, folder)
            print(f"Unpacking {archive} to {folder} ({_size(wanted) / 1e6:.0f} MB)")
            with replacing_folder(folder) as new:
                for member in wanted:
                    target = new / PurePosixPath(member.filename)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with members.open(member) as packed, target.open("wb") as file:
                        shutil.copyfileobj(packed, file, 2**20)
                (new / STAMP).write_text(stamp, encoding="utf-8")
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise InputError(f"{archive}: not a whole zip file ({error})") from error
    except RuntimeError as error:
        raise InputError(f"{archive}: is encrypted; unpack it yourself") from error
    except OSError as error:
        raise InputError(f"{archive}: cannot be unpacked to {folder} ({error.strerror})") from error
    return folder


def _wanted(archive: Path, member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename:
        raise InputError(
            f"{archive}: its member {member.filename!r} leads out of the folder it is unpacked to; "
            "nothing was unpacked"
        )
    hidden = any(part.startswith(".") for part in path.parts) or path.parts[:1] == ("__MACOSX",)
    return not (member.is_dir() or hidden or stat.S_ISLNK(member.external_attr >> 16))


def _size(members: list[zipfile.ZipInfo]) -> int:
    return sum(member.file_size for member in members)


def _check_size(archive: Path, members: list[zipfile.ZipInfo], folder: Path) -> None:
    size, packed = _size(members), max(archive.stat().st_size, 1)
    if size > MOST_TIMES_LARGER * packed:
        raise InputError(
            f"{archive}: {packed} bytes would become {size}, more than {MOST_TIMES_LARGER} times "
            "as many, which images never do; nothing was unpacked"
        )
    existing = next(parent for parent in folder.parents if parent.exists())
    free = shutil.disk_usage(existing).free
    if size > free:
        raise InputError(
            f"{archive}: needs {size / 1e9:.1f} GB unpacked, and {os.fspath(existing)} has "
            f"{free / 1e9:.1f} GB free; free some, or put the study file elsewhere with --study"
        )
