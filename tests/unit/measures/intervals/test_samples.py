"""What `source_sample` reads for the measures of a source."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from points import directions

from synthgap import tables
from synthgap.measures.intervals.samples import SourceSample, chosen, subsample
from synthgap.measures.tables.embeddings import source_sample

CLASS_IDS = ("crane", "maillot", "cardigan")
COUNTS = (1, 3, 2)
"""Prompts of each class."""


def write_rows(path: Path, class_id: str, indices: list[int], keys: list[str], seed: int) -> Path:
    rows = [
        {"class_id": class_id, "index": index, "key": key}
        for index, key in zip(indices, keys, strict=True)
    ]
    points = directions(seed, len(rows), 5)
    tables.write_embeddings(path, pa.Table.from_pylist(rows), points, {})
    return path


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Image i is missing here and there, as where one could not be read."""
    indices = [index for index in range(20) if index not in (3, 11)]
    return [
        write_rows(tmp_path / f"{name}.parquet", name, indices, [str(i) for i in indices], seed)
        for seed, name in enumerate(CLASS_IDS)
    ]


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """In no order; the one prompt of crane is also the last of maillot."""
    parts = [
        write_rows(
            tmp_path / f"prompts-{name}.parquet",
            name,
            list(range(count)),
            [f"{name} {number}" for number in range(count)],
            seed=10 + count,
        )
        for name, count in zip(CLASS_IDS, COUNTS, strict=True)
    ]
    table = tables.concatenate(parts)
    keys = ["crane 0" if key == "maillot 2" else key for key in table["key"].to_pylist()]
    table = table.set_column(2, "key", pa.array(keys)).take([4, 2, 0, 5, 1, 3])
    path = tmp_path / "prompts.parquet"
    tables.write(table, path, {})
    return path


def read_sample(images: list[Path], prompts: Path | None, own_prompts: bool) -> SourceSample:
    return source_sample(
        CLASS_IDS, images, images, 8, 100, prompts=prompts, own_prompts=own_prompts
    )


def test_image_i_was_made_from_prompt_i_modulo_the_number_of_its_classs(images, prompts):
    sample = read_sample(images, prompts, own_prompts=True)
    table = tables.read(prompts).to_pylist()
    assert sample.own_prompts is not None
    rows = iter(sample.own_prompts)
    for name, count, path in zip(CLASS_IDS, COUNTS, images, strict=True):
        indices = tables.read(path)["index"].to_pylist()
        for place in chosen(len(indices), 8, name):
            own = table[next(rows)]
            assert (own["class_id"], own["index"]) == (name, indices[place] % count)
    assert next(rows, None) is None
    assert len(set(sample.own_prompts.tolist())) == sum(COUNTS)


def test_whose_image_is_not_known_where_images_were_made_elsewhere(images, prompts):
    assert read_sample(images, prompts, own_prompts=False).own_prompts is None
    assert read_sample(images, None, own_prompts=True).own_prompts is None


def test_equal_texts_have_one_embedding(images, prompts):
    sample = read_sample(images, prompts, own_prompts=True)
    table = tables.read(prompts)
    keys, stored = table["key"].to_pylist(), tables.read_embeddings(prompts)
    assert sample.prompts is not None
    one, other = (row for row, key in enumerate(keys) if key == "crane 0")
    assert not np.array_equal(stored[one], stored[other])
    assert np.array_equal(sample.prompts[one], sample.prompts[other])
    for row, key in enumerate(keys):
        if key != "crane 0":
            assert np.array_equal(sample.prompts[row], stored[row])


def test_natural_images_are_sampled_as_the_source_is(images, tmp_path):
    natural = [
        write_rows(tmp_path / f"n-{name}.parquet", name, list(range(18)), ["k"] * 18, seed=30)
        for name in CLASS_IDS
    ]
    sample = source_sample(CLASS_IDS, images, images, 8, 100, natural=natural)
    expected = [
        subsample(tables.read_embeddings(path), 8, name)
        for path, name in zip(natural, CLASS_IDS, strict=True)
    ]
    assert sample.natural is not None
    assert np.array_equal(sample.natural, np.concatenate(expected))
    assert np.array_equal(sample.natural_labels, np.repeat(np.arange(3), 8))
    itself = source_sample(CLASS_IDS, images, natural, 8, 100, natural=images)
    assert itself.natural is itself.images
    assert source_sample(CLASS_IDS, images, natural, 8, 100).natural is None
