"""What a study says of groups of classes, from tables of real measures on disk."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from points import directions, write_source

from synthgap import tables
from synthgap.measures.intervals.estimates import Interval, difference, wilson
from synthgap.measures.tables.of_class import measure_class
from synthgap.measures.tables.of_source import measure_source
from synthgap.measures.tables.pooled import measure_pooled
from synthgap.measures.tables.scores import write_scores
from synthgap.summary.by_group import measured_in_groups
from synthgap.summary.classes import classes_table
from synthgap.summary.classifiers import Training
from synthgap.summary.differences import differences_table
from synthgap.summary.groups import BESIDE, COLUMNS, MEASURES, Tables, groups_tables, independent
from synthgap.summary.measured import Measured
from synthgap.summary.variants import variants_table

DRAWS = 100
CLASS_IDS = ("crane", "heron", "owl", "pike", "wren")
SOURCES = {"natural-train": 1, "natural-val": 2, "classname": 3, "disamb": 4}
CENTRES = np.eye(5, 8) * 1.1
DIAGNOSIS = pd.DataFrame(
    [
        {
            "encoder": "clip",
            "source": source,
            "class_id": class_id,
            "cause": cause,
            "suffers": None if cause == "ambiguity" else number < place,
        }
        for place, source in enumerate(("classname", "disamb"), 2)
        for number, class_id in enumerate(CLASS_IDS)
        for cause in ("ambiguity", "diversity")
    ]
)


class Study(NamedTuple):
    """What a study has measured and trained."""

    measured: list[Measured]
    scores: dict[tuple[str, str], Path]
    trainings: list[Training]

    def ask(self, groups: Mapping[str, Sequence[str]]) -> Tables:
        return groups_tables(
            self.measured, self.scores, self.trainings, "resnet", DIAGNOSIS, groups, DRAWS
        )


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("groups")
    images = {
        source: write_source(
            folder / source,
            {
                class_id: directions(10 * seed + number, 12, 8, CENTRES[number])
                for number, class_id in enumerate(CLASS_IDS)
            },
        )
        for source, seed in SOURCES.items()
    }
    texts = write_source(
        folder / "prompts",
        {
            class_id: directions(90 + number, 2, 8, CENTRES[number])
            for number, class_id in enumerate(CLASS_IDS)
        },
    )
    prompts = folder / "prompts.parquet"
    tables.write(tables.concatenate(texts), prompts, {})
    measured, scores = [], {}
    for source in SOURCES:
        own = folder / "measures" / source
        alone = [own / f"{name}.parquet" for name in CLASS_IDS]
        for path, name, one, other in zip(
            alone, CLASS_IDS, images[source], images["natural-train"], strict=True
        ):
            measure_class(
                path, class_id=name, images=one, natural=other, n=12, draws=DRAWS, metadata={}
            )
        natural = {"class_ids": CLASS_IDS, "images": images[source], "n": 12, "metadata": {}}
        natural["natural"] = images["natural-train"]
        asked = {
            **natural,
            "queries": images["natural-val"],
            # Of one variant nobody knows which prompt made which image; natural images have none.
            "prompts": prompts if not source.startswith("natural") else None,
            "own_prompts": source == "disamb",
        }
        together, pooled = own / "together.parquet", own / "pooled.parquet"
        measure_source(together, **asked, draws=DRAWS)
        measure_pooled(pooled, **natural, draws=DRAWS, device="cpu")
        scores["clip", source] = own / "scores.parquet"
        write_scores(scores["clip", source], **asked)
        measured.append(Measured("clip", source, alone, together, pooled))
    trainings = [
        Training("resnet", f"on-{source}", (source,), predictions(folder, source, seed))
        for source, seed in SOURCES.items()
        if source != "natural-val"
    ]
    return Study(measured, scores, trainings)


def predictions(folder: Path, source: str, seed: int) -> list[Path]:
    rng = np.random.default_rng(seed)
    paths = [folder / f"{source}-{number}.parquet" for number in range(3)]
    for path in paths:
        rows = [
            {"class_id": class_id, "rank": int(rng.integers(0, 7 - place))}
            for place, class_id in enumerate(CLASS_IDS)
            for _ in range(8)
        ]
        tables.write(pa.Table.from_pylist(rows), path, {})
    return paths


def numbers(of: Mapping[str, object] = MEASURES) -> list[str]:
    return [f"{name}{end}" for name in of for end in ("", "_low", "_high")]


EVERY = [*numbers(), *numbers(["top1", "top5"])]


def test_a_group_of_all_classes_has_the_numbers_of_the_study(study):
    found = study.ask({"all": CLASS_IDS[::-1]})
    whole = variants_table(study.measured, study.trainings, "resnet", DRAWS).to_pandas()
    group = found.groups.to_pandas()
    shared = ["encoder", "source", "images", "n", "classifier", "training_set", *EVERY]
    pd.testing.assert_frame_equal(group[shared], whole[shared], rtol=1e-12, atol=1e-12)
    # Numbers themselves, and intervals of single classes' measures, to the last bit.
    values = [*MEASURES, "top1", "top5", "centroid_distance_low", "vendi_score_high", "top1_low"]
    pd.testing.assert_frame_equal(group[values], whole[values], check_exact=True)
    assert set(group["classes"]) == {5}
    # All of them are something somewhere, and nothing lies outside.
    assert not group[EVERY].isna().all().any()
    assert found.group_differences.to_pandas()["other"].notna().all()


def test_separability_and_pooled_measures_are_no_means_over_classes():
    assert not {"linear_separability", "modality_gap", "pooled_cmmd"} & {*COLUMNS, *BESIDE}
    assert {"centroid_distance", "recall", "gap_from_shift", "adherence", "vendi_score"} <= {
        *COLUMNS
    }


def test_descriptions_say_among_which_classes_images_are_told(study):
    schema = study.ask({"one": ["owl"]}).groups.schema
    for column in ("top1", "knn_accuracy", "gap_from_shift"):
        assert b"all classes of the study" in schema.field(column).metadata[b"description"]
    assert b"all classes" not in schema.field("vendi_score").metadata[b"description"]


@settings(max_examples=8, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["hard", "=birds", "a region"]),
        st.lists(st.sampled_from(CLASS_IDS), min_size=1, unique=True),
        min_size=1,
    )
)
def test_numbers_are_means_of_the_classes_whichever_their_order(study, groups):
    asked = study.ask(groups)
    found = asked.groups.to_pandas()
    classes = classes_table(
        study.measured, study.trainings, "resnet", dict.fromkeys(CLASS_IDS, "")
    ).to_pandas()
    values = [*MEASURES, "top1", "top5"]
    for group, members in groups.items():
        own = found[found["group"] == group].set_index("source")
        means = classes[classes["class_id"].isin(members)].groupby("source", sort=False)
        pd.testing.assert_frame_equal(own[values], means[values].mean(), rtol=1e-12)
        assert list(own["images"]) == list(means["images"].sum())
        assert set(own["classes"]) == {len(members)}
        for name in values:
            ends = own[[f"{name}_low", name, f"{name}_high"]].dropna().to_numpy()
            assert (np.diff(ends, axis=1) >= -1e-12).all(), name
    turned = {group: groups[group][::-1] for group in reversed(groups)}
    again = study.ask(turned)
    order = ["group", "source"]
    pd.testing.assert_frame_equal(
        *(
            table.to_pandas().sort_values(order).reset_index(drop=True)
            for table in (asked.groups, again.groups)
        ),
        check_exact=True,
    )


def test_a_group_is_compared_with_the_classes_outside_of_it(study):
    groups = {"hard": ["owl", "pike"], "others": ["crane", "heron", "wren"]}
    found = study.ask(groups)
    table = found.groups.to_pandas().set_index(["group", "source"])
    apart = found.group_differences.to_pandas()
    outside = apart[apart["other"].isna()]
    for row in outside[outside["group"] == "hard"].to_dict("records"):
        both = [table.loc[(group, row["source"]), row["measure"]] for group in groups]
        assert row["difference"] == pytest.approx(both[0] - both[1], abs=1e-12)
        assert row["difference_low"] <= row["difference"] <= row["difference_high"]
    mirrored = outside.set_index(["group", "source", "measure"])
    one, other = (mirrored.loc[group] for group in groups)
    np.testing.assert_allclose(one["difference_low"], -other["difference_high"], atol=1e-12)
    assert {*outside["measure"]} == {*MEASURES, "top1", "top5"}


def test_intervals_of_both_sides_agree_with_independent_replicates(study):
    (item,) = (item for item in study.measured if item.source == "disamb")
    (split,) = measured_in_groups(
        item, study.scores["clip", "disamb"], {"hard": ["owl", "pike"]}, DRAWS
    )
    apart = study.ask({"hard": ["owl", "pike"]}).group_differences.to_pandas()
    rows = apart[(apart["source"] == "disamb") & apart["other"].isna()].set_index("measure")
    for measure in ("centroid_distance", "vendi_score", "frechet_distance", "clip_score"):
        spread = difference(
            split.outside.estimates[measure], split.inside.estimates[measure]
        ).replicates.std()
        row = rows.loc[measure]
        width = row["difference_high"] - row["difference_low"]
        assert width / (2 * 1.96 * spread) == pytest.approx(1, abs=0.25), measure


def test_the_interval_of_independent_shares_is_newcombes():
    # R. G. Newcombe, Statistics in Medicine 17, 1998, table II, method 10.
    for hits, n, others, m, low, high in (
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (10, 10, 0, 20, 0.6791, 1.0000),
    ):
        found = independent(hits / n, others / m, wilson(hits, n), wilson(others, m))
        assert found == pytest.approx(Interval(low, high), abs=6e-5)


def test_sources_are_compared_within_a_group_in_pairs(study):
    apart = study.ask({"hard": ["owl"], "all": CLASS_IDS}).group_differences.to_pandas()
    pairs = apart[apart["other"].notna()]
    whole = differences_table(study.measured, study.trainings, DRAWS).to_pandas()
    of_all = pairs[pairs["group"] == "all"].drop(columns="group").reset_index(drop=True)
    shared = whole[whole["measure"].isin([*MEASURES, "top1", "top5"])].reset_index(drop=True)
    keys = ["encoder", "classifier", "source", "other", "measure"]
    own, whole = (each.sort_values(keys).reset_index(drop=True) for each in (of_all, shared))
    pd.testing.assert_frame_equal(own[whole.columns], whole, rtol=1e-12)


def test_causes_are_counted_in_each_group(study):
    found = study.ask({"first": CLASS_IDS[:3], "last": CLASS_IDS[3:]}).group_causes.to_pandas()
    counts = found[found["cause"] == "diversity"].set_index(["group", "source"])
    assert counts["suffer"].to_dict() == {
        ("first", "classname"): 2,
        ("first", "disamb"): 3,
        ("last", "classname"): 0,
        ("last", "disamb"): 0,
    }
    assert set(found[found["cause"] == "ambiguity"]["classes"]) == {0}


def test_variants_of_a_group_are_on_its_frontier(study):
    table = study.ask({"hard": ["owl", "pike"]}).groups.to_pandas().set_index("source")
    axes = ["adherence", "centroid_distance", "top1"]
    points = table.loc[["classname", "disamb"], axes]
    for source, other in (("classname", "disamb"), ("disamb", "classname")):
        for flag, count in (("on_frontier", 2), ("on_frontier_with_top1", 3)):
            own, its = (points.loc[each, axes[:count]] for each in (source, other))
            beaten = bool((its >= own).all() and (its > own).any())
            assert table.loc[source, flag] == (not beaten)
    assert table.loc[["natural-train", "natural-val"], "on_frontier"].isna().all()
