from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from points import directions, write_points

from synthgap import tables
from synthgap.errors import InputError
from synthgap.measures import shift, spread
from synthgap.measures.intervals.estimates import Estimate
from synthgap.measures.intervals.limits import SHARE
from synthgap.measures.intervals.samples import subsample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.tables import of_class
from synthgap.measures.tables.of_class import MEASURES, measure_class


def row(path: Path) -> dict[str, object]:
    (found,) = tables.read(path).to_pylist()
    return found


def measured(
    folder: Path, images: Path, natural: Path, *, n: int = 10, draws: int = 150
) -> dict[str, object]:
    path = folder / f"{images.stem}-{natural.stem}.measures.parquet"
    measure_class(
        path,
        class_id="crane",
        images=images,
        natural=natural,
        n=n,
        draws=draws,
        metadata={"study": "test"},
    )
    assert tables.metadata_of(path) == {"study": "test"}
    return row(path)


@pytest.fixture
def natural(tmp_path: Path) -> Path:
    return write_points(tmp_path / "natural.parquet", "crane", directions(0, 24, 6, 0.5))


@pytest.fixture
def variant(tmp_path: Path) -> Path:
    return write_points(tmp_path / "variant.parquet", "crane", directions(1, 24, 6, 1.5))


def test_one_row_says_how_many_images_there_are_and_are_measured(tmp_path, variant, natural):
    found = measured(tmp_path, variant, natural)
    assert (found["class_id"], found["images"], found["n"]) == ("crane", 24, 10)


def test_every_measure_has_its_columns_interval_and_replicates(tmp_path, variant, natural):
    found = measured(tmp_path, variant, natural)
    names = [name for measure in MEASURES for name in measure.columns]
    assert {"centroid_distance", "cmmd"} <= set(names)
    for name in names:
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
        assert len(found[f"{name}_replicates"]) == 150
    ends = {f"{name}{end}" for name in names for end in ("", "_low", "_high", "_replicates")}
    assert set(found) == {"class_id", "images", "n"} | ends


def test_values_are_those_of_the_seeded_subsample(tmp_path, variant, natural):
    found = measured(tmp_path, variant, natural)
    points = subsample(tables.read_embeddings(variant), 10, "crane")
    expected = spread.centroid_distance(points)
    assert found["centroid_distance"] == pytest.approx(expected, rel=1e-5)
    assert found["centroid_distance_per_dimension"] == pytest.approx(expected / 6, rel=1e-5)


def test_two_sources_are_measured_at_the_same_indices(tmp_path, natural):
    # The second source is the first turned round: equal spread only if the rows are the same.
    points = tables.read_embeddings(natural)
    mirrored = write_points(tmp_path / "mirrored.parquet", "crane", -points)
    one, other = (measured(tmp_path, source, natural) for source in (natural, mirrored))
    for column in ("centroid_distance", "centroid_distance_replicates"):
        assert one[column] == pytest.approx(other[column], rel=1e-6)
    assert one["centroid_shift_baseline"] == pytest.approx(other["centroid_shift_baseline"])


def test_fewer_images_than_n_are_refused(tmp_path, natural):
    few = write_points(tmp_path / "few.parquet", "crane", directions(2, 7, 6))
    with pytest.raises(InputError, match=r"few.parquet: 7 images; measuring needs at least"):
        measured(tmp_path, few, natural)


def test_natural_train_is_its_own_baseline(tmp_path, natural):
    found = measured(tmp_path, natural, natural)
    assert found["centroid_shift"] == found["centroid_shift_baseline"]
    assert found["centroid_shift_replicates"] == found["centroid_shift_baseline_replicates"]


def test_a_copy_of_natural_train_elsewhere_is_another_source(tmp_path, natural):
    copy = write_points(tmp_path / "copy.parquet", "crane", tables.read_embeddings(natural))
    found = measured(tmp_path, copy, natural)
    assert found["centroid_shift_replicates"] != found["centroid_shift_baseline_replicates"]


def test_a_displaced_variant_shifts_more_than_the_baseline(tmp_path, variant, natural):
    far = write_points(tmp_path / "far.parquet", "crane", directions(3, 24, 6, -2.0))
    found = measured(tmp_path, far, natural)
    assert found["centroid_shift_low"] > found["centroid_shift_baseline_high"]
    assert found["centroid_shift_cosine"] < 0


def test_the_same_input_gives_the_same_bytes(tmp_path, variant, natural):
    contents = []
    for name in ("a", "b"):
        measured(tmp_path / name, variant, natural)
        (file,) = (tmp_path / name).iterdir()
        contents.append(file.read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize("which", ["images", "natural"])
def test_a_single_image_is_refused_by_the_name_of_its_table(tmp_path, natural, which):
    lonely = write_points(tmp_path / "lonely.parquet", "crane", directions(4, 1, 6))
    pair = (lonely, natural) if which == "images" else (natural, lonely)
    with pytest.raises(InputError, match=r"lonely.parquet: 1 images; measuring needs at least"):
        measured(tmp_path, *pair)


def test_replicates_are_lists_of_numbers(tmp_path, variant, natural):
    measured(tmp_path, variant, natural)
    schema = tables.read(tmp_path / "variant-natural.measures.parquet").schema
    for measure in (spread, shift):
        for name in measure.COLUMNS:
            assert schema.field(name).type == pa.float64()
            assert schema.field(f"{name}_replicates").type == pa.list_(pa.float64())


def test_draws_replicates_are_those_of_the_class_alone(tmp_path, variant, natural):
    # What one class says does not change with the number of images that other tables have.
    more = write_points(tmp_path / "more.parquet", "crane", directions(5, 90, 6))
    one, other = (measured(tmp_path, variant, against) for against in (natural, more))
    assert one["centroid_distance_replicates"] == other["centroid_distance_replicates"]
    assert np.isfinite(other["centroid_shift"])


def test_a_measure_needs_no_more_than_to_be_registered(tmp_path, variant, natural, monkeypatch):
    columns = {"tries": Column("tries", "what was tried", Family.DIVERSITY, SHARE)}
    tried = Measure(columns, lambda sample: {"tries": Estimate(0.5, np.linspace(-1, 2, 150))})
    monkeypatch.setattr(of_class, "MEASURES", (tried,))
    found = measured(tmp_path, variant, natural)
    assert [found[f"tries{end}"] for end in ("", "_low", "_high")] == [0.5, 0.0, 1.0]
    assert set(found) == {"class_id", "images", "n", *(name for name in found if "tries" in name)}
