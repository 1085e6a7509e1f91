"""Each class's own files: its pictures, one sprite a source, and what its view shows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from synthgap.report.facts import Facts
from synthgap.report.scripts import write_script
from synthgap.report.sprites import COLUMNS, small_pictures, write_sprite
from synthgap.report.views import confusions, views_of
from synthgap.summary.causes import DEFECTS
from synthgap.tables import read

FOLDER = "classes"
"""In the report's."""

SAID = ["index", "prompt", "seed"]
"""Columns of image tables that the view of a class shows."""

VERDICT = ["q_value", "reason", "advice", "other_class"]
"""Columns of the diagnosis that it shows."""

PROPOSED = ["status", "proposal", "other_defects", "prompt", "fragment", "command"]
"""Columns of the proposals that it shows."""


class ClassFiles(NamedTuple):
    """What the files of the classes are made from."""

    facts: Facts
    images: Mapping[tuple[str, str], str | Path]
    """Of each source and class its image table."""
    places: Mapping[str, pd.DataFrame]
    """Of each source its `positions`."""
    points: pd.DataFrame
    """Images on the map."""
    diagnosis: pd.DataFrame
    """`summary/diagnosis` of the headline encoder."""
    full: frozenset[str]
    """Classes that are shown in full."""
    small: frozenset[str] = frozenset()
    """Sources whose images have fewer pixels than their pictures."""
    proposals: pd.DataFrame = pd.DataFrame(columns=["class_id"])
    """`summary/proposals`; none in a study without defects."""

    def write(
        self, folder: Path, threads: int, said: Callable[[int], None] = lambda _: None
    ) -> dict[tuple[str, str], dict[int, int]]:
        """Write the files of all classes.

        Args:
            folder: the report's.
            threads: classes at once.
            said: is told how many classes are done.

        Returns:
            Of each source and class the place of each image in its sprite, by the image's index.
        """
        cells: dict[tuple[str, str], dict[int, int]] = {}
        with ThreadPoolExecutor(threads) as pool:
            works = pool.map(
                lambda item: self._write_class(folder, *item), enumerate(self._parts())
            )
            for done, found in enumerate(works, 1):
                cells |= found
                said(done)
        return cells

    def _parts(self) -> Iterator[dict[str, Any]]:
        """Of each class its rows of all tables."""
        places = {source: _by_class(table) for source, table in self.places.items()}
        mapped = {
            key: list(rows["index"]) for key, rows in self.points.groupby(["source", "class_id"])
        }
        verdicts, proposals = _by_class(self.diagnosis), _by_class(self.proposals)
        numbers = self.facts.numbers
        for class_id in self.facts.class_ids:
            yield {
                "class_id": class_id,
                "numbers": numbers,
                "places": {source: places[source][class_id] for source in self.facts.sources},
                "mapped": {
                    source: mapped.get((source, class_id), []) for source in self.facts.sources
                },
                "verdicts": verdicts.get(class_id),
                "proposals": proposals.get(class_id),
            }

    def _write_class(
        self, folder: Path, number: int, part: dict[str, Any]
    ) -> dict[tuple[str, str], dict[int, int]]:
        class_id = part["class_id"]
        cells: dict[tuple[str, str], dict[int, int]] = {}
        sources = {}
        for place, source in enumerate(self.facts.sources):
            table = part["places"][source]
            row_of = {index: row for row, index in enumerate(table["index"])}
            shown = views_of(
                table,
                [row_of[index] for index in part["mapped"][source]],
                full=class_id in self.full,
            )
            path = self.images[source, class_id]
            sprite = f"{FOLDER}/{number}-{place}.webp"
            write_sprite(
                folder / sprite, small_pictures(path, shown.rows), small=source in self.small
            )
            chosen = table.iloc[shown.rows]
            cells[source, class_id] = {index: cell for cell, index in enumerate(chosen["index"])}
            sources[source] = _shown(path, table, chosen, shown.views, part["numbers"])
        write_script(
            folder / FOLDER / f"{number}.js",
            f"class[{number}]",
            {
                "full": class_id in self.full,
                "columns": COLUMNS,
                "sources": sources,
                "verdicts": _verdicts(part["verdicts"], part["numbers"]),
                "proposals": _proposals(part["proposals"]),
            },
        )
        return cells


def _shown(
    path: str | Path,
    table: pd.DataFrame,
    chosen: pd.DataFrame,
    views: Mapping[str, Sequence[int]],
    number: Mapping[str, int],
) -> dict[str, Any]:
    """What the view of a class shows of a source."""
    # Seeds have more digits than pandas keeps beside empty cells.
    said = read(path, SAID).take(chosen.index.to_numpy() - table.index[0]).to_pydict()
    prompts = list(dict.fromkeys(text for text in said["prompt"] if text is not None))
    return {
        "images": len(table),
        "taken": int(table["taken"].sum()),
        "views": views,
        "prompts": prompts,
        "rows": {
            "index": list(chosen["index"].astype(int)),
            "prompt": [None if text is None else prompts.index(text) for text in said["prompt"]],
            "seed": [None if seed is None else str(seed) for seed in said["seed"]],
            "nearest": [number[class_id] for class_id in chosen["nearest_class"]],
            "natural": list(chosen["to_natural"].astype(float)),
            "own": list(chosen["to_own"].astype(float)),
        },
        "confused": [[number[other], count] for other, count in confusions(table)],
    }


def _verdicts(rows: pd.DataFrame | None, number: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """By variant and cause what was found of a class, and what to try."""
    found: dict[str, dict[str, Any]] = {}
    for row in [] if rows is None else rows.to_dict("records"):
        if row["cause"] not in DEFECTS:
            continue
        said = {name: _none_if_missing(row.get(name)) for name in VERDICT}
        said["suffers"] = None if pd.isna(row["suffers"]) else bool(row["suffers"])
        said["other_class"] = number.get(str(said["other_class"]))
        found.setdefault(row["source"], {})[row["cause"]] = said
    return found


def _proposals(rows: pd.DataFrame | None) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """By variant and cause what to try, in its order."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in [] if rows is None else rows.to_dict("records"):
        said = {name: _none_if_missing(row[name]) for name in PROPOSED}
        found.setdefault(row["source"], {}).setdefault(row["cause"], []).append(said)
    return found


def _by_class(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    classes = table.groupby("class_id", sort=False, observed=True)
    return {str(class_id): rows for class_id, rows in classes}


def _none_if_missing(value: Any) -> Any:
    return None if value is None or pd.isna(value) else value
