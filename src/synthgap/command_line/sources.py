"""The sources of a comparison: natural images in one place or two, and synthetic ones by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from synthgap.command_line.counts import ONE_PLACE
from synthgap.command_line.listings import Listing
from synthgap.command_line.matching import folder_name
from synthgap.command_line.places import Place
from synthgap.command_line.splits import VALIDATION
from synthgap.command_line.study_text import printable
from synthgap.errors import InputError
from synthgap.numbers import in_columns
from synthgap.study.names import NATURAL_TRAIN, NATURAL_VAL, RESERVED

NATURAL = {"images": ONE_PLACE, "train": NATURAL_TRAIN, "val": NATURAL_VAL}
"""Names of the natural sources by the keys of a study's section `natural`."""


@dataclass(frozen=True)
class Sources:
    """What is compared, by the names that a study gives it."""

    natural: Mapping[str, Listing]
    """`images` alone, or `train` and `val`: the keys of a study's section `natural`."""
    variants: Mapping[str, Listing]
    """Synthetic images by the names of their variants."""
    shown: dict[str, str] = field(default_factory=dict)
    """Of each source where it lies, as the user named it."""
    left_out: list[str] = field(default_factory=list)
    """Splits that are not used."""

    @property
    def listings(self) -> dict[str, Listing]:
        """Every source by its name; `ONE_PLACE` is natural images that are yet to be parted."""
        natural = {NATURAL[part]: listing for part, listing in self.natural.items()}
        return natural | dict(self.variants)


def sources_of(natural: Place, made: Sequence[Place]) -> Sources:
    """Choose of each place what is used, and give it a name.

    Raises:
        InputError: places cannot be compared, or none of a place's splits can be used.
    """
    _check_alike([natural, *made])
    left_out: list[str] = []
    parts = _parts_of(natural, left_out)
    variants: dict[str, Listing] = {}
    shown = {}
    for part, (split, listing) in parts.items():
        shown[NATURAL[part]] = _shown(natural, split, listing)
    for place in made:
        name = _name(place.given, variants)
        split, variants[name] = _one_of(place, left_out)
        shown[name] = _shown(place, split, variants[name])
    natural_parts = {part: listing for part, (_, listing) in parts.items()}
    return Sources(natural_parts, variants, shown, left_out)


def table_of(sources: Sources) -> str:
    """A row a source: where it lies, how many classes it has, and how many images these have."""
    header = ["source", "images in", "classes", "images", "smallest", "median", "largest"]
    rows = []
    for name, listing in sources.listings.items():
        counts = [count for count in listing.counts.values() if count]
        numbers = [len(counts), sum(counts), *_spread(counts)]
        shown = printable(f"{sources.shown[name]}, {listing.what}")
        rows.append([name, shown, *(f"{number:g}" for number in numbers)])
    return in_columns([header, *rows])


def _spread(counts: Sequence[int]) -> tuple[float, float, float]:
    return (min(counts), median(counts), max(counts)) if counts else (0, 0, 0)


def _check_alike(places: Sequence[Place]) -> None:
    seen: dict[Path, str] = {}
    for place in places:
        path = Path(place.given).resolve()
        if path in seen:
            raise InputError(f"{place.given}: named twice; compare different images")
        seen[path] = place.given
    flat = [place.given for place in places if place.flat]
    if flat and len(flat) < len(places):
        other = next(place.given for place in places if not place.flat)
        raise InputError(
            f"{flat[0]}: holds images, but no class folders as {other} does; put the images of "
            "each class in a folder of its name"
        )


def _usable(place: Place, left_out: list[str]) -> dict[str, Listing]:
    usable = {}
    for split, listing in place.splits.items():
        if listing.problem is None:
            usable[split] = listing
        else:
            left_out.append(f"{place.given}, split {split}: {listing.problem}")
    if not usable:
        raise InputError(f"{left_out[-1]}; give every image one")
    return usable


def _parts_of(place: Place, left_out: list[str]) -> dict[str, tuple[str, Listing]]:
    usable = _usable(place, left_out)
    val = next((split for split in VALIDATION if split in usable), None)
    if "train" not in usable or val is None:
        return {"images": _one_of(place, left_out)}
    parts = {"train": ("train", usable["train"]), "val": (val, usable[val])}
    if type(usable["train"]) is not type(usable[val]):
        raise InputError(f"{place.given}: train holds {usable['train'].what}, {val} does not")
    left_out += [
        f"{place.given}, split {split}: natural-val is the split {val}"
        for split in usable
        if split not in ("train", val)
    ]
    return parts


def _one_of(place: Place, left_out: list[str]) -> tuple[str, Listing]:
    """The split train, or the first."""
    usable = _usable(place, left_out)
    split = "train" if "train" in usable else next(iter(usable))
    left_out += [
        f"{place.given}, split {other}: only {split} is used" for other in usable if other != split
    ]
    return split, usable[split]


def _shown(place: Place, split: str, listing: Listing) -> str:
    return f"{place.given} ({split})" if len(place.splits) > 1 else place.given


def _name(given: str, taken: Mapping[str, Listing]) -> str:
    """A name for a variant: that of its folder or file, with its parent's where that is taken."""
    path = Path(given).absolute()
    own = path.name if path.is_dir() else path.name.split(".")[0]
    used = {name.casefold() for name in (*taken, *RESERVED, ONE_PLACE)}
    name = folder_name(own, "made")
    if name.casefold() in used:
        name = folder_name(f"{path.parent.name}-{own}", "made")
    unique, number = name, 1
    while unique.casefold() in used:
        number += 1
        unique = f"{name}-{number}"
    return unique
