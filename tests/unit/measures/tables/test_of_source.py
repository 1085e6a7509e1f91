from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from points import directions, write_source

from synthgap import tables
from synthgap.errors import InputError
from synthgap.measures import in_sample, nearest_centroid, nearest_neighbours
from synthgap.measures.intervals.samples import subsample
from synthgap.measures.tables.cross_accuracy import measure_cross_accuracy
from synthgap.measures.tables.of_source import MEASURES, measure_source

CLASS_IDS = ("crane", "maillot", "cardigan")
CENTRES = np.eye(3, 6) * 1.2


def classes(seed: int, count: int, flip: float = 1.0) -> dict[str, np.ndarray]:
    return {
        class_id: directions(10 * seed + number, count, 6, flip * CENTRES[number])
        for number, class_id in enumerate(CLASS_IDS)
    }


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, list[Path]]:
    return {
        "natural-train": write_source(tmp_path / "natural-train", classes(1, 30)),
        "natural-val": write_source(tmp_path / "natural-val", classes(2, 16)),
        "disamb": write_source(tmp_path / "disamb", classes(3, 30)),
    }


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    paths = write_source(tmp_path / "prompts", classes(4, 2, flip=-1.0))
    table = tables.concatenate(paths)
    tables.write(table, tmp_path / "disamb.parquet", {})
    return tmp_path / "disamb.parquet"


def rows(
    path: Path,
    images: Sequence[Path],
    queries: Sequence[Path],
    prompts: Path | None = None,
    n: int = 12,
    natural: Sequence[Path] | None = None,
    own_prompts: bool = True,
) -> list[dict[str, Any]]:
    measure_source(
        path,
        class_ids=CLASS_IDS,
        images=images,
        queries=queries,
        natural=natural or images,
        prompts=prompts,
        own_prompts=own_prompts,
        n=n,
        draws=150,
        metadata={"study": "test"},
    )
    assert tables.metadata_of(path) == {"study": "test"}
    return tables.read(path).to_pylist()


