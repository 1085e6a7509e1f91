import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from synthgap import tables
from synthgap.errors import InputError
from synthgap.generation import image_table as generation
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.image_table import Updated, update_images
from synthgap.generation.pictures import Picture, Request
from synthgap.models import Checkpoint
from synthgap.seeds import image_seed

MODEL = Checkpoint("models/sd", None, "fingerprint-1")


class FakeGenerator:
    """Stands for DiffusersGenerator: its images say what they were made of, and are counted."""

    # The identity of the generator's code is part of a key.
    __module__, __qualname__ = DiffusersGenerator.__module__, DiffusersGenerator.__qualname__

    def __init__(
        self,
        fails_after: int | None = None,
        flags: Mapping[int, str] = MappingProxyType({}),
        **spec: Any,
    ) -> None:
        known = {"num_inference_steps": 5, "height": 16, "width": 16, **spec}
        model = {"folder": "models/sd"}
        self.spec = DiffusersGenerator(kind="diffusers", model=model, **known)
        self.fails_after = fails_after
        self.flags = flags
        self.made: list[Request] = []

    def deciding(self) -> dict[str, Any]:
        return self.spec.deciding()

    @property
    def max_flagged(self) -> float:
        return self.spec.max_flagged

    def images(
        self,
        checkpoint: Checkpoint,
        guidance_scale: float,
        requests: Sequence[Request],
        threads: int,
    ) -> Iterator[Picture]:
        for request in requests:
            if len(self.made) == self.fails_after:
                raise RuntimeError("out of memory")
            self.made.append(request)
            said = f"{checkpoint.identity} {guidance_scale} {request}".encode()
            yield Picture(np.frombuffer(said, np.uint8), self.flags.get(len(self.made)))

    def encode(self, pixels: np.ndarray) -> bytes:
        return pixels.tobytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "images" / "crane.parquet"


def update(path: Path, count: int = 4, **changes: Any) -> tuple[Updated, FakeGenerator]:
    generator = changes.pop("generator", None) or FakeGenerator()
    given: dict[str, Any] = {
        "class_id": "crane",
        "prompts": ["a crane"],
        "study_seed": 0,
        "checkpoint": MODEL,
        "guidance_scale": 7.5,
        "metadata": {"study": "test"},
        "threads": 1,
    }
    return update_images(path, count=count, generator=generator, **{**given, **changes}), generator


def rows(path: Path) -> list[dict[str, Any]]:
    return tables.read(path).to_pylist()


def test_a_new_table_holds_every_image_with_its_origin(path):
    updated, generator = update(path)
    assert updated == Updated(kept=0, made=4)
    found = rows(path)
    assert tables.read(path).schema.equals(tables.IMAGES)
    assert tables.metadata_of(path) == {"study": "test"}
    assert [row["index"] for row in found] == [0, 1, 2, 3]
    for row, request in zip(found, generator.made, strict=True):
        assert row["prompt"] == request.prompt == "a crane"
        assert row["seed"] == request.seed == image_seed(0, "crane", row["index"])
        assert row["sha256"] == hashlib.sha256(row["image"]["bytes"]).hexdigest()
        assert row["image"]["bytes"] == f"fingerprint-1 7.5 {request}".encode()
    assert len({row["key"] for row in found}) == 4


def test_raising_the_count_makes_only_the_missing_and_leaves_old_rows(path):
    update(path, 3)
    before = rows(path)
    updated, generator = update(path, 5)
    assert updated == Updated(kept=3, made=2)
    assert [request.seed for request in generator.made] == [
        image_seed(0, "crane", index) for index in (3, 4)
    ]
    assert rows(path)[:3] == before
    assert len(rows(path)) == 5


def test_lowering_the_count_drops_the_last(path):
    update(path, 5)
    before = rows(path)
    updated, generator = update(path, 2)
    assert updated == Updated(kept=2, made=0)
    assert generator.made == []
    assert rows(path) == before[:2]


