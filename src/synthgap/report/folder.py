"""The report's folder: the page, its data, its pictures, and what it is shown with."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from synthgap import __version__
from synthgap.described import frame, metadata_of_columns
from synthgap.files import replacing_folder
from synthgap.report.class_files import ClassFiles
from synthgap.report.class_rows import Row, accuracy_of, class_rows, worst_first
from synthgap.report.facts import Facts
from synthgap.report.front import front
from synthgap.report.leak_pictures import Pair, pairs_shown
from synthgap.report.map_data import map_data, mapped
from synthgap.report.methods import methods
from synthgap.report.page import Page, Section, Worst
from synthgap.report.scripts import write_script
from synthgap.report.sections.diagnosis import diagnosis_section
from synthgap.report.sections.embedding_classifiers import embedding_classifiers_section
from synthgap.report.sections.encoders import encoders_section
from synthgap.report.sections.flags import flags_section
from synthgap.report.sections.gains import gains_section
from synthgap.report.sections.groups import groups_section
from synthgap.report.sections.guidance import guidance_data, guidance_section
from synthgap.report.sections.leaks import leaks_section
from synthgap.report.sections.measures import measures_section
from synthgap.report.sections.mixtures import mixtures_section
from synthgap.report.sections.predictors import predictors_section
from synthgap.report.sections.proposals import proposals_section
from synthgap.report.sections.quarantine import quarantine_section
from synthgap.report.sections.quoted import quoted_section
from synthgap.report.sprites import is_small, small_pictures, write_sprite
from synthgap.report.study_data import study_data
from synthgap.report.times import steps
from synthgap.report.verdict_view import lines
from synthgap.report.views import shown_in_full
from synthgap.summary.card import study_card
from synthgap.summary.causes import DEFECTS, NAMES
from synthgap.summary.copied_images import sentences as said_of_copies
from synthgap.summary.geometry import geometry
from synthgap.summary.headline import headline
from synthgap.summary.over_replicates import TABLES as REPLICATED
from synthgap.summary.over_replicates import Answer, over_replicates
from synthgap.summary.verdict import BASELINE, ranked_by, verdict
from synthgap.tables import read

HERE = Path(__file__).parent

TABLES = (
    "variants",
    "differences",
    "classes",
    "diagnosis",
    "causes",
    "proposals",
    "embedding_classifiers",
    "flags",
    "copies",
    "leaks",
    "near_duplicates",
    "quarantine",
    "quoted",
)
"""Summaries that the report is made of."""

OF_SWEEPS = ("guidance", "frontier")
"""And those of a study with a sweep of the guidance scale."""

OF_GROUPS = ("groups", "group_differences", "group_causes")
"""And those of a study that names groups of classes."""

PLACES = ["class_id", "index", "nearest_class", "taken", "to_natural", "to_own"]
"""Columns of `positions` that the report shows."""

RECORDS = ".snakemake/metadata"
"""Where Snakemake notes what it ran, relative to where it runs."""

STRIP = 6
"""Images of the worst class on the first screen, of each of two sources."""


class Inputs(NamedTuple):
    """What a study has made, as files."""

    summary: Path
    """Folder of the summaries."""
    projection: Path
    places: Mapping[str, Path]
    """`positions` of natural-train and the variants."""
    images: Mapping[tuple[str, str], str | Path]
    """Of each of these sources and class its image table, and of natural-val."""
    charts: Mapping[str, Path]
    """By name, SVG."""
    made_by: Mapping[str, str | Path]
    """Tables that show how their kind was made."""
    read_sources: list[str]
    """Sources that were read, of which files may have been put aside."""
    checkout: Path
    """Where the workflow lies."""
    results: str
    """The study's folder, as the workflow names it."""
    encoders: Path | None = None
    """Summary of several encoders side by side."""
    replicated: bool = False
    """Whether the study has summaries over replicates, of which the page then speaks."""


