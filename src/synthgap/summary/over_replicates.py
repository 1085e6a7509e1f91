"""Summaries that speak of all replicates of a study, in the form of those that speak of one.

What shows or words a summary need not know of replicates: numbers are means over them, intervals
cover them and the images, and a class has a defect that it has in all of them. What only these
tables have: how many replicates there are, and how many of them alone agree.
"""

from typing import NamedTuple

import pandas as pd

TABLES = ("replicates", "replicated_defects")
"""Summaries of all replicates, which studies have that ask for some."""

ENDS = ("", "_low", "_high")


class Answer(NamedTuple):
    """Three summaries."""

    variants: pd.DataFrame
    differences: pd.DataFrame
    """Of replicates also with `agreeing`, `replicates` and `unit`."""
    causes: pd.DataFrame
    """Of replicates also with `ever`, classes that have the defect in one of them or more, and with
    `replicates` and `unit`."""


def over_replicates(first: Answer, replicates: pd.DataFrame, defects: pd.DataFrame) -> Answer:
    """Put what all replicates say in the place of what the first does.

    Args:
        first: of the study itself.
        replicates: `summary/replicates`.
        defects: `summary/replicated_defects`.
    """
    alone = replicates["other"].isna()
    return Answer(
        _variants(first.variants, replicates[alone]),
        replicates[~alone].rename(columns={f"mean{end}": f"difference{end}" for end in ENDS}),
        _causes(defects),
    )


def _variants(variants: pd.DataFrame, replicates: pd.DataFrame) -> pd.DataFrame:
    """Means over replicates; the first's numbers stay where there are none, or no spread at all:
    where everything is right in every draw, its interval comes from the number of images."""
    found = {}
    for row in replicates.to_dict("records"):
        owner = row["classifier"] if pd.isna(row["encoder"]) else row["encoder"]
        if row["mean_low"] < row["mean_high"]:
            found[owner, row["source"], row["measure"]] = [row[f"mean{end}"] for end in ENDS]
    rows = variants.to_dict("records")
    for row in rows:
        for owner in (row["encoder"], row.get("classifier")):
            for column in variants.columns:
                values = found.get((owner, row["source"], column))
                if values is not None:
                    row |= {column + end: value for end, value in zip(ENDS, values, strict=True)}
    return pd.DataFrame(rows, columns=variants.columns)


def _causes(defects: pd.DataFrame) -> pd.DataFrame:
    """Count the classes that have a defect in all replicates, and in any."""
    rows = []
    keys = ["encoder", "source", "cause", "defect"]
    for key, group in defects.groupby(keys, sort=False):
        judged = group[group["replicates"] > 0]
        suffer = int((judged["suffer"] == judged["replicates"]).sum())
        rows.append(
            {
                **dict(zip(keys, key, strict=True)),
                "classes": len(judged),
                "suffer": suffer,
                "share": suffer / len(judged) if len(judged) else None,
                "ever": int((judged["suffer"] > 0).sum()),
                "replicates": int(group["replicates"].max()),
                "unit": group["unit"].iloc[0],
            }
        )
    return pd.DataFrame(rows)
