"""A finished study made up at once: random tables of the real schemas, real small photographs."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from PIL import Image
from sklearn.datasets import load_sample_images

from synthgap.classes import Category
from synthgap.described import Columns, described_table
from synthgap.diagnosis.of_variant import COLUMNS as DIAGNOSIS
from synthgap.image_sets.quarantine import QUARANTINE
from synthgap.measures.tables.positions import COLUMNS as POSITIONS
from synthgap.prompts.template import TemplateRecipe
from synthgap.report.facts import Class, Facts, Variant
from synthgap.report.folder import write_report
from synthgap.report.inputs import Inputs
from synthgap.summary import (
    agreement,
    causes,
    changes,
    class_gains,
    classes,
    copied_images,
    differences,
    embedding_classifiers,
    flagged_images,
    frontier,
    gains,
    guidance,
    leaks,
    projection,
    proposals,
    quoted,
    variants,
)
from synthgap.summary.classifiers import BESIDE
from synthgap.summary.verdict import BASELINE
from synthgap.tables import IMAGES, write

HOSTILE = (
    "<script>alert(1)</script>",
    "\"double\" and 'single' quotes",
    "{{7*7}}",
    "שלום עולם",
    "long " * 40,
    "=1+1",
    "</script><img src=x onerror=alert(2)>",
    "unbroken" * 25,
)
"""Names of classes, which a study may choose freely; its variants' names it may not."""

VARIANTS = ("classname", "disamb", "disamb2.5", "promptaug", "a-variant-with-quite-a-long-name")

ENCODER, CLASSIFIER, VALIDATION = "clip", "resnet", "natural-val"

CHARTS = ("accuracy", "centroid_distance", "guidance", "isolation", "projection")

TABLES = 6
"""Image tables: the classes share them, so that large studies take little time and disk."""


class Size(NamedTuple):
    """How large the study is."""

    classes: int = 10
    variants: int = 4
    images: int = 40
    """Of each class and source."""
    side: int = 128
    """Of an image, in pixels."""
    mapped: int = 40
    """Images of each class and source in the projection."""


def write_fake_report(folder: Path, size: Size = Size()) -> Path:  # noqa: B008
    """Make up a study and write its report.

    Args:
        folder: where the tables and the report go.
        size: of the study.

    Returns:
        The report's folder.
    """
    facts = facts_of(size)
    inputs = write_inputs(folder, facts, size)
    write_report(folder / "report", facts, inputs, 2)
    return folder / "report"


def facts_of(size: Size) -> Facts:
    """Names: the first classes have hostile ones."""
    names = [*HOSTILE, *(f"class number {number}" for number in range(size.classes))]
    scales = [7.5, 5.0, 2.5, None, None]
    return Facts(
        "made-up",
        "Random numbers beside real photographs, to look at the page.",
        ENCODER,
        [
            Class(f"n{number:08d}", names[number], f"definition {number} of <b>it</b>")
            for number in range(size.classes)
        ],
        [
            Variant(
                name,
                "sd15" if scale else "own",
                "definition" if scale else None,
                scale,
            )
            for name, scale in zip(VARIANTS[: size.variants], scales, strict=False)
        ],
        [],
        40,
        "study: made-up\n# <script>alert(3)</script>\n",
        baseline=VARIANTS[0],
        ordered=True,
    )


def write_inputs(folder: Path, facts: Facts, size: Size) -> Inputs:
    """Write all that a report is made from."""
    rng = np.random.default_rng(0)
    summary = folder / "summary"
    for name, table in summaries(rng, facts, size).items():
        write(table, summary / f"{name}.parquet", {})
    pool = [folder / f"images/{number}.parquet" for number in range(TABLES)]
    photographs = [Image.fromarray(each) for each in load_sample_images().images]
    for path in pool:
        spec = json.dumps({"generator": {"model": "sd15", "steps": 50}})
        metadata = {"spec": spec, "versions": json.dumps({"torch": "2.14"}), "code": "0123abcd"}
        write(image_table(rng, photographs, size), path, metadata)
    places = {}
    for source in facts.sources:
        places[source] = folder / f"positions/{source}.parquet"
        write(positions_of(rng, facts, size), places[source], {})
    write(projected(rng, facts, size), folder / "projection.parquet", {})
    return Inputs(
        summary,
        folder / "projection.parquet",
        places,
        {
            (source, class_id): pool[(number + 5 * place) % TABLES]
            for place, source in enumerate(facts.sources)
            for number, class_id in enumerate(facts.class_ids)
        },
        {name: chart(folder / f"figures/{name}.svg") for name in CHARTS},
        {"images": pool[0]},
        [BASELINE, VALIDATION],
        folder,
        "results",
    )


