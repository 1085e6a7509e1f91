"""The files of one image set inside Parquet files, as their footers describe them.

Files that lie together may have been made apart: the number 3 may be one class here and another
there. Each file is read by its own description; where one lacks it, the set is refused.
"""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from os import stat
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from synthgap.csv_rows import csv_rows
from synthgap.errors import InputError
from synthgap.files import check_regular
from synthgap.image_files.byte_ranges import lies_verbatim

READERS = 8
"""Files whose footers are read at once: a network disk takes its time for each."""

OWN = b"synthgap.study"
"""In the metadata of the image tables of this project, whose paths are places."""


class Columns(NamedTuple):
    """The columns of an image set's files."""

    image: str
    label: str
    labels: str | None = None
    """CSV file with the classes of the numbers 0, 1, 2 ..."""


class Shard(NamedTuple):
    """One file."""

    path: str
    rows: int
    names: tuple[str, ...] | None
    """What its labels 0, 1, 2 ... mean; None where they are text."""
    has_path: bool
    """Whether its images have a name or path of their own."""
    has_prompt: bool
    verbatim: bool
    """Whether its images lie in it as they are, so that each can be read alone."""
    own: bool
    """Whether it is an image table of this project."""

    def class_of(self, label: str | int | None, row: int) -> str:
        """The class that a label means.

        Raises:
            InputError: it means none.
        """
        if isinstance(label, str) and self.names is None:
            return label
        if isinstance(label, int) and self.names is not None and 0 <= label < len(self.names):
            return self.names[label]
        known = f"0 to {len(self.names) - 1}" if self.names is not None else "texts"
        raise InputError(f"{self.path}, row {row}: its label is {label}; labels are {known}")


def shards_of(paths: Sequence[str], columns: Columns) -> list[Shard]:
    """Describe the files of a set by their footers.

    Raises:
        InputError: a file is no Parquet file with these columns, or nothing says what its labels
            mean, or it disagrees with another where each cannot be read by itself.
    """
    labels = columns.labels and _version(columns.labels)
    return list(_shards(tuple(map(_version, paths)), columns, labels))


def label_counts(shards: Sequence[Shard], column: str) -> Counter[str]:
    """Count the rows of each class; of the files only the column of labels is read.

    Raises:
        InputError: a label means no class, or a file cannot be read.
    """
    total: Counter[str] = Counter()
    with ThreadPoolExecutor(READERS) as pool:
        for counts in pool.map(lambda shard: _count(_version(shard.path), shard, column), shards):
            total.update(counts)
    return total


Version = tuple[str, int, int]


