from io import BytesIO
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from points import directions, write_points, write_source
from sklearn.decomposition import PCA

from synthgap.figures.charts.projection import draw
from synthgap.summary.projection import COLUMNS, principal_axes, projection_table, shown
from synthgap.tables import embeddings_in, read_embeddings


def test_the_axes_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    points = (rng.normal(size=(500, 12)) * np.arange(1, 13)).astype(np.float32)
    expected = PCA(2, svd_solver="full").fit(points)
    mean, axes, shares = principal_axes(points)
    np.testing.assert_allclose(mean, expected.mean_, atol=1e-5)
    np.testing.assert_allclose(np.abs(axes @ expected.components_.T), np.eye(2), atol=1e-5)
    np.testing.assert_allclose(shares, expected.explained_variance_ratio_, atol=1e-6)
    assert np.all(axes[:, 0] > 0)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.parquet"
    write_points(path, "crane", np.random.default_rng(0).normal(size=(70, 3)))
    return path


def test_of_few_classes_the_first_images_are_drawn(table):
    found = embeddings_in(shown(table, 3, classes=100))
    np.testing.assert_array_equal(found, read_embeddings(table)[:50])


def test_of_many_classes_some_of_the_first_are_drawn(table, tmp_path):
    first = read_embeddings(table)[:50].tolist()

    def indices_of(place):
        return [first.index(row) for row in embeddings_in(shown(table, place, 1000)).tolist()]

    drawn = [indices_of(place) for place in range(100)]
    assert {len(indices) for indices in drawn} == {5}
    assert {index for indices in drawn for index in indices} == set(range(50))
    assert drawn[7] == indices_of(7) == shown(table, 7, 1000)["index"].to_pylist()
    assert len(shown(table, 0, 10**6)) == 1
    # A smaller class loses the indices that it lacks, and gives as many.
    write_points(tmp_path / "few.parquet", "crane", read_embeddings(table)[:20])
    assert len(shown(tmp_path / "few.parquet", 7, 1000)) == 5


@pytest.fixture
def images(tmp_path: Path) -> dict[str, list[Path]]:
    return {
        source: write_source(
            tmp_path / source,
            {
                name: directions(3 * seed + k, 9, 6, 0.5 * k)
                for k, name in enumerate(("crane", "owl"))
            },
        )
        for seed, source in enumerate(("natural-train", "disamb"))
    }


@pytest.fixture
def prompts(tmp_path: Path) -> dict[str, Path]:
    return {"disamb": write_points(tmp_path / "p.parquet", "crane", directions(7, 4, 6, -1.0))}


def test_a_row_an_image_or_prompt_with_where_it_lies(images, prompts):
    table = projection_table(images, prompts)
    assert table.schema.names == list(COLUMNS)
    rows = table.to_pandas()
    assert list(rows.groupby(["source", "kind"], sort=False).size()) == [18, 18, 4]
    pictures = rows[rows["kind"] == "image"]
    together = np.concatenate(
        [read_embeddings(path) for paths in images.values() for path in paths]
    )
    expected = PCA(2, svd_solver="full").fit(together)
    found = pictures[["first", "second"]].to_numpy()
    np.testing.assert_allclose(np.abs(found), np.abs(expected.transform(together)), atol=1e-5)
    shares = rows[["first_share", "second_share"]].drop_duplicates().to_numpy()
    np.testing.assert_allclose(shares, [expected.explained_variance_ratio_], atol=1e-6)
    assert rows.loc[rows["kind"] == "prompt", ["first", "second"]].isna().all(axis=None)
    # The images' mean is the origin, and the gap leads to it from the prompts.
    assert abs(pictures["along_gap"].mean()) < 1e-6
    assert rows.loc[rows["kind"] == "prompt", "along_gap"].max() < pictures["along_gap"].mean()


def test_without_prompts_there_is_no_gap(images):
    rows = projection_table(images, {}).to_pandas()
    assert rows[["along_gap", "across_gap"]].isna().all(axis=None)
    assert rows[["first", "second"]].notna().all(axis=None)


@pytest.mark.parametrize("with_prompts", [True, False])
def test_each_variant_stands_over_all_natural_images(images, prompts, with_prompts):
    points = projection_table(images, prompts if with_prompts else {}).to_pandas()
    figure, data = draw(points, {"crane": "a crane", "owl": "an owl"})
    assert data is points
    kinds = [("first", "second"), ("along_gap", "across_gap")][: 1 + with_prompts]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["natural", "disamb"] * len(kinds)
    for (_, over), columns in zip(batched(figure.axes), kinds, strict=True):
        grey, own = (collection.get_offsets() for collection in over.collections)
        for found, source in ((grey, "natural-train"), (own, "disamb")):
            rows = points[(points["source"] == source) & (points["kind"] == "image")]
            np.testing.assert_allclose(found, rows[list(columns)].to_numpy())
    if with_prompts:
        (stars,) = figure.axes[3].lines
        of_prompts = points.loc[points["kind"] == "prompt", ["along_gap", "across_gap"]]
        np.testing.assert_allclose(stars.get_xydata(), of_prompts)
        assert [len(axes.lines) for axes in figure.axes] == [0, 0, 0, 1]
    assert {text.get_text() for text in figure.axes[0].texts} == {"a crane", "an owl"}


def batched(axes):
    return [axes[place : place + 2] for place in range(0, len(axes), 2)]


@pytest.mark.parametrize(("classes", "named"), [(20, 20), (21, 0)])
def test_few_classes_have_their_names_in_the_map_none_on_another(classes, named):
    rng = np.random.default_rng(0)
    ids = [f"class-{number}" for number in range(classes)]
    points = pd.DataFrame(
        [
            {"source": source, "kind": "image", "class_id": class_id, "index": 0}
            | dict(zip(("first", "second"), rng.normal(size=2) / 100, strict=True))
            | {"first_share": 0.5, "second_share": 0.25}
            for source in ("natural-train", "disamb")
            for class_id in ids
        ]
    )
    figure, _ = draw(points, dict(zip(ids, ids, strict=True)))
    figure.savefig(BytesIO(), format="png")
    natural, over = figure.axes
    assert len(natural.texts) == named
    assert len(over.texts) == 0
    boxes = [text.get_window_extent() for text in natural.texts]
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


def test_six_sources_of_a_thousand_classes_fit_in_a_picture_of_reasonable_size():
    sources = ["natural-train", "natural-val", "a", "b", "c", "d"]
    rng = np.random.default_rng(0)
    points = pd.DataFrame({"source": np.repeat(sources, 5000), "kind": "image"})
    points["class_id"] = [f"c{number % 1000}" for number in range(len(points))]
    points[["first", "second"]] = rng.normal(size=(len(points), 2))
    points[["first_share", "second_share"]] = 0.1
    figure, _ = draw(points, {f"c{number}": "x" for number in range(1000)})
    assert len(figure.axes) == 5
    for axes in figure.axes:
        # Thousands of circles in an SVG open slowly.
        assert all(collection.get_rasterized() for collection in axes.collections)
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    buffer = BytesIO()
    figure.savefig(buffer, format="svg")
    assert len(buffer.getvalue()) < 5e6