def chart(path: Path) -> Path:
    """A drawing that stands for one of the study's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200" width="600" height="200">'
        f'<rect width="600" height="200" fill="#eee"/><text x="20" y="100">{path.stem}</text></svg>'
    )
    return path


def image_table(
    rng: np.random.Generator, photographs: Sequence[Image.Image], size: Size
) -> pa.Table:
    """Images cut from photographs at random."""
    rows: dict[str, list[Any]] = {name: [] for name in IMAGES.names}
    for index in range(size.images):
        whole = photographs[int(rng.integers(len(photographs)))]
        length = int(rng.integers(96, 320))
        left, top = (int(rng.integers(0, end - length)) for end in whole.size)
        cut = whole.crop((left, top, left + length, top + length)).resize((size.side, size.side))
        buffer = io.BytesIO()
        cut.save(buffer, "JPEG", quality=90)
        content = buffer.getvalue()
        rows["image"].append({"bytes": content, "path": None})
        rows["class_id"].append("shared")
        rows["index"].append(index)
        rows["prompt"].append(f"a photo of <i>something</i>, number {index % 7}")
        rows["seed"].append(2**62 + index)
        rows["key"].append(f"{index:032x}")
        rows["sha256"].append(hashlib.sha256(content).hexdigest())
        rows["flag"].append(None)
    return pa.table(rows, schema=IMAGES)


def positions_of(rng: np.random.Generator, facts: Facts, size: Size) -> pa.Table:
    """Where the images lie: some of each class nearest to another one."""
    ids = np.array(facts.class_ids)
    own = np.repeat(np.arange(len(ids)), size.images)
    index = np.tile(np.arange(size.images, dtype=np.int32), len(ids))
    taken = rng.random(len(own)) < 0.3
    near = np.where(taken, (own + 1 + rng.integers(0, 3, len(own))) % len(ids), own)
    found = {
        "class_id": pa.DictionaryArray.from_arrays(own.astype(np.int32), ids).cast(pa.string()),
        "index": index,
        "key": pa.array([""] * len(own)),
        "nearest_class": pa.DictionaryArray.from_arrays(near.astype(np.int32), ids).cast(
            pa.string()
        ),
        "taken": near != own,
        "to_natural": rng.gamma(4, 0.1, len(own)),
        "to_own": rng.gamma(3, 0.1, len(own)),
        "nearest_natural": index,
        "to_nearest_natural": rng.gamma(2, 0.1, len(own)),
    }
    return pa.table({name: found[name] for name in POSITIONS})


def projected(rng: np.random.Generator, facts: Facts, size: Size) -> pa.Table:
    """Images of each class in a cloud of its own, and a prompt of each class and variant."""
    rows = []
    middles = rng.normal(size=(len(facts.classes), 2))
    for place, source in enumerate([*facts.sources, VALIDATION]):
        for number, class_id in enumerate(facts.class_ids):
            cloud = middles[number] + rng.normal(0.1 * place, 0.2, (size.mapped, 2))
            rows += [
                projection_row(source, "image", class_id, index, *point)
                for index, point in enumerate(cloud.tolist())
            ]
            if place and source != VALIDATION:
                rows.append(projection_row(source, "prompt", class_id, 0, *middles[number]))
    return described_table(rows, projection.COLUMNS)


def projection_row(
    source: str, kind: str, class_id: str, index: int, x: float, y: float
) -> dict[str, object]:
    """A row of the projection."""
    return {
        "source": source,
        "kind": kind,
        "class_id": class_id,
        "index": index,
        "first": x if kind == "image" else None,
        "second": y if kind == "image" else None,
        "first_share": 0.21,
        "second_share": 0.12,
        "along_gap": y + (3 if kind == "prompt" else 0),
        "across_gap": x,
    }


def summaries(rng: np.random.Generator, facts: Facts, size: Size) -> dict[str, pa.Table]:
    """All summaries by name."""
    sources = [facts.sources[0], VALIDATION, *facts.sources[1:]]
    by_source = [
        {"encoder": ENCODER, "source": source, "images": size.images * size.classes, "n": facts.n}
        | numbers(rng, {**variants.COLUMNS, **BESIDE}, 0.9 - 0.12 * place)
        | {"classifier": CLASSIFIER, "training_set": source}
        for place, source in enumerate(sources)
    ]
    by_class = [
        {
            "encoder": ENCODER,
            "source": source,
            "class_id": category.class_id,
            "name": category.name,
            "images": size.images,
            "n": facts.n,
        }
        | numbers(rng, {**classes.COLUMNS, **BESIDE}, 0.9 - 0.12 * place)
        | {"classifier": CLASSIFIER, "training_set": source}
        for place, source in enumerate(sources)
        for category in facts.classes
    ]
    diagnosis = verdicts(rng, facts)
    table = described_table(diagnosis, {**DIAGNOSIS, "defect": causes.DEFECT})
    apart = described_table(paired(rng, by_source), differences.COLUMNS)
    of_variants = described_table(by_source, {**variants.COLUMNS, **BESIDE})
    of_classes = described_table(by_class, {**classes.COLUMNS, **BESIDE})
    return {
        "variants": of_variants,
        "classes": of_classes,
        "guidance": described_table(choices(rng, facts), guidance.COLUMNS),
        "frontier": frontier.frontier_table(
            facts.sweeps, of_variants.to_pandas(), of_classes.to_pandas()
        ),
        "differences": apart,
        "gains": gains.gains_table(
            apart.to_pandas(),
            dict.fromkeys(facts.sources, size.images * size.classes),
            {variant.name: [variant.name] for variant in facts.variants},
            dict.fromkeys((variant.name for variant in facts.variants), 15),
            VARIANTS[0],
            {},
        ),
        "agreement": described_table(ordered(rng, facts), agreement.COLUMNS),
        "class_gains": described_table(gained(rng, facts), class_gains.COLUMNS),
        "diagnosis": table,
        "causes": causes.causes_table(table.to_pandas()),
        "proposals": proposals.proposals_table(
            table.to_pandas(),
            changes.Changeable(
                {
                    variant.name: changes.Variant(*variant[1:4], variant.recipe is not None)
                    for variant in facts.variants
                },
                {"sd15": {"kind": "diffusers"}},
                {"definition": TemplateRecipe(kind="template", template="{name}")},
                {each.class_id: Category(**each._asdict()) for each in facts.classes},
                ("blip",),
            ),
            proposals.Command(["snakemake", "--configfile", "a study.yaml"], "results", ENCODER),
        ),
        "copies": described_table(copies(facts, sources, size), copied_images.COLUMNS),
        "leaks": described_table(leaked(facts, sources, size), leaks.COLUMNS),
        "near_duplicates": described_table(listed(facts), leaks.LISTED),
        "flags": described_table(flags(facts, sources, size), flagged_images.COLUMNS),
        "quarantine": pa.Table.from_pylist(
            [
                {"path": f"folder/<b>{number}</b>.jpg", "reason": "truncated", "unreadable": True}
                for number in range(3)
            ],
            schema=QUARANTINE,
        ).append_column("source", pa.array([BASELINE] * 3)),
        "embedding_classifiers": described_table(
            classified(rng, facts), embedding_classifiers.COLUMNS
        ),
        "quoted": quoted.quoted_table(
            described_table(by_source, {**variants.COLUMNS, **BESIDE}).to_pandas()
        ),
    }


def numbers(rng: np.random.Generator, columns: Columns, level: float) -> dict[str, float]:
    """Of every measure a number about a level, with an interval."""
    found: dict[str, float] = {}
    for name in columns:
        if f"{name}_low" in columns:
            value = float(np.clip(level + rng.normal(0, 0.04), 0.02, 0.98))
            found |= {name: value, f"{name}_low": value - 0.02, f"{name}_high": value + 0.02}
    return found


def paired(rng: np.random.Generator, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Differences of each source and every later one."""
    found = []
    for place, row in enumerate(rows):
        for later in rows[place + 1 :]:
            for name in row:
                if f"{name}_low" not in row:
                    continue
                value, half = later[name] - row[name], float(rng.uniform(0.01, 0.2))
                trained = name in ("top1", "top5")
                found.append(
                    {
                        "encoder": None if trained else ENCODER,
                        "classifier": CLASSIFIER if trained else None,
                        "measure": name,
                        "source": row["source"],
                        "other": later["source"],
                        "difference": value,
                        "difference_low": value - half,
                        "difference_high": value + half,
                    }
                )
    return found