def embedded(paths: Sequence[Path], n: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    parts = [tables.read_embeddings(path) for path in paths]
    if n is not None:
        parts = [subsample(part, n, name) for part, name in zip(parts, CLASS_IDS, strict=True)]
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.concatenate(parts), labels


class TestMeasureSource:
    def test_a_row_for_all_comes_first_and_has_no_class(self, tmp_path, sources):
        found = rows(tmp_path / "m.parquet", sources["disamb"], sources["natural-val"])
        assert [row["class_id"] for row in found] == [None, *CLASS_IDS]
        assert [row["n"] for row in found] == [12] * 4

    def test_accuracies_are_those_of_the_seeded_subsample(self, tmp_path, sources):
        found = rows(tmp_path / "m.parquet", sources["disamb"], sources["natural-val"])
        images, labels = embedded(sources["disamb"], 12)
        queries, asked = embedded(sources["natural-val"])
        nearest = nearest_centroid.hits(images, labels, queries, asked)
        voted = nearest_neighbours.hits(images, labels, queries, asked, [5])[5]
        for name, hit in (("centroid_accuracy", nearest), ("knn_accuracy", voted)):
            per_class = [hit[asked == number].mean() for number in range(3)]
            assert [row[name] for row in found] == pytest.approx([np.mean(per_class), *per_class])

    def test_every_accuracy_has_its_interval(self, tmp_path, sources):
        found = rows(tmp_path / "m.parquet", sources["disamb"], sources["natural-val"])
        for row in found:
            for name in ["centroid_accuracy", *nearest_neighbours.COLUMNS]:
                assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
        for name in ["centroid_accuracy", *nearest_neighbours.COLUMNS]:
            assert len(found[0][f"{name}_replicates"]) == 150
            assert {row[f"{name}_replicates"] is None for row in found[1:]} == {True}

    def test_prompts_add_what_is_said_of_all_classes_only(self, tmp_path, sources, prompts):
        natural = sources["natural-train"]
        found = rows(
            tmp_path / "m.parquet",
            sources["disamb"],
            sources["natural-val"],
            prompts,
            natural=natural,
        )
        names = [name for measure in MEASURES for name in measure.columns]
        assert all(found[0][name] is not None for name in names)
        assert [row["modality_gap"] is None for row in found] == [False, True, True, True]
        assert found[0]["linear_separability"] > 0.6

    def test_replicates_lie_about_their_value(self, tmp_path, sources, prompts):
        # Classes on wrong sides lose much accuracy: the gap and a part of it are far from zero.
        elsewhere = write_source(tmp_path / "elsewhere", classes(3, 30, flip=-1.0))
        natural = sources["natural-train"]
        total, *_ = rows(
            tmp_path / "m.parquet", elsewhere, sources["natural-val"], prompts, natural=natural
        )
        assert min(total["accuracy_gap"], total["gap_from_shift"], total["clip_score"]) > 0.15
        for name in (name for measure in MEASURES for name in measure.columns):
            if name in in_sample.COLUMNS:
                continue
            replicates = np.array(total[f"{name}_replicates"])
            assert abs(replicates.mean() - total[name]) <= replicates.std() + 1e-9, name

    def test_a_number_of_the_sample_alone_has_no_replicates(self, tmp_path, sources, prompts):
        total, *of_classes = rows(
            tmp_path / "m.parquet", sources["disamb"], sources["natural-val"], prompts
        )
        assert total["separable_in_sample"] in (0, 1)
        low, high = (total[f"random_labels_separable_{end}"] for end in ("low", "high"))
        assert low <= total["random_labels_separable"] <= high
        for name in in_sample.COLUMNS:
            assert f"{name}_replicates" not in total
            assert all(row[name] is None for row in of_classes)
        assert "separable_in_sample_low" not in total

    def test_without_prompts_there_is_no_separability(self, tmp_path, sources):
        found = rows(tmp_path / "m.parquet", sources["natural-train"], sources["natural-val"])
        assert "linear_separability" not in found[0]

    def test_prompts_may_stand_in_any_order(self, tmp_path, sources, prompts):
        one = rows(tmp_path / "a.parquet", sources["disamb"], sources["natural-val"], prompts)
        table = tables.read(prompts)
        tables.write(table.take([5, 3, 1, 0, 2, 4]), prompts, {})
        other = rows(tmp_path / "b.parquet", sources["disamb"], sources["natural-val"], prompts)
        gaps = [found[0]["modality_gap"] for found in (one, other)]
        assert gaps[0] == pytest.approx(gaps[1])

    def test_natural_val_leaves_each_image_out(self, tmp_path, sources):
        val = sources["natural-val"]
        found = rows(tmp_path / "m.parquet", val, val)
        images, labels = embedded(val, 12)
        nearest = nearest_centroid.hits(images, labels, images, labels, same=True)
        voted = nearest_neighbours.hits(images, labels, images, labels, [1], same=True)[1]
        assert found[0]["centroid_accuracy"] == pytest.approx(nearest.mean())
        assert found[0]["knn_accuracy_1"] == pytest.approx(voted.mean())
        assert found[0]["knn_accuracy_1"] < 1

    def test_refuses_a_class_with_fewer_images_than_n(self, tmp_path, sources):
        images = [*sources["disamb"][:2], *write_source(tmp_path / "few", {
            "cardigan": directions(9, 5, 6, CENTRES[2])})]  # fmt: skip
        with pytest.raises(InputError, match="5 images; measuring needs at least 12"):
            rows(tmp_path / "m.parquet", images, sources["natural-val"])


class TestCrossAccuracy:
    @pytest.fixture
    def matrix(self, tmp_path: Path, sources: Mapping[str, list[Path]]) -> list[dict[str, Any]]:
        path = tmp_path / "cross.parquet"
        measure_cross_accuracy(
            path,
            class_ids=CLASS_IDS,
            embeddings=sources,
            n=12,
            draws=150,
            baseline="natural-train",
            metadata={"study": "t"},
        )
        return tables.read(path).to_pylist()

    def test_holds_every_pair_of_sources_for_all_and_for_each_class(self, matrix, sources):
        pairs = [(row["source"], row["query"], row["class_id"]) for row in matrix]
        expected = [
            (x, q, class_id) for x in sources for q in sources for class_id in (None, *CLASS_IDS)
        ]
        assert pairs == expected
        for row in matrix:
            low, high = row["centroid_accuracy_low"], row["centroid_accuracy_high"]
            assert low <= row["centroid_accuracy"] <= high

    def test_is_the_sources_own_measure_on_natural_val(self, matrix, sources, tmp_path):
        for source in ("disamb", "natural-train", "natural-val"):
            found = rows(tmp_path / "m.parquet", sources[source], sources["natural-val"])
            row = next(
                row
                for row in matrix
                if (row["source"], row["query"], row["class_id"]) == (source, "natural-val", None)
            )
            for end in ("", "_low", "_high"):
                assert row[f"centroid_accuracy{end}"] == found[0][f"centroid_accuracy{end}"]

    def test_the_difference_is_paired(self, tmp_path, sources):
        """A source from itself under another name differs by nothing, in every replicate."""
        path = tmp_path / "cross.parquet"
        natural = sources["natural-train"]
        named = {"copy": natural, "natural-train": natural, "natural-val": sources["natural-val"]}
        measure_cross_accuracy(
            path,
            class_ids=CLASS_IDS,
            embeddings=named,
            n=12,
            draws=100,
            baseline="natural-train",
            metadata={},
        )
        (row,) = (
            row
            for row in tables.read(path).to_pylist()
            if (row["source"], row["query"], row["class_id"]) == ("copy", "natural-val", None)
        )
        assert 0 < row["centroid_accuracy"] < 1
        assert row["difference"] == row["difference_low"] == row["difference_high"] == 0

    def test_the_difference_is_that_from_natural_train_on_the_same_images(self, matrix, sources):
        overall = {(row["source"], row["query"]): row for row in matrix if row["class_id"] is None}
        for (source, query), row in overall.items():
            natural = overall["natural-train", query]
            if source == "natural-train":
                assert row["difference"] is row["difference_low"] is row["difference_high"] is None
                continue
            expected = row["centroid_accuracy"] - natural["centroid_accuracy"]
            assert row["difference"] == pytest.approx(expected)
            assert row["difference_low"] <= row["difference"] <= row["difference_high"]
        assert all(row["difference"] is None for row in matrix if row["class_id"] is not None)


@pytest.mark.parametrize("number", [0, 2])
def test_an_empty_class_is_refused_by_the_name_of_its_table(tmp_path, sources, number):
    images = list(sources["disamb"])
    empty = tables.read(images[number]).slice(0, 0)
    images[number] = tmp_path / "empty.parquet"
    tables.write(empty, images[number], {})
    with pytest.raises(InputError, match=r"empty.parquet: 0 images; measuring needs at least 1"):
        rows(tmp_path / "m.parquet", images, sources["natural-val"])
