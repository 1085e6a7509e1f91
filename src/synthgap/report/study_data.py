"""The study in numbers, as the page's scripts have it: measures and differences by source."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from synthgap.report.facts import Facts
from synthgap.report.sections.measures import Columns, families
from synthgap.summary.causes import DEFECTS

ICONS = {"ambiguity": "≟", "adherence": "⊘", "diversity": "≡", "concept": "↗"}
"""Of each cause a sign, which stands before its name: colour alone is no sign for everybody."""


def study_data(
    facts: Facts,
    variants: pd.DataFrame,
    differences: pd.DataFrame,
    columns: Columns,
    accuracy: str | None,
    small: Sequence[str],
) -> dict[str, Any]:
    """Gather what the page's charts and tables need of all sources.

    Args:
        facts: the study.
        variants: `summary/variants`.
        differences: `summary/differences`.
        columns: what the columns of `summary/variants` say of themselves.
        accuracy: the measure that the table of classes shows as accuracy.
        small: sources whose images have fewer pixels than their pictures.
    """
    return {
        "name": facts.study,
        "encoder": facts.encoder,
        "variants": [
            {
                "name": variant.name,
                "generator": variant.generator,
                "recipe": variant.recipe,
                "guidance_scale": variant.guidance_scale,
            }
            for variant in facts.variants
        ],
        **_sweeps(facts),
        "classes": [list(each) for each in facts.classes],
        "defects": [
            {"cause": cause, "name": defect.name, "icon": ICONS[cause]}
            for cause, defect in DEFECTS.items()
        ],
        "small": list(small),
        "accuracy": accuracy and columns.get(accuracy, {}).get("name", accuracy),
        "encoders": [
            _encoder(str(name), rows, differences, columns)
            for name, rows in variants.groupby("encoder", sort=False)
        ],
    }


def _sweeps(facts: Facts) -> dict[str, Any]:
    """Sweeps by name: each variant with its guidance scale. Nothing where there is none."""
    found = {each.name: list(zip(each.sources, each.scales, strict=True)) for each in facts.sweeps}
    return {"sweeps": list(found.items())} if found else {}


def _encoder(
    name: str, rows: pd.DataFrame, differences: pd.DataFrame, columns: Columns
) -> dict[str, Any]:
    measures = [
        {"key": key, "family": family, **_said(columns.get(key, {}), key)}
        for family, keys in families(rows, columns).items()
        for key in keys
    ]
    classifier = rows["classifier"].iloc[0] if "classifier" in rows else None
    trained = differences["encoder"].isna() & (differences["classifier"] == classifier)
    return {
        "name": name,
        "measures": measures,
        "values": {
            row["source"]: {
                measure["key"]: [row[measure["key"] + end] for end in ("", "_low", "_high")]
                for measure in measures
                if not pd.isna(row[measure["key"]])
            }
            for row in rows.to_dict("records")
        },
        "differences": [
            [row[column] for column in ("measure", "source", "other")]
            + [row[f"difference{end}"] for end in ("", "_low", "_high")]
            for row in differences[(differences["encoder"] == name) | trained].to_dict("records")
        ],
    }


def _said(column: Mapping[str, str], key: str) -> dict[str, str]:
    return {"name": column.get("name", key), "text": column.get("description", "")}
