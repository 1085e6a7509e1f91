"""The points of the map, as Embedding Atlas, datasets and Pillow read them."""

import io

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from image_tables import write_image_tables
from PIL import Image
from points import directions, write_source
from sklearn.neighbors import NearestNeighbors

from synthgap.described import metadata_of_columns
from synthgap.exports.points import COLUMNS, SIDE, thumbnail, write_points
from synthgap.measures.tables.positions import place_images
from synthgap.summary.projection import projection_table
from synthgap.tables import write

CLASSES = {"n02": "crane", "n01": "owl", "n03": "crane"}
SIZES = {"n02": 60, "n01": 4, "n03": 7}
SHOWN = {"n02": 50, "n01": 4, "n03": 7}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("points")
    images = write_image_tables(folder, SIZES)
    points = {name: directions(n, size, 6) for n, (name, size) in enumerate(SIZES.items())}
    made = write_source(folder / "made", points)
    natural = write_source(
        folder / "natural", {name: directions(9 + n, 8, 6) for n, name in enumerate(SIZES)}
    )
    write(projection_table({"natural-train": natural, "made": made}, {}), folder / "map", {})
    positions = folder / "positions"
    place_images(positions, class_ids=list(CLASSES), images=made, natural=natural, metadata={})
    diagnosis = [
        ("clip", "made", "n02", "too alike", True),
        ("clip", "made", "n02", "off target", True),
        ("clip", "made", "n01", "off target", False),
        ("clip", "made", "n03", "ambiguous prompt", None),
        ("dino", "made", "n01", "too alike", True),
        ("clip", "other", "n01", "too alike", True),
    ]
    names = ("encoder", "source", "class_id", "defect", "suffers")
    rows = [dict(zip(names, row, strict=True)) for row in diagnosis]
    write(pa.Table.from_pylist(rows), folder / "diagnosis", {})
    write_points(
        folder / "points.parquet",
        source="made",
        encoder="clip",
        classes=CLASSES,
        projection=folder / "map",
        images=images,
        embeddings=made,
        positions=positions,
        diagnosis=folder / "diagnosis",
        metadata={"study": "s"},
    )
    return folder


@pytest.fixture(scope="module")
def rows(folder):
    return pd.read_parquet(folder / "points.parquet")


def test_has_a_row_for_each_image_that_the_map_shows(rows, folder):
    assert list(rows) == list(COLUMNS)
    shown = pd.read_parquet(folder / "map").query("source == 'made'")
    assert len(rows) == len(shown) == sum(SHOWN.values())
    for ours, theirs in (("x", "first"), ("y", "second"), ("index", "index")):
        assert rows[ours].tolist() == shown[theirs].tolist()
    assert rows["name"].tolist() == [CLASSES[x] for x in shown["class_id"]]


def test_neighbours_are_scikit_learns_by_number_of_row(rows):
    points = np.concatenate(
        [directions(n, SIZES[name], 6)[: SHOWN[name]] for n, name in enumerate(SIZES)]
    )
    apart, indices = NearestNeighbors(n_neighbors=11).fit(points).kneighbors(points)
    for number, cell in enumerate(rows["neighbors"]):
        assert cell["ids"].tolist() == indices[number, 1:].tolist()
        assert cell["distances"] == pytest.approx(apart[number, 1:], abs=1e-6)


def test_positions_and_defects_are_those_of_the_image_and_its_class(rows, folder):
    positions = pd.read_parquet(folder / "positions").set_index(["class_id", "index"])
    for row in rows.to_dict("records"):
        place = positions.loc[row["class_id"], row["index"]]
        assert (row["nearest_class"], row["taken"]) == (place["nearest_class"], place["taken"])
    verdicts = rows.groupby("class_id")["verdict"].unique().map(list).to_dict()
    assert verdicts == {"n02": ["too alike, off target"], "n01": [""], "n03": [""]}


def test_datasets_shows_the_pictures(rows, folder, tmp_path):
    file = str(folder / "points.parquet")
    data = datasets.load_dataset("parquet", data_files=file, split="train", cache_dir=str(tmp_path))
    assert isinstance(data.features["thumbnail"], datasets.Image)
    assert data[50]["thumbnail"].format == "WEBP"
    assert data[50]["class_id"] == "n01"
    assert data[50]["neighbors"]["ids"] == rows["neighbors"][50]["ids"].tolist()


def test_every_column_says_what_it_means(folder):
    assert all(metadata_of_columns(folder / "points.parquet").values())


class TestThumbnail:
    def test_fits_its_side_and_keeps_the_shape(self):
        small = Image.open(io.BytesIO(thumbnail(Image.new("RGB", (400, 200), "red"))))
        assert small.size == (SIDE, SIDE // 2)
        assert np.asarray(small).mean(axis=(0, 1)) == pytest.approx([255, 0, 0], abs=4)

    def test_of_a_small_picture_is_that_picture(self):
        levels = np.random.default_rng(0).integers(0, 256, (16, 9, 3), dtype=np.uint8)
        small = Image.open(io.BytesIO(thumbnail(Image.fromarray(levels))))
        assert np.array_equal(np.asarray(small), levels)
