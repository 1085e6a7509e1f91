"""Tables of embeddings that a job cannot measure: one line that names the file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from points import directions, write_source

from synthgap import tables
from synthgap.errors import InputError
from synthgap.measures.tables.cross_accuracy import measure_cross_accuracy
from synthgap.measures.tables.of_class import measure_class
from synthgap.measures.tables.of_source import measure_source

CLASS_IDS = ("crane", "owl", "zebra")


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, list[Path]]:
    return {
        source: write_source(
            tmp_path / source,
            {name: directions(10 * number + place, 8, 5) for place, name in enumerate(CLASS_IDS)},
        )
        for number, source in enumerate(("disamb", "natural", "prompts"))
    }


def change(path: Path, points: np.ndarray) -> Path:
    """Put other points into a table, past the checks of writing."""
    table = tables.read(path)
    column = pa.FixedSizeListArray.from_arrays(
        pa.array(points.astype(np.float32).ravel()), points.shape[1]
    )
    place = table.schema.get_field_index("embedding")
    tables.write(table.set_column(place, "embedding", column), path, {})
    return path


def of_class(sources: dict[str, list[Path]], out: Path) -> None:
    measure_class(
        out,
        class_id="owl",
        images=sources["disamb"][1],
        natural=sources["natural"][1],
        n=6,
        draws=100,
        metadata={},
    )


def of_source(sources: dict[str, list[Path]], out: Path) -> None:
    prompts = sources["prompts"][0].with_name("all.parquet")
    if not prompts.exists():
        tables.write(tables.concatenate(sources["prompts"]), prompts, {})
    measure_source(
        out,
        class_ids=CLASS_IDS,
        images=sources["disamb"],
        queries=sources["natural"],
        natural=sources["natural"],
        prompts=prompts,
        own_prompts=True,
        n=6,
        draws=100,
        metadata={},
    )


def of_all(sources: dict[str, list[Path]], out: Path) -> None:
    embeddings = {name: sources[name] for name in ("disamb", "natural")}
    measure_cross_accuracy(
        out,
        class_ids=CLASS_IDS,
        embeddings=embeddings,
        n=6,
        draws=100,
        baseline="natural",
        metadata={},
    )


every_job = pytest.mark.parametrize("job", [of_class, of_source, of_all])
Job = Callable[[dict[str, list[Path]], Path], None]


def refused(job: Job, sources: dict[str, list[Path]], *words: object) -> None:
    out = sources["disamb"][0].parent / "out.parquet"
    with pytest.raises(InputError) as caught:
        job(sources, out)
    assert "\n" not in str(caught.value)
    for word in words:
        assert str(word) in str(caught.value)
    assert not out.exists()


@every_job
@pytest.mark.parametrize("source", ["disamb", "natural"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite(job, source, bad, sources):
    points = tables.read_embeddings(sources[source][1]).copy()
    points[3, 2] = bad
    path = change(sources[source][1], points)
    refused(job, sources, path, "row 3 is not finite")


@every_job
@pytest.mark.parametrize("source", ["disamb", "natural"])
def test_embeddings_of_another_encoder(job, source, sources):
    path = change(sources[source][1], directions(0, 8, 4))
    refused(job, sources, path, "5", "4", "dimensions")


def test_prompts_of_another_encoder_and_prompts_that_are_not_finite(sources):
    of_source(sources, sources["disamb"][0].with_name("measured.parquet"))
    path = sources["prompts"][0].with_name("all.parquet")
    points = tables.read_embeddings(path).copy()
    points[-1] = np.nan
    change(path, points)
    refused(of_source, sources, path, "row 23 is not finite")
    change(path, directions(0, 24, 3))
    refused(of_source, sources, path, "3")


@every_job
def test_too_few_images(job, sources):
    short = tables.read(sources["disamb"][1]).slice(0, 5)
    tables.write(short, sources["disamb"][1], {})
    refused(job, sources, sources["disamb"][1], "5 images", "at least 6")