def ordered(rng: np.random.Generator, facts: Facts) -> list[dict[str, Any]]:
    """How alike measures order the variants; some go against what is expected."""
    rows = []
    for measure, other in combinations(("top1", *list(agreement.NAMES)[2:24]), 2):
        tau = float(rng.uniform(-1, 1))
        rows.append(
            {
                "encoder": ENCODER,
                "measure": measure,
                "name": agreement.NAMES[measure],
                "other": other,
                "other_name": agreement.NAMES[other],
                "variants": len(facts.variants),
                "expected": ["same order", "reverse order", None][rng.integers(3)],
                "tau": tau,
                "tau_low": max(-1.0, tau - 0.4),
                "tau_high": min(1.0, tau + 0.4),
                "decided": 5,
                "turned": round(2.5 * (1 - tau)),
            }
        )
    return rows


def gained(rng: np.random.Generator, facts: Facts) -> list[dict[str, Any]]:
    """Gains of single classes; the larger ones are found."""
    found = []
    for measure in gains.MEASURES:
        for variant in facts.variants[1:]:
            for category in facts.classes:
                value = float(rng.normal(0, 0.1))
                found.append(
                    {
                        "class_id": category.class_id,
                        "name": category.name,
                        "variant": variant.name,
                        "over": VARIANTS[0],
                        "is_control": False,
                        "encoder": None if measure == "top1" else ENCODER,
                        "classifier": CLASSIFIER if measure == "top1" else None,
                        "measure": measure,
                        "images": 50,
                        "trainings": 2,
                        "gain": value,
                        "gain_low": value - 0.12,
                        "gain_high": value + 0.12,
                        "p_value": 0.001 if abs(value) > 0.2 else 0.3,
                        "q_value": 0.01 if abs(value) > 0.2 else 0.4,
                        "found": abs(value) > 0.2,
                    }
                )
    return found


