"""The table of what a filter keeps, from tables of embeddings."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from points import directions, write_source

from synthgap.derived import orders
from synthgap.derived.choice_table import select_variants
from synthgap.derived.filter_table import Inputs, filter_variant
from synthgap.derived.origin_table import origin_of
from synthgap.errors import InputError
from synthgap.measures.nearest_neighbours import knn_accuracy
from synthgap.measures.tables.positions import place_images
from synthgap.tables import read, write_embeddings

CLASS_IDS = ("zebra", "crane", "owl")


def clouds(seed, sizes, spread=1.0):
    centres = directions(99, 3, 5) / spread
    return {
        name: directions(seed + place, size, 5, centre=centres[place]).astype(np.float32)
        for place, (name, size) in enumerate(zip(CLASS_IDS, sizes, strict=True))
    }


class Filtered:
    """A variant of three classes, and what is kept of it."""

    def __init__(self, folder):
        self.folder = folder
        self.points = clouds(10, (12, 41, 7))
        self.natural_points = clouds(0, (30, 20, 25))
        self.images = write_source(folder / "made", self.points)
        self.natural = write_source(folder / "natural", self.natural_points)
        place_images(
            folder / "positions.parquet",
            class_ids=CLASS_IDS,
            images=self.images,
            natural=self.natural,
            metadata={},
        )
        texts = [(name, number) for name in CLASS_IDS for number in range(3)]
        table = pa.table(
            {
                "class_id": [name for name, _ in texts],
                "index": pa.array([number for _, number in texts], pa.int32()),
                "key": [f"{name} {number}" for name, number in texts],
            }
        )
        self.texts = directions(5, 9, 5).reshape(3, 3, 5)
        write_embeddings(folder / "prompts.parquet", table, self.texts.reshape(9, 5), {})

    def rows(self, by, share=0.5, **more):
        inputs = {
            "natural": self.natural,
            "prompts": self.folder / "prompts.parquet",
            "own_prompts": True,
        }
        filter_variant(
            self.folder / "origin.parquet",
            by=by,
            share=share,
            source="made",
            class_ids=CLASS_IDS,
            inputs=Inputs(self.folder / "positions.parquet", self.images, **(inputs | more)),
            metadata={},
        )
        return read(self.folder / "origin.parquet").to_pandas()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Filtered(tmp_path_factory.mktemp("filtered"))


CRITERIA = ("adherence", "nearest-centroid", "both-sides", "diverse", "random")


@pytest.mark.parametrize("by", CRITERIA)
def test_half_of_each_class_is_kept_and_more_of_more(made, by):
    rows = made.rows(by)
    assert rows.groupby("class_id", sort=False)["kept"].sum().tolist() == [6, 20, 3]
    assert rows["place"].notna().equals(rows["kept"])
    assert made.rows(by).equals(rows)
    more = made.rows(by, 0.8)
    assert more.loc[rows["kept"], "kept"].all()
    assert made.rows(by, 1.0)["kept"].all()
    of_owl = origin_of(made.folder / "origin.parquet", "owl").to_pydict()
    assert of_owl["index"] == list(range(7))
    assert set(of_owl["source"]) == {"made"}


def best(scores: np.ndarray, count: int) -> set[int]:
    return set(np.argsort(scores, kind="stable")[:count].tolist())


def kept(rows: pd.DataFrame, name: str) -> set[int]:
    return set(rows.loc[(rows["class_id"] == name) & rows["kept"], "index"].tolist())


def test_the_nearest_to_the_natural_mean_are_kept(made):
    rows = made.rows("nearest-centroid")
    for name, points in made.points.items():
        mean = made.natural_points[name].mean(axis=0, dtype=np.float64)
        apart = np.linalg.norm(points - mean, axis=1)
        assert kept(rows, name) == best(apart, len(points) // 2)


@pytest.mark.parametrize("own", [True, False])
def test_what_scores_highest_with_its_prompt_is_kept(made, own):
    rows = made.rows("adherence", own_prompts=own)
    for number, (name, points) in enumerate(made.points.items()):
        cosines = points @ made.texts[number].T
        which = np.arange(len(points)) % 3
        scores = cosines[np.arange(len(points)), which] if own else cosines.mean(axis=1)
        assert kept(rows, name) == best(-scores, len(points) // 2)
        assert rows.loc[rows["class_id"] == name, "score"].to_numpy() == pytest.approx(
            scores, abs=1e-6
        )


def test_what_another_class_takes_goes_first_and_is_named(made):
    places = read(made.folder / "positions.parquet").to_pandas()
    rows = made.rows("both-sides", 0.8)
    assert 0.1 < places["taken"].mean() < 0.9
    said = rows["against"].fillna("").str.startswith("taken by ")
    assert said.equals(places["taken"])
    assert (rows.loc[said, "against"] == "taken by " + places.loc[said, "nearest_class"]).all()
    for _, group in rows.groupby("class_id"):
        # None that something speaks against is kept while another is not.
        fine = group["against"].isna()
        assert not (group.loc[~fine, "kept"].any() and not group.loc[fine, "kept"].all())


def test_what_nothing_speaks_against_is_kept_as_by_chance(made):
    fair = made.rows("both-sides", 0.3)
    for name, points in made.points.items():
        mine = fair[fair["class_id"] == name]
        good = set(mine.loc[mine["against"].isna(), "index"])
        chance = [row for row in orders.at_random(len(points), name) if row in good]
        count = int(0.3 * len(points) + 1e-6)
        assert kept(fair, name) >= set(chance[:count])


def test_positions_of_other_images_end_in_one_line(made, tmp_path):
    images = write_source(tmp_path, clouds(77, (12, 41, 8)))
    inputs = Inputs(made.folder / "positions.parquet", images)
    with pytest.raises(InputError, match="has other images than their positions"):
        filter_variant(
            tmp_path / "origin.parquet",
            by="diverse",
            share=0.5,
            source="made",
            class_ids=CLASS_IDS,
            inputs=inputs,
            metadata={},
        )


def test_each_class_takes_the_images_of_the_variant_that_is_chosen(tmp_path):
    natural = write_source(tmp_path / "natural", clouds(0, (30, 20, 25), 0.2))
    sets = {"good": clouds(20, (9, 9, 9), 0.2), "bad": clouds(30, (9, 9, 9), 50)}
    among = {name: write_source(tmp_path / name, points) for name, points in sets.items()}
    select_variants(
        tmp_path / "origin.parquet",
        tmp_path / "choices.parquet",
        name="best",
        class_ids=CLASS_IDS,
        among=among,
        natural=natural,
        n=9,
        metadata={},
    )
    rows = read(tmp_path / "origin.parquet").to_pandas()
    assert set(rows["source"]) == {"good"}
    assert rows["kept"].all()
    assert len(rows) == 27
    choices = read(tmp_path / "choices.parquet").to_pandas()
    asked = clouds(0, (30, 20, 25), 0.2)
    for name, points in sets.items():
        mine = choices[choices["variant"] == name]
        expected = knn_accuracy(
            np.concatenate(list(points.values())),
            np.repeat(CLASS_IDS, 9),
            np.concatenate(list(asked.values())),
            np.repeat(CLASS_IDS, [30, 20, 25]),
        )
        assert mine["accuracy"].mean() == pytest.approx(expected)
        assert mine["accuracy_overall"].to_numpy() == pytest.approx([expected] * 3)
    assert choices["queries"].tolist() == [30, 30, 20, 20, 25, 25]