def test_where_nothing_is_missing_nothing_is_made_and_the_bytes_stay(path):
    update(path)
    before = path.read_bytes()
    updated, generator = update(path)
    assert updated == Updated(kept=4, made=0)
    assert generator.made == []
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"prompts": ["a machine"]}, id="prompt"),
        pytest.param({"guidance_scale": 2.5}, id="guidance scale"),
        pytest.param({"study_seed": 1}, id="seed of the study"),
        pytest.param({"class_id": "crane-2"}, id="class"),
        pytest.param({"checkpoint": MODEL._replace(identity="fingerprint-2")}, id="model"),
        pytest.param({"generator": FakeGenerator(num_inference_steps=6)}, id="steps"),
        pytest.param({"generator": FakeGenerator(width=24)}, id="size"),
        pytest.param({"generator": FakeGenerator(scheduler="DDIMScheduler")}, id="scheduler"),
        pytest.param({"generator": FakeGenerator(negative_prompt="blur")}, id="negative prompt"),
        pytest.param({"generator": FakeGenerator(dtype="float16")}, id="number format"),
        pytest.param({"generator": FakeGenerator(image_format="jpeg")}, id="image format"),
        pytest.param({"generator": FakeGenerator(safety_checker=True)}, id="safety checker"),
        pytest.param({"generator": FakeGenerator(arguments={"eta": 1})}, id="arguments"),
    ],
)
def test_what_decides_an_image_makes_it_again(path, change):
    update(path)
    before = rows(path)
    updated, _ = update(path, **change)
    assert updated == Updated(kept=0, made=4)
    assert not {row["key"] for row in before} & {row["key"] for row in rows(path)}


def test_changed_code_makes_images_again(path, monkeypatch):
    update(path)
    monkeypatch.setattr(generation, "code_identity", lambda *sources: "other")
    assert update(path)[0] == Updated(kept=0, made=4)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"generator": FakeGenerator(batch_size=2)}, id="batch size"),
        pytest.param({"generator": FakeGenerator(compile=True)}, id="compilation"),
        pytest.param({"generator": FakeGenerator(max_flagged=0.5)}, id="share that may be flagged"),
        pytest.param({"generator": FakeGenerator(jpeg_quality=50)}, id="quality of JPEG for PNG"),
        pytest.param({"checkpoint": MODEL._replace(location="moved")}, id="place of the model"),
        pytest.param({"threads": 8}, id="threads"),
        pytest.param({"metadata": {"study": "other"}}, id="name of the study"),
    ],
)
def test_what_decides_no_image_keeps_it(path, change):
    update(path)
    before = rows(path)
    assert update(path, **change)[0] == Updated(kept=4, made=0)
    assert rows(path) == before


def test_prompts_take_turns_by_index(path):
    update(path, 5, prompts=["thin", "bold"])
    assert [row["prompt"] for row in rows(path)] == ["thin", "bold", "thin", "bold", "thin"]


def test_one_more_prompt_keeps_the_images_whose_prompt_stays(path):
    update(path, 4, prompts=["thin", "bold"])
    before = rows(path)
    updated, _ = update(path, 4, prompts=["thin", "bold", "wide"])
    # Index 3 was bold and is thin now; index 2 was thin and is wide.
    assert updated == Updated(kept=2, made=2)
    assert rows(path)[:2] == before[:2]


def test_variants_are_paired_by_their_seeds(path, tmp_path):
    update(path, prompts=["a crane"], guidance_scale=7.5)
    update(tmp_path / "other.parquet", prompts=["another"], guidance_scale=2.5)
    seeds = [[row["seed"] for row in rows(file)] for file in (path, tmp_path / "other.parquet")]
    assert seeds[0] == seeds[1]


def test_a_failure_leaves_the_old_table_whole(path):
    update(path, 2)
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="out of memory"):
        update(path, 6, generator=FakeGenerator(fails_after=2))
    assert path.read_bytes() == before