def verdicts(rng: np.random.Generator, facts: Facts) -> list[dict[str, Any]]:
    """The diagnosis; what the last variant has no prompts for is not measured."""
    rows = []
    for place, variant in enumerate(facts.variants):
        for number, category in enumerate(facts.classes):
            for cause, defect in causes.DEFECTS.items():
                measured = variant.recipe is not None or cause in ("diversity", "concept")
                suffers = bool(rng.random() < (0.5 - 0.08 * place))
                other = facts.classes[(number + 1) % len(facts.classes)]
                value = float(rng.random())
                rows.append(
                    {
                        "encoder": ENCODER,
                        "source": variant.name,
                        "class_id": category.class_id,
                        "name": category.name,
                        "cause": cause,
                        "defect": defect.name,
                        "n": facts.n,
                        "suffers": suffers if measured else None,
                        "value": value if measured else None,
                        "value_low": value - 0.05 if measured else None,
                        "value_high": value + 0.05 if measured else None,
                        "natural": 0.5 if measured else None,
                        "q_value": (0.01 if suffers else 0.4) if measured else None,
                        "other_class": other.class_id if cause == "ambiguity" else None,
                        "reason": f"12 of its 40 images are nearest to natural images of "
                        f"{other.class_id} ({other.name})"
                        if measured
                        else "there are no prompts",
                        "advice": "add a definition to the prompt (recipe definition)"
                        if suffers and measured
                        else None,
                    }
                )
    return rows


