"""The report's folder: the page, its data, its pictures, and what it is shown with."""

import shutil
import sys
from pathlib import Path

import pandas as pd

from synthgap import __version__
from synthgap.described import frame, metadata_of_columns
from synthgap.files import replacing_folder
from synthgap.report.class_files import ClassFiles
from synthgap.report.class_rows import Row, accuracy_of, class_rows, worst_first
from synthgap.report.facts import Facts
from synthgap.report.front import front
from synthgap.report.inputs import OF_SWEEPS, TABLES, Inputs, summaries_beside
from synthgap.report.leak_pictures import pairs_shown
from synthgap.report.map_data import map_data, mapped
from synthgap.report.methods import methods
from synthgap.report.page import Page
from synthgap.report.parts import parts
from synthgap.report.scripts import write_script
from synthgap.report.sections.class_gains import class_gains_data
from synthgap.report.sections.guidance import guidance_data
from synthgap.report.sprites import is_small
from synthgap.report.study_data import study_data
from synthgap.report.times import steps
from synthgap.report.verdict_view import lines
from synthgap.report.views import shown_in_full
from synthgap.report.worst import worst_class
from synthgap.summary.card import study_card
from synthgap.summary.copied_images import sentences as said_of_copies
from synthgap.summary.geometry import geometry
from synthgap.summary.headline import headline
from synthgap.summary.over_replicates import TABLES as REPLICATED
from synthgap.summary.over_replicates import Answer, over_replicates
from synthgap.summary.verdict import ranked_by, verdict
from synthgap.tables import read

HERE = Path(__file__).parent

PLACES = ["class_id", "index", "nearest_class", "taken", "to_natural", "to_own"]
"""Columns of `positions` that the report shows."""

RECORDS = ".snakemake/metadata"
"""Where Snakemake notes what it ran, relative to where it runs."""


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
    names = [*TABLES, *summaries_beside(facts)]
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
        if facts.baseline is not None:
            write_script(data / "gains.js", "gains", class_gains_data(facts, tables["class_gains"]))
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
            worst_class(folder, facts, inputs, rows, diagnosis, small),
            shown,
            geometry(everything, facts.encoder),
            list(parts(tables, facts, inputs, columns, twins)),
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
