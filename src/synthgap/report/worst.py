"""The class that suffers most, with a strip of pictures, for the first screen."""

from pathlib import Path

import pandas as pd

from synthgap.report.class_rows import Row
from synthgap.report.facts import Facts
from synthgap.report.inputs import Inputs
from synthgap.report.page import Worst
from synthgap.report.sprites import small_pictures, write_sprite
from synthgap.summary.causes import DEFECTS, NAMES
from synthgap.summary.verdict import BASELINE

STRIP = 6
"""Images of the worst class on the first screen, of each of two sources."""


def worst_class(
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