def choices(rng: np.random.Generator, facts: Facts) -> list[dict[str, Any]]:
    """What images that are right at random choose, in the sweeps that there are."""
    rows = []
    names = {each.class_id: each.name for each in facts.classes}
    labels = np.repeat(np.arange(len(names)), 4)
    for sweep in facts.sweeps:
        for measure in ("centroid_accuracy", "knn_accuracy", "top1"):
            one, other = (
                (rng.random((len(sweep.scales), 1, len(labels))) < 0.7).astype(float)
                for _ in range(2)
            )
            outcomes = guidance.Outcomes(
                sweep.scales, list(names), BASELINE, one, labels, other, labels
            )
            trained = measure == "top1"
            rows += [
                {
                    "encoder": None if trained else ENCODER,
                    "classifier": CLASSIFIER if trained else None,
                    "generator": sweep.generator,
                    "prompts": sweep.prompts,
                    "measure": measure,
                    "name": names.get(row.get("class_id", "")),
                    **row,
                }
                for row in guidance.rows_of(outcomes, 100)
            ]
    return rows


def copies(facts: Facts, sources: Sequence[str], size: Size) -> list[dict[str, Any]]:
    """Two copies in the first class of the last variant."""
    rows = []
    for source in sources:
        for number, class_id in enumerate((None, *facts.class_ids)):
            images = size.images * (size.classes if class_id is None else 1)
            found = 2 if number < 2 and source == facts.sources[-1] else 0
            rows.append(
                {
                    "source": source,
                    "class_id": class_id,
                    "images": images,
                    "distinct": images - found,
                    "repeated": found,
                    "in_other_classes": 0,
                    "of_natural_train": None if source == BASELINE else 0,
                    "of_natural_val": None if source == VALIDATION else 0,
                    "copies": found,
                }
            )
    return rows


def leaked(facts: Facts, sources: Sequence[str], size: Size) -> list[dict[str, Any]]:
    """The last variant copies three natural images."""
    rows: list[dict[str, Any]] = []
    for source in sources:
        found = 3 if source == facts.sources[-1] else 0
        chance = {"expected": 0.4, "expected_low": 0, "expected_high": 2}
        chance["p_value"] = 0.004 if found else 1.0
        rows.append(
            {
                "source": source,
                "images": size.images * size.classes,
                "near_duplicates": found,
                "originals": found,
                "ratio": 0.45,
                "hash_distance": 12,
                **({} if source == BASELINE else chance | {"decided": found > 0}),
            }
        )
    return rows


def listed(facts: Facts) -> list[dict[str, Any]]:
    """Of each of the last variant's copies what it copies."""
    return [
        {
            "source": facts.sources[-1],
            "class_id": facts.class_ids[number],
            "index": number,
            "natural_index": number + 1,
            "cosine": 0.99 - number / 100,
            "ratio": 0.1 + number / 20,
            "hash_distance": 2 * number,
        }
        for number in range(min(3, len(facts.class_ids)))
    ]


def flags(facts: Facts, sources: Sequence[str], size: Size) -> list[dict[str, Any]]:
    """A black image in every second class."""
    return [
        {
            "source": source,
            "class_id": class_id,
            "images": size.images,
            "flagged": number % 2,
            "black": number % 2,
            "one_colour": 0,
            "not_a_number": 0,
            "safety_checker": 0,
        }
        for source in sources
        for number, class_id in enumerate(facts.class_ids)
    ]


def classified(rng: np.random.Generator, facts: Facts) -> list[dict[str, Any]]:
    """Three classifiers on each source."""
    rows = []
    for source in facts.sources:
        for name in ("5-NN", "nearest centroid", "logistic regression"):
            value, apart = float(rng.uniform(0.3, 0.9)), float(rng.normal(0, 0.05))
            compared = name != "5-NN"
            rows.append(
                {
                    "encoder": ENCODER,
                    "source": source,
                    "classifier": name.replace(" ", "_"),
                    "name": name,
                    "n": facts.n,
                    "accuracy": value,
                    "accuracy_low": value - 0.02,
                    "accuracy_high": value + 0.02,
                    "minus_knn": apart if compared else None,
                    "minus_knn_low": apart - 0.03 if compared else None,
                    "minus_knn_high": apart + 0.03 if compared else None,
                    "chosen": "",
                }
            )
    return rows
