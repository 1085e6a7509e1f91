"""What made a file: hashes of what decides a result, and the metadata that every table carries."""

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synthgap.files import replacing

Json = Mapping[str, Any]


def canonical(value: Any) -> str:
    """Write a JSON value in one fixed way: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """Hash a JSON value to 32 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:32]


def versions(*packages: str) -> dict[str, str]:
    """Installed versions of the given distributions."""
    return {package: importlib.metadata.version(package) for package in packages}


def fingerprint(folder: str | Path) -> str:
    """Hash the names and contents of all files in a folder, however deep.

    The same content gives the same fingerprint wherever the folder lies and whenever it was
    written. Hidden files and folders (caches, version control) do not count.
    """
    root = Path(folder)
    return digest(
        {path.relative_to(root).as_posix(): _sha256_of(path) for path in model_files(root)}
    )


def model_files(folder: str | Path) -> list[Path]:
    """The files of a model's folder but for hidden ones, in a fixed order."""
    root = Path(folder)
    return sorted(
        path
        for path in root.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)
    )


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_fingerprint(folder: str | Path, path: str | Path) -> None:
    """Write a folder's fingerprint to a small file, on which jobs that use the folder depend.

    Snakemake compares small files by content, so a model that was made again and came out the
    same makes nothing stale.
    """
    with replacing(path) as beside:
        beside.write_text(fingerprint(folder) + "\n", encoding="utf-8")


def write_fingerprint_of(place: str | Path, path: str | Path) -> None:
    """Write the fingerprint of a folder, or of a single file whatever it is called."""
    found = Path(place)
    text = fingerprint(found) if found.is_dir() else digest(_sha256_of(found))
    with replacing(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


def metadata(study: str, code: str, packages: Sequence[str], **spec: Any) -> dict[str, str]:
    """Describe what made a table, for its Parquet metadata.

    Nothing in it depends on where or when the table was written, so that two runs of one study
    give the same bytes.
    """
    return {
        "study": study,
        "code": code,
        "spec": canonical(spec),
        "versions": canonical(versions(*packages)),
    }


def made_by(snakemake: Any, packages: Sequence[str], *names: str, **spec: Any) -> dict[str, str]:
    """Describe what the job of a script makes, for the metadata of its tables.

    Args:
        snakemake: the object that Snakemake puts into a script.
        packages: whose versions matter.
        names: wildcards, or else parameters, of the job that say what was asked for.
        spec: what else was asked for.
    """
    asked = {name: snakemake.wildcards.get(name, snakemake.params.get(name)) for name in names}
    return metadata(snakemake.config["study"], snakemake.params.code, packages, **asked, **spec)
