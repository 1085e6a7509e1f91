"""Which classes of several sources are the same, and what a study calls them."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from synthgap.image_sets.class_names import normalised
from synthgap.study.names import SUFFIXES

LONGEST = 100
"""Characters of a class_id; it becomes a part of file names, and disks allow 255 bytes."""


class Matched(NamedTuple):
    """A class that every source has."""

    labels: Mapping[str, str]
    """What each source calls it."""
    images: Mapping[str, int]
    """How many images of it each source has."""


class Matching(NamedTuple):
    """Which classes can be compared, and which cannot."""

    classes: list[Matched]
    left_out: list[str]
    """Classes that are not in every source, each with the reason."""


def matched(sources: Mapping[str, Mapping[str, int]]) -> Matching:
    """Match the classes of sources by their names; spellings do not count (see `normalised`).

    Where a source has two classes of one name but for its spelling, they go by the exact name.

    Args:
        sources: of each source the number of images of each label.
    """
    spelled: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for source, counts in sources.items():
        for label in sorted(counts):
            spelled[normalised(label)][source].append(label)
    classes, left_out = [], []
    for of_source in (spelled[key] for key in sorted(spelled)):
        twice = [source for source, labels in of_source.items() if len(labels) > 1]
        exact = {label: {label} for labels in of_source.values() for label in labels}
        groups = (
            [
                {source: label for source in of_source if label in of_source[source]}
                for label in exact
            ]
            if twice
            else [{source: labels[0] for source, labels in of_source.items()}]
        )
        for labels in groups:
            images = {source: sources[source][label] for source, label in labels.items()}
            lacking = [source for source in sources if not images.get(source)]
            if not lacking:
                classes.append(Matched(labels, images))
                continue
            label, *_ = labels.values()
            reason = f"{label}: no images in {', '.join(lacking)}"
            if twice:
                alike = ", ".join(of_source[twice[0]])
                reason += f" ({twice[0]} has several that are spelled alike: {alike})"
            left_out.append(reason)
    return Matching(classes, left_out)


def class_ids(labels: Iterable[str]) -> dict[str, str]:
    """Make an id of each label: safe in paths, and unique also where a disk ignores capitals.

    A label that is safe and not taken is its own id.

    >>> class_ids(["crane", "Grey Heron", "grey-heron", "Käfer"])
    {'crane': 'crane', 'Grey Heron': 'Grey-Heron-2', 'grey-heron': 'grey-heron', 'Käfer': 'Kafer'}
    """
    labels = list(labels)
    found: dict[str, str] = {}
    taken: set[str] = set()
    # Those that are safe come first, so that none is the id of another class.
    for label in sorted(labels, key=lambda label: _safe(label) != label):
        safe, number = _safe(label), 1
        class_id = safe
        while class_id.casefold() in taken:
            number += 1
            class_id = f"{safe}-{number}"
        taken.add(class_id.casefold())
        found[label] = class_id
    return {label: found[label] for label in labels}


def path_safe(text: str, otherwise: str) -> str:
    """What of a text can be part of a path: letters, digits, dots, dashes and underscores.

    >>> path_safe("  Größe {x}/y", "z"), path_safe("鶴", "z")
    ('Groe-x-y', 'z')
    """
    # Accents go, letters stay.
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._]+", "-", plain)[:LONGEST].strip("-._")
    return safe or otherwise


def folder_name(text: str, otherwise: str) -> str:
    """What of a text can name a folder beside which files lie, as a variant and an encoder do.

    >>> [folder_name(each, "made") for each in ("sp.parquet", "a b.CSV.png", "v1.5", ".png")]
    ['sp', 'a-b', 'v1.5', 'png']
    """
    name = path_safe(text, otherwise)
    while name.lower().endswith(SUFFIXES):
        name = path_safe(name.rpartition(".")[0], otherwise)
    return name


def _safe(label: str) -> str:
    own = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", label)
    if own and len(label) <= LONGEST and not label.endswith("."):
        return label
    return path_safe(label, "class")


def readable(label: str) -> str:
    """What people call a class, from a folder's name.

    >>> readable("grey__heron "), readable("jack-o-lantern"), readable("_")
    ('grey heron', 'jack-o-lantern', '_')
    """
    composed = unicodedata.normalize("NFC", label)
    return " ".join(composed.replace("_", " ").split()) or label