def write_report(path: str | Path, facts: Facts, inputs: Inputs, threads: int) -> None:
    """Write the whole folder beside its place, and move it there.

    Args:
        path: the folder.
        facts: the study.
        inputs: what it has made.
        threads: classes that are drawn at once.

    Raises:
        InputError: a picture cannot be opened, or is not what its table lists.
    """
    names = [*TABLES, *_tables_beside(facts)]
    tables = {name: frame(inputs.summary / f"{name}.parquet") for name in names}
    everything, differences, causes = (
        tables[name] for name in ("variants", "differences", "causes")
    )
    if inputs.replicated:
        over = (frame(inputs.summary / f"{name}.parquet") for name in REPLICATED)
        everything, differences, causes = over_replicates(
            Answer(everything, differences, causes), *over
        )
        # The section on the diagnosis is that of the first replicate, as its classes are.
        tables["variants"] = everything
    variants, classes, diagnosis, judged = (
        table[table["encoder"] == facts.encoder]
        for table in (everything, tables["classes"], tables["diagnosis"], causes)
    )
    ranked = ranked_by(everything, differences, facts.encoder)
    accuracy = accuracy_of(classes, facts.sources, ranked)
    rows = worst_first(class_rows(facts, classes, diagnosis, accuracy))
    columns = metadata_of_columns(inputs.summary / "variants.parquet")
    projection = frame(inputs.projection)
    points = mapped(facts, projection)
    small = _small(facts, inputs)
    with replacing_folder(path) as folder:
        cells = ClassFiles(
            facts,
            inputs.images,
            {source: _places(table) for source, table in inputs.places.items()},
            points,
            diagnosis,
            shown_in_full(
                facts.class_ids,
                list(dict.fromkeys(facts.class_ids[row.number] for row in rows)),
                facts.named_classes,
            ),
            small,
            tables["proposals"],
        ).write(folder, threads, lambda done: _say(done, len(facts.classes)))
        data = folder / "data"
        write_script(
            data / "study.js",
            "study",
            study_data(facts, everything, differences, columns, accuracy, sorted(small)),
        )
        write_script(data / "classes.js", "rows", _compact(facts, rows))
        write_script(data / "map.js", "map", map_data(facts, projection, points, cells))
        if facts.sweeps:
            swept = guidance_data(facts, *(tables[name] for name in OF_SWEEPS))
            write_script(data / "guidance.js", "guidance", swept)
        noted = [step.written() for step in steps(RECORDS, inputs.results)]
        write_script(data / "times.js", "times", noted)
        for part in ("app", "vendor"):
            shutil.copytree(HERE / part, folder / part, copy_function=shutil.copyfile)
        (folder / "figures").mkdir()
        for name, chart in inputs.charts.items():
            shutil.copyfile(chart, folder / "figures" / f"{name}.svg")
        sentences = verdict(everything, differences, causes, facts.encoder, tables["leaks"])
        twins = pairs_shown(folder, tables["near_duplicates"], inputs.images)
        shown = headline(variants)
        page = Page(
            facts,
            sentences,
            said_of_copies(tables["copies"]),
            *lines(facts, variants, judged, accuracy_of(variants, facts.sources, ranked)),
            _worst(folder, facts, inputs, rows, diagnosis, small),
            shown,
            geometry(everything, facts.encoder),
            _sections(tables, facts, inputs, columns, twins),
            methods(facts, inputs.made_by, inputs.checkout),
            list(inputs.charts),
            __version__,
        )
        page.write(folder / "index.html")
        text = front(facts.study, sentences, shown)
        (folder / "front.rst").write_text(text, encoding="utf-8")
        card = study_card(
            study=facts.study,
            description=facts.description,
            classes=len(facts.classes),
            variants=everything,
            differences=differences,
            causes=causes,
            leaks=tables["leaks"],
            made={variant.name: variant.made for variant in facts.variants},
        )
        (folder / "card.md").write_text(card, encoding="utf-8")


def _places(table: Path) -> pd.DataFrame:
    """What the report shows of the places of a source's images; a million of them fit."""
    places: pd.DataFrame = read(table, PLACES).to_pandas(strings_to_categorical=True)
    return places


def _say(done: int, of: int) -> None:
    if done == of or done % 50 == 0:
        print(f"report: pictures of {done:,} of {of:,} classes", file=sys.stderr, flush=True)


def _small(facts: Facts, inputs: Inputs) -> frozenset[str]:
    """Sources whose images are shown larger than they are."""
    first = facts.classes[0].class_id
    return frozenset(source for source in facts.sources if is_small(inputs.images[source, first]))


def _compact(facts: Facts, rows: list[Row]) -> list[list[object]]:
    """Rows as lists, with the variant by its number."""
    number = {variant.name: place for place, variant in enumerate(facts.variants)}
    return [[row.number, number[row.variant], *row[2:]] for row in rows]


def _worst(
    folder: Path,
    facts: Facts,
    inputs: Inputs,
    rows: list[Row],
    diagnosis: pd.DataFrame,
    small: frozenset[str],
) -> Worst | None:
    """The worst class with its strip of pictures; None if no class has a defect."""
    row = rows[0]
    causes = [cause for cause, has in zip(DEFECTS, row.defects, strict=True) if has == 1]
    if not causes:
        return None
    category = facts.classes[row.number]
    said = diagnosis[
        (diagnosis["source"] == row.variant)
        & (diagnosis["class_id"] == category.class_id)
        & (diagnosis["cause"] == causes[0])
    ].iloc[0]
    strips = [
        small_pictures(inputs.images[source, category.class_id], range(STRIP))
        for source in (BASELINE, row.variant)
    ]
    count = min(map(len, strips))
    write_sprite(
        folder / "worst.webp",
        [image for strip in strips for image in strip[:count]],
        count,
        small={BASELINE, row.variant} <= small,
    )
    return Worst(
        category.class_id,
        category.name,
        row.variant,
        [NAMES[cause] for cause in causes],
        said["reason"],
        said["advice"] or "",
        "worst.webp",
        count,
    )


