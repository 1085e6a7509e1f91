"""From places to a study: look, match, choose, and write the study file."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import yaml

from synthgap.command_line import encoders
from synthgap.command_line.counts import ONE_PLACE, Chosen, choose
from synthgap.command_line.listings import Named, section_of
from synthgap.command_line.matching import class_ids, matched, path_safe, readable
from synthgap.command_line.places import look
from synthgap.command_line.sources import NATURAL, Sources, sources_of, table_of
from synthgap.command_line.study_text import Class, Parts, limited, printable, safe_name, study_text
from synthgap.errors import InputError
from synthgap.files import replacing
from synthgap.numbers import counted
from synthgap.study.names import NATURAL_TRAIN
from synthgap.study.parsing import parse_model

FILES = ".files"
"""Ends the name of the folder beside a study file that holds what goes with it."""


class Comparison(NamedTuple):
    """A study of places, not written yet."""

    file: Path
    text: str
    beside: dict[Path, str]
    """Files that go with it, and what stands in them."""
    said: str
    """What was found and chosen, for the terminal."""


def compare(natural: str, made: Sequence[str], encoder: str | None, file: Path) -> Comparison:
    """Make a study of natural and synthetic images.

    Args:
        natural: where the natural images lie.
        made: where the synthetic ones lie, one place a variant.
        encoder: a folder or repository; None for the default.
        file: the study file.

    Raises:
        InputError: something is missing, or cannot be compared.
    """
    file = file.absolute()
    if not safe_name(file.stem):
        raise InputError(
            f"{file.name}: cannot name a study; use letters, digits, dots, dashes and underscores, "
            f"such as {path_safe(file.stem, 'mine')}.yaml"
        )
    beside = file.with_name(file.stem + FILES)

    def unpack_to(archive: Path) -> Path:
        # Two zip files may have one name in different folders.
        return beside / f"{archive.stem}-{sha256(str(archive).encode()).hexdigest()[:6]}"

    first, *others = (look(place, unpack_to) for place in (natural, *made))
    sources = sources_of(first, others)
    listings = sources.listings
    matching = matched({name: listing.counts for name, listing in listings.items()})
    if not matching.classes:
        raise InputError(_nothing_in_common(sources))
    chosen = choose(matching.classes, sources.shown)
    left_out = [*sources.left_out, *matching.left_out, *chosen.left_out]
    model = encoders.chosen(encoder, file.parent)
    text, written = _study(file, beside, sources, chosen, left_out, model)
    aside = [line for listing in listings.values() for line in listing.aside]
    return Comparison(file, text, written, _said(sources, chosen, left_out, aside, model))


def write(comparison: Comparison, to_run_it: str) -> bool:
    """Write a study file, unless it stands there already.

    Args:
        comparison: the study.
        to_run_it: the command that runs the file as it is.

    Returns:
        Whether it was written now.

    Raises:
        InputError: another study stands there.
    """
    file = comparison.file
    try:
        if file.exists() and file.read_bytes() != comparison.text.encode():
            raise InputError(
                f"{file}: is there and is another study than these images and options give; name "
                f"another file with --study, remove it, or run it as it is: {to_run_it}"
            )
        for path, text in comparison.beside.items():
            _write_if_new(path, text)
        return _write_if_new(file, comparison.text)
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror})") from error


def _write_if_new(path: Path, text: str) -> bool:
    # A file that stays as it is makes nothing stale.
    if path.exists() and path.read_bytes() == text.encode():
        return False
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")
    return True


def _study(
    file: Path,
    beside: Path,
    sources: Sources,
    chosen: Chosen,
    left_out: list[str],
    encoder: encoders.Chosen,
) -> tuple[str, dict[Path, str]]:
    natural = next(name for name in sources.listings if name in (ONE_PLACE, NATURAL_TRAIN))
    ids = class_ids(one.labels[natural] for one in chosen.classes)
    classes = [
        Class(ids[label], readable(label), label, one.images)
        for one in chosen.classes
        for label in (one.labels[natural],)
    ]
    spelled = {
        source: {ids[one.labels[natural]]: one.labels[source] for one in chosen.classes}
        for source in sources.listings
    }

    def named(source: str) -> Named:
        list_file = beside / f"{source}.csv"
        return sources.listings[source].files(file.parent, list_file, spelled[source])

    parts = {part: named(NATURAL[part]) for part in sources.natural}
    made = {name: named(name) for name in sources.variants}
    section = section_of(parts, synthetic=False)
    if chosen.val_per_class is not None:
        section["val_per_class"] = chosen.val_per_class
        comment = (
            "Natural images of one place are parted in two: natural-val is what everything is "
            "measured against, and must be images that nothing else uses."
        )
    else:
        comment = (
            "Natural images come in two parts; natural-val is what everything is measured against."
        )
    text = study_text(
        Parts(
            study=file.stem,
            classes=classes,
            natural=section,
            natural_comment=comment,
            generators={
                name: section_of({"images": each}, synthetic=True) for name, each in made.items()
            },
            encoder=encoder,
            n=chosen.n,
            reasons=[*chosen.reasons, *([chosen.warning] if chosen.warning else [])],
            left_out=left_out,
        )
    )
    # A name that a study cannot hold is told now, in its own line.
    parse_model(yaml.safe_load(text), file)
    return text, {
        path: content
        for each in (*parts.values(), *made.values())
        for path, content in each.written.items()
    }


def _nothing_in_common(sources: Sources) -> str:
    known = "; ".join(
        f"{sources.shown[name]} has {', '.join(limited(listing.counts, 4))}"
        for name, listing in sources.listings.items()
    )
    return printable(f"no class is in every source: {known}; give a class one name everywhere")


def _said(
    sources: Sources,
    chosen: Chosen,
    left_out: list[str],
    aside: list[str],
    encoder: encoders.Chosen,
) -> str:
    model = encoder.model
    place = model.get("folder") or f"{model['repository']} at {model['revision'][:12]}"
    lines = [
        *table_of(sources).split("\n"),
        "",
        f"{counted(len(chosen.classes), 'class', 'classes')} in every source.",
        *chosen.reasons,
        f"Encoder: {place} ({encoder.kind}). {encoder.reason}",
    ]
    for title, some in (("Left out", left_out), ("Put aside", aside)):
        if some:
            lines += ["", f"{title} ({len(some)}):", *(f"  {line}" for line in limited(some))]
    if chosen.warning:
        lines += ["", f"Warning: {chosen.warning}"]
    return "\n".join(map(printable, lines))
