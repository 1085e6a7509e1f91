"""The stage, its summary, its chart and its section of the report."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from points import directions, write_source

from synthgap import tables
from synthgap.embedding_classifiers import CLASSIFIERS, classify
from synthgap.embedding_classifiers.accuracy_table import measure_embedding_classifiers
from synthgap.errors import InputError
from synthgap.figures.charts import embedding_classifiers as chart
from synthgap.measures.tables.of_source import measure_source
from synthgap.report.sections.embedding_classifiers import (
    differences,
    embedding_classifiers_section,
)
from synthgap.summary.embedding_classifiers import COLUMNS, embedding_classifiers_table

CLASS_IDS = ("crane", "maillot", "cardigan")
SOURCES = ("natural-train", "disamb", "<small>")


def classes(seed: int, count: int, spread: float = 1.0) -> dict[str, np.ndarray]:
    centres = np.eye(3, 6) * 1.2 / spread
    return {
        class_id: directions(10 * seed + number, count, 6, centres[number])
        for number, class_id in enumerate(CLASS_IDS)
    }


def measure(path: Path, images: list[Path], queries: list[Path], n: int = 12, **kwargs: Any) -> Any:
    options = {"n": n, "draws": 150, "threads": 1, "metadata": {"study": "test"}} | kwargs
    measure_embedding_classifiers(
        path, class_ids=CLASS_IDS, images=images, queries=queries, **options
    )
    return tables.read(path).to_pandas()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def embeddings(folder: Path) -> dict[str, list[Path]]:
    return {
        source: write_source(folder / str(number), classes(number, 14, 1 + number / 2))
        for number, source in enumerate((*SOURCES, "natural-val"))
    }


@pytest.fixture(scope="module")
def measured(folder: Path, embeddings: dict[str, list[Path]]) -> dict[str, pd.DataFrame]:
    return {
        source: measure(folder / f"{number}.parquet", embeddings[source], embeddings["natural-val"])
        for number, source in enumerate(SOURCES)
    }


@pytest.fixture(scope="module")
def summary(folder: Path, measured: dict[str, pd.DataFrame]) -> pd.DataFrame:
    paths = {
        ("clip", source): folder / f"{number}.parquet" for number, source in enumerate(SOURCES)
    }
    table = embedding_classifiers_table(paths)
    tables.write_with_csv(table, folder / "summary.parquet", {})
    assert len(pd.read_csv(folder / "summary.csv")) == len(table)
    for field in tables.read(folder / "summary.parquet").schema:
        assert field.metadata[b"description"].decode() == COLUMNS[field.name][1]
    found: pd.DataFrame = table.to_pandas()
    return found


class TestStage:
    def test_has_a_row_for_all_and_one_a_class_of_each_classifier(self, measured):
        rows = measured["disamb"]
        expected = [(name, class_id) for name in CLASSIFIERS for class_id in (None, *CLASS_IDS)]
        found = [
            (name, None if pd.isna(class_id) else class_id)
            for name, class_id in zip(rows["classifier"], rows["class_id"], strict=True)
        ]
        assert found == expected
        assert set(rows["n"]) == {12}
        overall = rows[rows["class_id"].isna()]
        assert all(len(draws) == 150 for draws in overall["accuracy_replicates"])
        assert rows.loc[rows["class_id"].notna(), "accuracy_replicates"].isna().all()

    def test_accuracies_are_those_of_the_public_function(self, folder, measured, embeddings):
        # All 14 images, so that none are left out.
        rows = measure(
            folder / "all.parquet", embeddings["disamb"], embeddings["natural-val"], n=14
        )
        images, queries = (
            np.concatenate([tables.read_embeddings(path) for path in embeddings[source]])
            for source in ("disamb", "natural-val")
        )
        labels = np.repeat(np.arange(3), 14)
        for name in CLASSIFIERS:
            hits = classify(name, images, labels, queries) == labels
            found = rows.loc[rows["classifier"] == name, "accuracy"]
            per_class = hits.reshape(3, 14).mean(axis=1)
            assert found.tolist() == pytest.approx([per_class.mean(), *per_class])

    def test_centroid_and_neighbours_are_the_measures(self, folder, measured, embeddings):
        path = folder / "source.parquet"
        measure_source(
            path,
            class_ids=CLASS_IDS,
            images=embeddings["disamb"],
            queries=embeddings["natural-val"],
            natural=embeddings["natural-val"],
            prompts=None,
            own_prompts=False,
            n=12,
            draws=150,
            metadata={},
        )
        expected = tables.read(path).to_pandas().iloc[0]
        rows = measured["disamb"].set_index("classifier")
        for name, column in (("nearest_centroid", "centroid_accuracy"), ("knn", "knn_accuracy")):
            found = rows.loc[name].iloc[0]
            for end in ("", "_low", "_high", "_replicates"):
                assert np.array_equal(found[f"accuracy{end}"], expected[f"{column}{end}"])

    def test_intervals_hold_the_accuracies(self, measured):
        for rows in measured.values():
            assert (rows["accuracy_low"] <= rows["accuracy"]).all()
            assert (rows["accuracy"] <= rows["accuracy_high"]).all()
            assert rows["accuracy"].between(0, 1).all()

    def test_tables_are_the_same_twice_and_name_what_made_them(self, folder, embeddings, capsys):
        paths = [folder / "one.parquet", folder / "two.parquet"]
        for path in paths:
            measure(path, embeddings["disamb"], embeddings["natural-val"])
        assert paths[0].read_bytes() == paths[1].read_bytes()
        assert tables.metadata_of(paths[0]) == {"study": "test"}
        assert "9 of 9, learned metric: 0." in capsys.readouterr().out

    def test_refuses_a_class_with_fewer_images_than_n(self, folder, embeddings):
        with pytest.raises(InputError, match="14 images; measuring needs at least 15"):
            measure(folder / "x.parquet", embeddings["disamb"], embeddings["natural-val"], n=15)


class TestSummary:
    def test_has_a_row_a_source_and_classifier(self, summary, measured):
        pairs = [(source, name) for source in SOURCES for name in CLASSIFIERS]
        assert list(zip(summary["source"], summary["classifier"], strict=True)) == pairs
        for source, rows in measured.items():
            expected = rows.loc[rows["class_id"].isna(), "accuracy"]
            found = summary.loc[summary["source"] == source, "accuracy"]
            assert found.tolist() == expected.tolist()

    def test_differences_are_paired_with_five_neighbours_of_the_same_source(self, summary):
        for _, rows in summary.groupby("source"):
            table = rows.set_index("classifier")
            gaps = table["accuracy"] - table.loc["knn", "accuracy"]
            others = table.drop(index="knn")
            np.testing.assert_allclose(others["minus_knn"], gaps.drop("knn"), atol=1e-12)
            assert (others["minus_knn_low"] <= others["minus_knn"]).all()
            assert (others["minus_knn"] <= others["minus_knn_high"]).all()
            assert table.loc["knn", ["minus_knn", "minus_knn_low"]].isna().all()

    def test_pairing_makes_intervals_narrower(self, summary):
        # 5-NN and kernel density look at the same neighbours and err on the same queries.
        table = summary.set_index(["source", "classifier"])
        row, other = table.loc["disamb", "kernel_density"], table.loc["disamb", "knn"]
        widths = [r["accuracy_high"] - r["accuracy_low"] for r in (row, other)]
        assert row["minus_knn_high"] - row["minus_knn_low"] < np.hypot(*widths)


class TestFigures:
    def test_the_chart_has_every_number(self, summary):
        figure, data = chart.draw(summary)
        sources = list(dict.fromkeys(summary["source"]))
        assert [axes.get_title(loc="left") for axes in figure.axes] == sources
        for axes, source in zip(figure.axes, sources, strict=True):
            rows = summary[summary["source"] == source]
            found = [container.lines[0].get_xdata()[0] for container in axes.containers]
            assert found == list(rows["accuracy"])
            # Beside it stands natural-train's.
            marks = [line for line in axes.lines if line.get_marker() == "D"]
            assert len(marks) == (source != "natural-train")
        assert list(data["accuracy"]) == list(summary["accuracy"])

    def test_the_section_has_every_number_and_no_foreign_markup(self, summary):
        section = embedding_classifiers_section(summary)
        for value in summary["accuracy"]:
            assert f"<td>{value:.3f}<br>" in section
        assert "<th>&lt;small&gt;</th>" in section
        assert "<small>" not in section
        for classifier in CLASSIFIERS.values():
            assert f"<td>{classifier.words}</td>" in section

    def test_what_differs_is_said_with_its_interval(self):
        rows = pd.DataFrame(
            {
                "source": ["disamb", "disamb", "disamb", "disamb", "promptaug"],
                "name": ["5-NN", "kernel density", "learned metric", "mixture", "mixture"],
                "minus_knn": [np.nan, 0.02, -0.1, 0.03, 0.0],
                "minus_knn_low": [np.nan, 0.01, -0.2, -0.01, 0.0],
                "minus_knn_high": [np.nan, 0.03, -0.01, 0.07, 0.0],
            }
        )
        assert differences(rows) == [
            "2 of 4 comparisons with 5-NN on the same source differ beyond their 95 % interval: "
            "1 for the better, 1 for the worse. If nothing differed, about 0 would by chance.",
            "disamb, better: kernel density +0.020 [+0.010, +0.030]; "
            "worse: learned metric −0.100 [−0.200, −0.010].",
        ]


class TestTooFewImages:
    """Two images of a class cannot win a vote of five."""

    @pytest.fixture
    def summary(self, folder, embeddings) -> pd.DataFrame:
        measure(folder / "two.parquet", embeddings["disamb"], embeddings["natural-val"], n=2)
        table = embedding_classifiers_table({("clip", "disamb"): folder / "two.parquet"})
        found: pd.DataFrame = table.to_pandas()
        return found

    def test_five_neighbours_and_what_is_compared_with_them_are_empty(self, folder, summary):
        assert list(summary["classifier"]) == list(CLASSIFIERS)
        knn = summary[summary["classifier"] == "knn"]
        assert knn[["accuracy", "accuracy_low", "accuracy_high"]].isna().all(axis=None)
        assert knn["n"].tolist() == [2]
        others = summary[summary["classifier"] != "knn"]
        assert others["accuracy"].notna().all()
        assert summary["minus_knn"].isna().all()
        rows = tables.read(folder / "two.parquet").to_pandas()
        assert len(rows[rows["classifier"] == "knn"]) == 4

    def test_chart_and_section_say_so(self, summary):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            figure, _ = chart.draw(summary)
        (axes,) = figure.axes
        assert len(axes.containers) == len(CLASSIFIERS) - 1
        section = embedding_classifiers_section(summary)
        assert "a class has too few images to win a vote of five. Three" in section
        assert "comparisons with 5-NN" not in section
        assert "nan" not in section

    def test_one_more_is_enough(self, folder, embeddings):
        rows = measure(folder / "3.parquet", embeddings["disamb"], embeddings["natural-val"], n=3)
        assert rows["accuracy"].notna().all()
