"""Where each image lies, against scikit-learn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from points import directions, write_source
from sklearn.neighbors import NearestCentroid, NearestNeighbors

from synthgap.described import metadata_of_columns
from synthgap.errors import InputError
from synthgap.measures.nearest_centroid import hits
from synthgap.measures.tables.positions import COLUMNS, place_images
from synthgap.tables import read

CLASS_IDS = ("zebra", "crane", "owl")


def clouds(seed: int, sizes: tuple[int, ...]) -> dict[str, np.ndarray]:
    centres = directions(99, 3, 5)
    return {
        name: directions(seed + place, size, 5, centre=centres[place]).astype(np.float32)
        for place, (name, size) in enumerate(zip(CLASS_IDS, sizes, strict=True))
    }


def placed(
    folder: Path, natural: dict[str, np.ndarray], images: dict[str, np.ndarray] | None = None
) -> pd.DataFrame:
    tables = write_source(folder / "natural", natural)
    place_images(
        folder / "positions.parquet",
        class_ids=CLASS_IDS,
        images=tables if images is None else write_source(folder / "images", images),
        natural=tables,
        metadata={},
    )
    return read(folder / "positions.parquet").to_pandas()


def joined(points: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.concatenate(list(points.values())).astype(np.float64),
        np.repeat(CLASS_IDS, [len(each) for each in points.values()]),
    )


class TestOfASource:
    natural, images = clouds(0, (30, 20, 25)), clouds(10, (12, 40, 7))

    @pytest.fixture
    def rows(self, tmp_path):
        return placed(tmp_path, self.natural, self.images)

    def test_rows_are_the_images_in_the_order_of_classes(self, rows):
        assert list(rows) == list(COLUMNS)
        expected = [(name, i) for name, points in self.images.items() for i in range(len(points))]
        assert list(zip(rows["class_id"], rows["index"], strict=True)) == expected
        assert (rows["key"] == [f"{name}/{i}" for name, i in expected]).all()

    def test_the_nearest_class_is_scikit_learns(self, rows):
        asked, labels = joined(self.images)
        predicted = NearestCentroid().fit(*joined(self.natural)).predict(asked)
        assert (rows["nearest_class"] == predicted).all()
        assert (rows["taken"] == (predicted != labels)).all()
        assert 0.1 < rows["taken"].mean() < 0.9

    def test_distances_are_those_to_the_means(self, rows):
        for name, group in rows.groupby("class_id"):
            points = self.images[name].astype(np.float64)
            for column, of in (("to_natural", self.natural[name]), ("to_own", points)):
                expected = np.linalg.norm(points - of.mean(axis=0, dtype=np.float64), axis=1)
                assert group[column].to_numpy() == pytest.approx(expected, abs=1e-7)

    def test_the_nearest_natural_image_is_scikit_learns(self, rows):
        for name, group in rows.groupby("class_id"):
            known = NearestNeighbors(n_neighbors=1).fit(self.natural[name])
            apart, indices = known.kneighbors(self.images[name])
            assert (group["nearest_natural"] == indices[:, 0]).all()
            assert group["to_nearest_natural"].to_numpy() == pytest.approx(apart[:, 0], abs=1e-6)


class TestOfNaturalTrainItself:
    def test_each_image_is_left_out_of_its_mean(self, tmp_path):
        natural = clouds(20, (6, 9, 4))
        rows = placed(tmp_path, natural)
        points, labels = joined(natural)
        for number, (point, label) in enumerate(zip(points, labels, strict=True)):
            rest = np.arange(len(points)) != number
            alone = NearestCentroid().fit(points[rest], labels[rest])
            assert rows["nearest_class"][number] == alone.predict([point])[0]
            mean = points[rest & (labels == label)].mean(axis=0)
            assert rows["to_natural"][number] == pytest.approx(np.linalg.norm(point - mean))
        # As centroid accuracy does.
        numbers = np.repeat(range(3), [6, 9, 4])
        found = hits(points, numbers, points, numbers, same=True)
        assert (~rows["taken"] == found).all()

    def test_no_image_is_its_own_neighbour_but_its_copy_is(self, tmp_path):
        natural = clouds(30, (6, 9, 4))
        natural["owl"][3] = natural["owl"][1]
        rows = placed(tmp_path, natural)
        assert (rows["nearest_natural"] != rows["index"]).all()
        owls = rows[rows["class_id"] == "owl"].set_index("index")
        assert owls["nearest_natural"][1] == 3
        assert owls["to_nearest_natural"][3] == 0
        for name, group in rows.groupby("class_id"):
            apart, _ = NearestNeighbors(n_neighbors=2).fit(natural[name]).kneighbors(natural[name])
            assert group["to_nearest_natural"].to_numpy() == pytest.approx(apart[:, 1], abs=1e-6)

    def test_of_an_image_alone_in_its_class_nothing_natural_is_known(self, tmp_path):
        rows = placed(tmp_path, clouds(40, (5, 1, 5)))
        lonely = rows[rows["class_id"] == "crane"].iloc[0]
        assert lonely["nearest_class"] != "crane"
        assert lonely[["to_natural", "nearest_natural", "to_nearest_natural"]].isna().all()
        assert lonely["to_own"] == 0
        assert rows["to_natural"].isna().sum() == 1


def test_every_column_says_what_it_means(tmp_path):
    placed(tmp_path, clouds(50, (2, 2, 2)))
    assert all(metadata_of_columns(tmp_path / "positions.parquet").values())


def test_sources_of_two_encoders_are_refused(tmp_path):
    other = {name: directions(1, 3, 4) for name in CLASS_IDS}
    with pytest.raises(InputError, match="4 dimensions, but"):
        placed(tmp_path, clouds(60, (3, 3, 3)), other)
