"""What variants that are made of others gain, and what they cost: a row a comparison."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from synthgap.described import Columns, described_table, with_interval
from synthgap.measures.intervals.estimates import Row
from synthgap.summary.measured import ENCODER

MEASURES = ("top1", "knn_accuracy")
"""Accuracies that gains are measured in; variants are ordered by the first that they have."""

COLUMNS: Columns = {
    "variant": (pa.string(), "the variant"),
    "over": (pa.string(), "the variant that its gain is measured over"),
    "is_control": (
        pa.bool_(),
        "over is a random choice of as many of the same images, which tells what the filter does "
        "from what the smaller number does; else it is the study's baseline",
    ),
    "derived": (pa.bool_(), "the variant takes its images of others"),
    "encoder": ENCODER,
    "classifier": (pa.string(), "classifier behind top1"),
    "measure": (pa.string(), "top1 or knn_accuracy, a column of summary/variants"),
    **with_interval("gain", "the measure of variant minus that of over, paired, on natural-val"),
    "decided": (pa.bool_(), "the interval leaves zero out"),
    "images": (pa.int64(), "images that the variant has"),
    "made": (
        pa.int64(),
        "images that had to be there for it, of all variants that it chooses from",
    ),
    "thrown_away": (pa.int64(), "made minus images"),
    "denoising_steps": (
        pa.float64(),
        "what an image of the variant cost: steps of denoising for all images made, divided by "
        "images; with guidance a step asks the denoiser twice; empty where images were made "
        "elsewhere",
    ),
}
"""Of each column its type and what it means."""


class Comparison(NamedTuple):
    """A variant and another that its gain is measured over."""

    variant: str
    over: str
    is_control: bool
    """`over` is a random choice of as many of the same images, not the baseline."""


def comparisons(
    variants: Iterable[str], baseline: str, controls: Mapping[str, str]
) -> list[Comparison]:
    """Say what is compared with what: all with the baseline, filtered ones also with their control.

    >>> comparisons(["a", "b"], "a", {})
    [Comparison(variant='b', over='a', is_control=False)]
    """
    return [
        *(Comparison(name, baseline, False) for name in variants if name != baseline),
        *(Comparison(name, control, True) for name, control in controls.items()),
    ]


def gains_table(
    differences: pd.DataFrame,
    images: Mapping[str, int],
    origins: Mapping[str, Sequence[str]],
    steps: Mapping[str, int],
    baseline: str,
    controls: Mapping[str, str],
) -> pa.Table:
    """Compare every variant with the baseline, and what was filtered with its control.

    The variant that gains most comes first, by `MEASURES`, then its other comparisons.

    Args:
        differences: `summary/differences`.
        images: of each variant how many it has.
        origins: of each variant those with images of their own that it takes images of, or itself.
        steps: of variants whose images are generated the steps of denoising an image.
        baseline: the variant that all are compared with.
        controls: of filtered variants the random choice of as many of the same images.
    """
    rows = [
        {
            **found,
            "variant": variant,
            "over": over,
            "is_control": is_control,
            "derived": list(origins[variant]) != [variant],
            "images": images[variant],
            "made": (made := sum(images[origin] for origin in origins[variant])),
            "thrown_away": made - images[variant],
            "denoising_steps": _steps(origins[variant], images, steps, images[variant]),
        }
        for variant, over, is_control in comparisons(origins, baseline, controls)
        for found in _gains(differences, variant, over)
    ]
    order = {name: place for place, name in enumerate(_ordered(rows, list(origins)))}
    rows.sort(key=lambda row: (order[row["variant"]], row["is_control"]))
    return described_table(rows, COLUMNS)


def _steps(
    origins: Sequence[str], images: Mapping[str, int], steps: Mapping[str, int], used: int
) -> float | None:
    if not used or not steps.keys() >= set(origins):
        return None
    return sum(images[origin] * steps[origin] for origin in origins) / used


def _gains(differences: pd.DataFrame, variant: str, over: str) -> Iterator[Row]:
    """Of each accuracy by how much a variant has more, in the order of `MEASURES`."""
    for measure in MEASURES:
        of_measure = differences[differences["measure"] == measure]
        for source, other, sign in ((over, variant, 1), (variant, over, -1)):
            of_pair = of_measure[(of_measure["source"] == source) & (of_measure["other"] == other)]
            for row in of_pair.to_dict("records"):
                ends = sorted(sign * row[f"difference_{end}"] for end in ("low", "high"))
                yield {
                    "encoder": _text(row["encoder"]),
                    "classifier": _text(row["classifier"]),
                    "measure": measure,
                    "gain": sign * row["difference"],
                    "gain_low": ends[0],
                    "gain_high": ends[1],
                    "decided": ends[0] > 0 or ends[1] < 0,
                }


def _ordered(rows: Sequence[Row], names: Sequence[str]) -> list[str]:
    """Variants by their gain over the baseline, the largest first; equal ones as in the study."""
    first: dict[str, tuple[int, float]] = {}
    for row in rows:
        if not row["is_control"]:
            # The first row of a variant is that of the first measure it has.
            place = (MEASURES.index(row["measure"]), -row["gain"])
            first.setdefault(row["variant"], place)
    last = (len(MEASURES), 0.0)
    return sorted(names, key=lambda name: first.get(name, last))


def _text(cell: Any) -> str | None:
    return None if pd.isna(cell) else str(cell)