def _tables_beside(facts: Facts) -> list[str]:
    """Summaries of a study that sweeps, filters, selects, mixes, has groups, or trains on many."""
    return [
        *(OF_SWEEPS if facts.sweeps else ()),
        *(["gains"] if facts.baseline is not None else []),
        *(["choices"] if facts.chooses else []),
        *(["mixtures"] if facts.mixes else []),
        *(["predictors"] if facts.predicts else []),
        *(OF_GROUPS if facts.grouped else ()),
    ]


def _gains(tables: Mapping[str, pd.DataFrame], facts: Facts) -> list[Section]:
    if facts.baseline is None:
        return []
    return [
        Section(
            "gains",
            "What helps",
            "what filters and choices gain, and what they cost",
            gains_section(facts, tables["gains"], tables.get("choices")),
        )
    ]


def _proposals(tables: Mapping[str, pd.DataFrame]) -> list[Section]:
    if tables["proposals"].empty:
        return []
    return [
        Section(
            "proposals",
            "What to try next",
            "for each class with a defect a change, and the command that tries just that",
            proposals_section(tables["proposals"]),
        )
    ]


def _mixtures(tables: Mapping[str, pd.DataFrame], facts: Facts) -> list[Section]:
    if not facts.mixes:
        return []
    return [
        Section(
            "mixtures",
            "Mixtures",
            "what synthetic images add to natural ones, and how many of these one is worth",
            mixtures_section(tables["mixtures"]),
        )
    ]


def _predictors(tables: Mapping[str, pd.DataFrame], facts: Facts) -> list[Section]:
    if not facts.predicts:
        return []
    return [
        Section(
            "predictors",
            "Which number tells?",
            "how each measure orders the variants, beside what training on them is worth",
            predictors_section(facts, tables["predictors"]),
        )
    ]


def _groups(tables: Mapping[str, pd.DataFrame], facts: Facts, inputs: Inputs) -> list[Section]:
    if not facts.grouped:
        return []
    groups, differences, causes = (tables[name] for name in OF_GROUPS)
    # Groups are those of the first replicate, and so is what stands beside them.
    variants = frame(inputs.summary / "variants.parquet")
    return [
        Section(
            "groups",
            "By group",
            "groups of classes that the study names, each beside the classes outside of it",
            groups_section(facts, groups, differences, causes, variants),
        )
    ]


def _leaks(
    tables: Mapping[str, pd.DataFrame], facts: Facts, twins: Sequence[Pair]
) -> list[Section]:
    """Nothing where no image is a near-duplicate."""
    if not twins:
        return []
    names = {each.class_id: each.name for each in facts.classes}
    return [
        Section(
            "leaks",
            "Leaks",
            "images that copy natural-train, beside as many as chance gives",
            leaks_section(tables["leaks"], twins, names),
        )
    ]


def _sections(
    tables: Mapping[str, pd.DataFrame],
    facts: Facts,
    inputs: Inputs,
    columns: Mapping[str, Mapping[str, str]],
    twins: Sequence[Pair],
) -> list[Section]:
    """What opens at a click."""
    variants, quoted = tables["variants"], tables["quoted"]
    own = [table[table["encoder"] == facts.encoder] for table in (variants, quoted)]
    guidance = (
        [
            Section(
                "guidance",
                "Guidance",
                "which guidance scale is best, and which ones no other beats",
                guidance_section(facts, *(tables[name] for name in OF_SWEEPS)),
            )
        ]
        if facts.sweeps
        else []
    )
    return [
        *_proposals(tables),
        *_gains(tables, facts),
        *guidance,
        *_mixtures(tables, facts),
        *_predictors(tables, facts),
        *_groups(tables, facts, inputs),
        Section(
            "all-measures",
            "All measures",
            "every measure of every source, with its interval and what it means",
            measures_section(variants, columns),
        ),
        Section(
            "diagnosis",
            "Diagnosis",
            "of each class with a defect the numbers behind it, in every encoder",
            diagnosis_section(tables["diagnosis"], tables["causes"]),
        ),
        Section(
            "embedding-classifiers",
            "Classifiers on embeddings",
            "trained on a source's embeddings, tested on natural ones",
            embedding_classifiers_section(tables["embedding_classifiers"]),
        ),
        *(
            []
            if inputs.encoders is None
            else [
                Section(
                    "encoders",
                    "Encoders side by side",
                    "which of them tell prompts from images, and whether they order variants alike",
                    encoders_section(frame(inputs.encoders)),
                )
            ]
        ),
        Section(
            "flags",
            "Flagged images and copies",
            "images that are no pictures, and images that equal others",
            flags_section(tables["flags"], tables["copies"]),
        ),
        *_leaks(tables, facts, twins),
        Section(
            "quarantine",
            "Images put aside",
            "files that could not be used",
            quarantine_section(tables["quarantine"], inputs.read_sources),
        ),
        Section(
            "quoted",
            "Quoted, our reading, ours",
            "what the paper says beside what this study found",
            quoted_section(*own),
        ),
    ]