def _version(path: str) -> Version:
    """A file as long as it does not change."""
    try:
        check_regular(path)
        status = stat(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    return path, status.st_mtime_ns, status.st_size


class _Footer(NamedTuple):
    path: str
    rows: int
    schema: pa.Schema
    features: dict[str, Any]
    verbatim: bool


# Both parts of the natural images ask, and the index after them.
@lru_cache(maxsize=8)
def _shards(versions: Sequence[Version], columns: Columns, labels: Any) -> tuple[Shard, ...]:
    with ThreadPoolExecutor(READERS) as pool:
        footers = list(pool.map(lambda version: _footer(version[0], columns), versions))
    _check_columns(footers, columns)
    _check_prompts(footers)
    own = [_own_names(footer, columns.label) for footer in footers]
    if columns.labels is None:
        names = own
    else:
        _check_one_order(footers, own)
        listed = tuple(row.cells["class_id"] for row in csv_rows(columns.labels, ("class_id",)))
        names = [listed] * len(footers)
    found = [_shard(footer, each, columns) for footer, each in zip(footers, names, strict=True)]
    for footer, shard in zip(footers, found, strict=True):
        if shard.names == ():
            _refuse_numbers(footer.path, found, columns.label)
    return tuple(found)


def _footer(path: str, columns: Columns) -> _Footer:
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            verbatim = True
            if columns.image in schema.names and _holds_images(schema.field(columns.image).type):
                verbatim = lies_verbatim(file, path, f"{columns.image}.bytes")
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise InputError(f"{path}: not a readable Parquet file ({reason})") from error
    return _Footer(path, rows, schema, _features(schema), verbatim)


def _features(schema: pa.Schema) -> dict[str, Any]:
    """What the library `datasets` says of the columns; nothing where it is not as it writes it."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError):
        return {}
    return features if isinstance(features, dict) else {}


def _feature(footer: _Footer, column: str) -> dict[str, Any]:
    feature = footer.features.get(column)
    return feature if isinstance(feature, dict) else {}


def _check_columns(footers: Sequence[_Footer], columns: Columns) -> None:
    for role, column in (("image", columns.image), ("label", columns.label)):
        having = [footer.path for footer in footers if column in footer.schema.names]
        for path, _, schema, _, _ in footers:
            if column not in schema.names:
                other = f", which {having[0]} has" if having else ""
                known = ", ".join(schema.names) or "none"
                raise InputError(
                    f"{path}: has no column {column}{other}; name as `{role}` one of {known}"
                )
            if schema.names.count(column) > 1:
                raise InputError(f"{path}: has two columns {column}; keep one")
    for footer in footers:
        path, kind = footer.path, footer.schema.field(columns.image).type
        said = _feature(footer, columns.image).get("_type", "Image")
        if not _holds_images(kind):
            files = "; files that are only named are a set of the kind table" * is_text(kind)
            raise InputError(
                f"{path}: the column {columns.image} holds no images (bytes and path){files}"
            )
        if isinstance(said, str) and said in ("Audio", "Video", "Pdf", "Nifti"):
            raise InputError(f"{path}: the column {columns.image} holds {said}, not images")
        kind = footer.schema.field(columns.label).type
        if not (pa.types.is_integer(kind) or is_text(kind)):
            raise InputError(
                f"{path}: the column {columns.label} holds {kind}; labels are text or whole numbers"
            )


def _check_prompts(footers: Sequence[_Footer]) -> None:
    """Prompts are texts; a column of that name is another thing where no file has texts in it."""
    having = [footer for footer in footers if "prompt" in footer.schema.names]
    texts = [footer for footer in having if _has_prompt(footer)]
    for footer in having:
        if texts and not _has_prompt(footer):
            kind = footer.schema.field("prompt").type
            raise InputError(
                f"{footer.path}: the column prompt holds {kind}, while {texts[0].path} has text "
                "there; make them alike, or leave one out"
            )


def _has_prompt(footer: _Footer) -> bool:
    schema = footer.schema
    return schema.names.count("prompt") == 1 and is_text(schema.field("prompt").type)


def _own_names(footer: _Footer, label: str) -> tuple[str, ...] | None:
    """What a file says of its numbers: nothing is (), and None that it has texts."""
    if is_text(footer.schema.field(label).type):
        return None
    names = _feature(footer, label).get("names")
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _check_one_order(footers: Sequence[_Footer], own: Sequence[tuple[str, ...] | None]) -> None:
    """Make sure that one list can say what the numbers of all files mean."""
    longest: tuple[str, tuple[str, ...]] = ("", ())
    for footer, names in zip(footers, own, strict=True):
        if any(one != other for one, other in zip(longest[1], names or (), strict=False)):
            raise InputError(
                f"{longest[0]} and {footer.path}: their numbers mean different classes, so that "
                "`labels` cannot hold for both; leave it out, and each is read by its own names"
            )
        longest = max(longest, (footer.path, names or ()), key=lambda one: len(one[1]))


def _shard(footer: _Footer, names: tuple[str, ...] | None, columns: Columns) -> Shard:
    text = is_text(footer.schema.field(columns.label).type)
    return Shard(
        path=footer.path,
        rows=footer.rows,
        names=None if text else names,
        has_path=footer.schema.field(columns.image).type.get_field_index("path") >= 0,
        has_prompt=_has_prompt(footer),
        verbatim=footer.verbatim,
        own=OWN in (footer.schema.metadata or {}),
    )


def _refuse_numbers(path: str, shards: Sequence[Shard], label: str) -> None:
    others = [shard.path for shard in shards if shard.names]
    other = f" and does not say what they mean, as {others[0]} does" if others else ""
    raise InputError(
        f"{path}: the column {label} holds numbers{other}; name as `labels` a CSV file "
        "whose column class_id says in order what they mean"
    )


@lru_cache(maxsize=4096)
def _count(version: Version, shard: Shard, column: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    try:
        with pq.ParquetFile(version[0]) as file:
            labels = file.read(columns=[column], use_threads=False)[column]
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{version[0]}: its column {column} cannot be read ({reason})") from error
    if pa.types.is_dictionary(labels.type):
        labels = labels.cast(labels.type.value_type)
    for each in labels.value_counts().to_pylist():
        label = each["values"]
        try:
            counts[shard.class_of(label, 0)] += each["counts"]
        except InputError:
            # Of what is wrong, the row is wanted.
            for row, value in enumerate(labels.to_pylist()):
                shard.class_of(value, row)
    return counts


def is_text(kind: Any) -> bool:
    """Whether a column of this type holds text."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    is_kind = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(fits(kind) for fits in is_kind)


def _holds_images(kind: Any) -> bool:
    if not pa.types.is_struct(kind) or kind.get_field_index("bytes") < 0:
        return False
    held = kind.field("bytes").type
    named = kind.get_field_index("path") < 0 or is_text(kind.field("path").type)
    return bool(named and (pa.types.is_binary(held) or pa.types.is_large_binary(held)))
