"""Another kind of generator: what it need not say, and what rules and tables ask of it."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import pytest
from pydantic import Field, TypeAdapter

from synthgap import tables
from synthgap.errors import InputError
from synthgap.generation import image_table
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.image_table import Updated, update_images
from synthgap.generation.maker import Effort, Maker
from synthgap.generation.pictures import Picture, Request
from synthgap.image_files.decoding import pictures
from synthgap.models import NO_MODEL, Checkpoint, ModelSource, checkpoint


class NoiseGenerator(Maker):
    """Noise of the seed, a little brighter for longer prompts."""

    kind: Literal["noise"]
    side: int = Field(default=8, ge=1)

    def images(
        self,
        checkpoint: Checkpoint,
        guidance_scale: float,
        requests: Sequence[Request],
        threads: int,
    ) -> Iterator[Picture]:
        for request in requests:
            rng = np.random.default_rng(request.seed)
            grey = rng.integers(0, 200 + len(request.prompt), (self.side, self.side, 1), np.uint8)
            yield Picture(np.repeat(grey, 3, axis=2), "black" if self.side == 1 else None)


NOISE = NoiseGenerator(kind="noise")
DIFFUSERS = DiffusersGenerator(
    kind="diffusers",
    model=ModelSource(folder="models/sd"),
    num_inference_steps=5,
    height=16,
    width=24,
    batch_size=3,
    compile=True,
    max_flagged=0.25,
)


def test_a_kind_says_only_what_is_particular_to_it():
    assert NOISE.opens() is None
    assert NOISE.image_set() is None
    assert NOISE.effort() == Effort()
    assert NOISE.deciding() == NOISE.params() == {"kind": "noise", "side": 8}
    assert NOISE.resources() == {"max_flagged_per_million": 50_000}


def test_diffusers_says_its_model_its_effort_and_what_decides_speed():
    assert DIFFUSERS.opens() == ModelSource(folder="models/sd")
    assert DIFFUSERS.effort() == (16 * 24, 5)
    assert DIFFUSERS.resources() == {
        "max_flagged_per_million": 250_000,
        "batch_size": 3,
        "compile": 1,
    }
    auto = DIFFUSERS.model_copy(update={"batch_size": "auto"})
    assert auto.resources()["batch_size"] == 0


@pytest.mark.parametrize(
    "generator",
    [NOISE, DIFFUSERS, DIFFUSERS.model_copy(update={"batch_size": "auto", "compile": False})],
)
def test_parameters_and_resources_are_the_whole_generator(generator):
    kinds = TypeAdapter(NoiseGenerator | DiffusersGenerator)
    told = kinds.validate_python(generator.params())
    # A job also has resources of other kinds.
    others = {"batch_size": 7, "compile": 1, "gpu": 1}
    assert told.with_resources({**others, **generator.resources()}) == generator
    assert not set(generator.params()) & generator.UNDECIDING


def test_its_images_make_a_table(tmp_path, monkeypatch):
    monkeypatch.setattr(image_table, "code_identity", lambda source: source.__name__)
    asked = {
        "class_id": "crane",
        "prompts": ["a crane"],
        "study_seed": 0,
        "checkpoint": checkpoint(None),
        "guidance_scale": 1.0,
        "metadata": {},
        "threads": 1,
    }
    path = tmp_path / "crane.parquet"
    assert update_images(path, count=2, generator=NOISE, **asked) == Updated(kept=0, made=2)
    assert update_images(path, count=3, generator=NOISE, **asked) == Updated(kept=2, made=1)
    shown = [np.asarray(picture) for picture in pictures(tables.read(path), path)]
    assert [picture.shape for picture in shown] == [(8, 8, 3)] * 3
    assert (shown[0] != shown[1]).any()
    small = NoiseGenerator(kind="noise", side=1, max_flagged=0.25)
    with pytest.raises(InputError, match="2 of 4 images are flagged"):
        update_images(path, count=4, generator=small, **asked)


def test_without_a_model_there_is_still_an_identity():
    assert checkpoint(None) == NO_MODEL
