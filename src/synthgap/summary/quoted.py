"""The centroid distances that the paper gives beside those of a study, as order and as ratios."""

import pandas as pd
import pyarrow as pa

from synthgap.described import Columns, described_table

QUOTED = {"disamb": 1.23, "disamb2.5": 2.05, "promptaug": 2.49}
"""Of each variant its quoted centroid distance, in 1e-5. Only order and ratios can be compared: the
absolute scale is unresolved."""

COLUMNS: Columns = {
    "encoder": (pa.string(), "model whose embeddings were measured"),
    "source": (pa.string(), "a variant that the paper has too, matched by its name"),
    "quoted_ratio": (pa.float64(), "its centroid distance in the paper, as a ratio to disamb's"),
    "quoted_place": (pa.int64(), "its place by this distance in the paper; 1 is the smallest"),
    "centroid_distance": (pa.float64(), "its centroid distance in this study"),
    "ratio": (pa.float64(), "this distance as a ratio to disamb's"),
    "place": (pa.int64(), "its place by this distance; 1 is the smallest"),
}


def quoted_table(variants: pd.DataFrame) -> pa.Table:
    """Compare a study with the paper: a row an encoder and variant.

    A study that lacks one of the paper's three variants has no rows.

    Args:
        variants: the summary, a row a source and encoder.
    """
    rows = []
    for encoder, found in variants.groupby("encoder", sort=False):
        distances = found.set_index("source")["centroid_distance"].to_dict()
        if not QUOTED.keys() <= distances.keys():
            continue
        ours = {source: float(distances[source]) for source in QUOTED}
        quoted_places, places = _places(QUOTED), _places(ours)
        for source in QUOTED:
            rows.append(
                {
                    "encoder": encoder,
                    "source": source,
                    "quoted_ratio": QUOTED[source] / QUOTED["disamb"],
                    "quoted_place": quoted_places[source],
                    "centroid_distance": ours[source],
                    "ratio": ours[source] / ours["disamb"],
                    "place": places[source],
                }
            )
    return described_table(rows, COLUMNS)


def _places(distances: dict[str, float]) -> dict[str, int]:
    """Of each variant its place by distance; equal ones stand in the paper's order."""
    ordered = sorted(distances, key=distances.__getitem__)
    return {source: place for place, source in enumerate(ordered, start=1)}
