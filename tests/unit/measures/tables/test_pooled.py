import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from points import directions, write_source

from synthgap import tables
from synthgap.errors import InputError
from synthgap.measures import cmmd, frechet_distance, vendi_score
from synthgap.measures.intervals.samples import subsample
from synthgap.measures.tables.pooled import MEASURES, measure_pooled

CLASSES = {"crane": 0.3, "heron": -0.4, "owl": 1.0}
TWO_SAMPLES = {"pooled_frechet_distance", "pooled_cmmd"}


def source(folder: Path, seed: int, n: int = 14, shift: float = 0.0) -> list[Path]:
    return write_source(
        folder,
        {
            name: directions(seed + i, n, 6, centre + shift)
            for i, (name, centre) in enumerate(CLASSES.items())
        },
    )


def measured(path: Path, images: list[Path], natural: list[Path], **changed: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {"n": 10, "draws": 120, "device": "cpu"} | changed
    measure_pooled(
        path,
        class_ids=list(CLASSES),
        images=images,
        natural=natural,
        metadata={"study": "test"},
        **arguments,
    )
    assert tables.metadata_of(path) == {"study": "test"}
    (row,) = tables.read(path).to_pylist()
    return dict(row)


@pytest.fixture
def natural(tmp_path: Path) -> list[Path]:
    return source(tmp_path / "natural", 0)


@pytest.fixture
def variant(tmp_path: Path) -> list[Path]:
    return source(tmp_path / "variant", 10, shift=0.5)


def test_one_row_has_every_measure_with_interval_and_replicates(tmp_path, variant, natural):
    found = measured(tmp_path / "row.parquet", variant, natural)
    assert (found["images"], found["n"]) == (3 * 14, 10)
    names = [name for measure in MEASURES for name in measure.columns]
    assert {"pooled_vendi_score", *TWO_SAMPLES} <= set(names)
    for name in names:
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        assert low <= found[name] <= high
        assert low < high
        assert len(found[f"{name}_replicates"]) == 120


def test_values_are_those_of_all_classes_subsamples_put_together(tmp_path, variant, natural):
    found = measured(tmp_path / "row.parquet", variant, natural)
    images, others = (
        np.concatenate(
            [
                subsample(tables.read_embeddings(path), 10, name)
                for path, name in zip(paths, CLASSES, strict=True)
            ]
        )
        for paths in (variant, natural)
    )
    assert found["pooled_vendi_score"] == pytest.approx(
        # Tables are computed in double precision.
        vendi_score(images.astype(np.float64)),
        rel=1e-12,
    )
    distance = frechet_distance(images, others)
    assert found["pooled_frechet_distance"] == pytest.approx(distance, rel=1e-12)
    # Pairs of an image with itself are replaced within its class, not within the whole set.
    assert cmmd(images, others) < found["pooled_cmmd"] < cmmd(images, others, biased=True)


def test_natural_train_has_only_what_one_set_can_say(tmp_path, natural):
    found = measured(tmp_path / "row.parquet", natural, natural)
    assert "pooled_vendi_score" in found
    assert not TWO_SAMPLES & set(found)


def test_sources_of_equal_size_are_resampled_alike(tmp_path, variant, natural):
    mirrored = write_source(
        tmp_path / "mirrored",
        {name: -tables.read_embeddings(path) for name, path in zip(CLASSES, variant, strict=True)},
    )
    one, other = (
        measured(tmp_path / "row.parquet", images, natural) for images in (variant, mirrored)
    )
    for name in ("pooled_vendi_score", "pooled_vendi_score_replicates"):
        assert one[name] == pytest.approx(other[name], rel=1e-6)


def test_fewer_images_than_n_are_refused_and_leave_nothing(tmp_path, variant, natural):
    folder = tmp_path / "pooled"
    with pytest.raises(InputError, match=r"crane.parquet: 14 images; measuring needs at least 15"):
        measured(folder / "row.parquet", variant, natural, n=15)
    assert list(folder.iterdir()) == []


def test_a_killed_job_leaves_nothing(tmp_path, variant, natural):
    folder = tmp_path / "pooled"
    code = (
        "import os, signal, sys\n"
        "from synthgap.measures.measure import Measure\n"
        "from synthgap.measures.tables import pooled\n"
        "def die(sample):\n"
        "    assert len(sample.images) == 30\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "pooled.MEASURES = (Measure({}, die),)\n"
        "tables = sys.argv[2:]\n"
        "pooled.measure_pooled(sys.argv[1], class_ids=['crane', 'heron', 'owl'],\n"
        "    images=tables[:3], natural=tables[3:], n=10, draws=100, device='cpu', metadata={})\n"
    )
    command = [sys.executable, "-c", code, folder / "row.parquet", *variant, *natural]
    path = os.pathsep.join(sys.path)
    done = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == -signal.SIGKILL
    assert list(folder.iterdir()) == []


def test_the_same_input_gives_the_same_bytes(tmp_path, variant, natural):
    for name in ("a", "b"):
        measured(tmp_path / name / "row.parquet", variant, natural)
    one, other = ((tmp_path / name / "row.parquet").read_bytes() for name in ("a", "b"))
    assert one == other


def test_a_job_loads_neither_torch_nor_scikit_learn():
    code = (
        "import sys, synthgap.measures.tables.pooled, synthgap.measures.tables.of_class\n"
        "assert not {'torch', 'sklearn'} & set(sys.modules)"
    )
    path = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})