def test_images_made_before_a_failure_are_not_made_again(path):
    update(path, 2)
    with pytest.raises(RuntimeError, match="out of memory"):
        update(path, 6, generator=FakeGenerator(fails_after=3))
    updated, generator = update(path, 6)
    assert updated == Updated(kept=2, made=1, resumed=3)
    assert [request.seed for request in generator.made] == [image_seed(0, "crane", 5)]
    assert sorted(os.listdir(path.parent)) == [".crane.kept", "crane.parquet"]
    undisturbed, _ = update(path.with_name("other.parquet"), 6)
    assert undisturbed == Updated(kept=0, made=6)
    assert rows(path) == rows(path.with_name("other.parquet"))


def test_rows_outlive_the_removal_of_the_table(path):
    """Snakemake removes a job's output before it runs."""
    update(path, 3)
    before = rows(path)
    path.unlink()
    assert update(path, 4)[0] == Updated(kept=3, made=1)
    assert rows(path)[:3] == before
    assert path.stat().st_nlink == 2


def test_a_damaged_table_that_was_deleted_is_made_again(path):
    update(path, 3)
    path.write_bytes(b"damaged")
    with pytest.raises(InputError, match="delete it to make it again"):
        update(path, 3)
    path.unlink()
    assert update(path, 3)[0] == Updated(kept=0, made=3)


def test_rows_without_bytes_are_made_again(path):
    update(path, 2)
    damaged = rows(path)
    damaged[1]["image"]["bytes"] = None
    tables.write(tables.pa.Table.from_pylist(damaged, schema=tables.IMAGES), path, {})
    assert update(path, 2)[0] == Updated(kept=1, made=1)


class TestFlagged:
    def test_images_stay_and_say_so(self, path):
        update(path, 4, generator=FakeGenerator(flags={2: "black"}, max_flagged=0.25))
        assert [row["flag"] for row in rows(path)] == [None, "black", None, None]

    def test_beyond_the_share_the_job_ends_in_one_line(self, path):
        update(path, 2)
        before = path.read_bytes()
        flags = {2: "black", 3: "not a number", 4: "not a number"}
        with pytest.raises(InputError) as caught:
            update(path, 10, generator=FakeGenerator(flags=flags, max_flagged=0.25))
        message = str(caught.value)
        assert "crane: 3 of 10 images are flagged (2 not a number, 1 black)" in message
        assert "max_flagged: 0.25" in message
        assert "bfloat16" in message
        assert "\n" not in message
        assert path.read_bytes() == before

    def test_the_job_ends_as_soon_as_there_are_too_many(self, path):
        generator = FakeGenerator(flags=dict.fromkeys(range(1, 11), "black"))
        with pytest.raises(InputError, match="try dtype float32"):
            update(path, 10, generator=generator)
        assert len(generator.made) == 1

    def test_a_raised_share_makes_no_image_again(self, path):
        flags = dict.fromkeys(range(1, 5), "safety checker")
        with pytest.raises(InputError, match="safety_checker: false"):
            update(path, 4, generator=FakeGenerator(flags=flags, max_flagged=0.75))
        # Without a change it ends at once.
        again = FakeGenerator(max_flagged=0.75)
        with pytest.raises(InputError, match="4 of 4 images"):
            update(path, 4, generator=again)
        assert again.made == []
        updated, _ = update(path, 4, generator=FakeGenerator(max_flagged=1))
        assert updated == Updated(kept=0, made=0, resumed=4)
        assert [row["flag"] for row in rows(path)] == ["safety checker"] * 4

    def test_those_of_the_table_count(self, path):
        update(path, 4, generator=FakeGenerator(flags={1: "black"}, max_flagged=0.25))
        with pytest.raises(InputError, match="2 of 6"):
            update(path, 6, generator=FakeGenerator(flags={1: "black"}, max_flagged=0.25))


def test_a_table_of_more_rows_than_are_put_together_at_once(path):
    update(path, 250)
    assert [row["index"] for row in rows(path)] == list(range(250))
    before = path.read_bytes()
    assert update(path, 250)[0] == Updated(kept=250, made=0)
    assert path.read_bytes() == before
