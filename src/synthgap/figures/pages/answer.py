"""The page of the study's answer: the headline table."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from synthgap.figures.pages.rendering import write_page
from synthgap.numbers import Written, number
from synthgap.summary.copied_images import sentences
from synthgap.summary.headline import headline


class Encoder(NamedTuple):
    """What the page shows of an encoder."""

    name: str
    n: int
    columns: list[str]
    rows: list[list[Written]]
    baseline: str
    """The centroid shift between two halves of the natural images."""
    classifier: str | None
    """The one that was trained, if any was."""


def write_answer(
    path: str | Path, study: str, description: str, variants: pd.DataFrame, copies: pd.DataFrame
) -> None:
    """Write the headline table as a page, one table an encoder, and which sources hold copies.

    Args:
        path: where to, HTML.
        study: name of the study.
        description: what it is for.
        variants: the summary, a row a source and encoder.
        copies: `summary/copies`.
    """
    encoders = [_encoder(str(name), rows) for name, rows in variants.groupby("encoder", sort=False)]
    write_page(
        path,
        "answer",
        study=study,
        description=description,
        encoders=encoders,
        copies=sentences(copies),
    )


def _encoder(name: str, variants: pd.DataFrame) -> Encoder:
    table = headline(variants)
    natural = variants.loc[variants["source"] == "natural-train"].iloc[0]
    return Encoder(
        name,
        variants["n"].min(),
        list(table),
        [list(row) for row in zip(*table.values(), strict=True)],
        number(natural["centroid_shift_baseline"]),
        natural.get("classifier"),
    )
