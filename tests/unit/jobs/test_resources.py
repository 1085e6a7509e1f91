from pathlib import Path

import pytest
from huggingface_hub import constants

from synthgap.jobs import resources
from synthgap.jobs.resources import (
    LIGHT_MB,
    LONGEST_MINUTES,
    MODELS_MB,
    START_MINUTES,
    UNKNOWN_MODEL_MB,
)

GENERATING = {"images": 1300, "pixels": 512**2, "steps": 50, "weights_mb": 4000}


def write(folder: Path, megabytes: int) -> None:
    folder.mkdir(parents=True)
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(megabytes * 2**20)


class TestModel:
    def test_a_folder_counts_its_weights_however_deep(self, tmp_path):
        write(tmp_path / "unet", 3)
        write(tmp_path / "vae/inner", 2)
        (tmp_path / "vae/weights.bin").write_bytes(bytes(2**20))
        assert resources.model_mb(folder=str(tmp_path)) == 5

    def test_of_a_repository_the_cache_is_asked(self, tmp_path, monkeypatch):
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
        write(tmp_path / "models--owner--name/snapshots/abc", 7)
        assert resources.model_mb(repository="owner/name", revision="abc") == 7
        assert resources.model_mb(repository="owner/name", revision="def") == UNKNOWN_MODEL_MB

    def test_an_empty_folder_tells_nothing(self, tmp_path):
        assert resources.model_mb(folder=str(tmp_path)) == UNKNOWN_MODEL_MB


@pytest.mark.parametrize("key", GENERATING)
def test_generating_takes_more_the_more_there_is_to_do(key):
    less = resources.generating(**GENERATING)
    more = resources.generating(**{**GENERATING, key: 2 * GENERATING[key]})
    assert more.minutes > less.minutes
    assert more.mem_mb > less.mem_mb or key == "steps"


def test_the_paper_s_classes():
    # 1,300 images of 50 steps at 2 s an image.
    needs = resources.generating(**GENERATING)
    assert needs.minutes == START_MINUTES + 44
    assert needs.mem_mb == MODELS_MB + 8000 + 325


def test_a_lora_takes_of_an_image_eight_steps_of_denoising_and_opening_it():
    # 15,000 steps of 4 images at 0.5 s an image.
    needs = resources.training_lora(60_000, pixels=512**2, weights_mb=5000)
    assert needs.minutes == START_MINUTES + 500
    assert needs.mem_mb == MODELS_MB + 10_000


def test_a_training_asks_for_a_day_at_most():
    needs = resources.training(1_300_000, epochs=350, image_size=224, gpus=1, readers=12)
    assert needs.minutes == LONGEST_MINUTES
    assert needs.mem_mb == 2 * MODELS_MB + 12_000
    eight = resources.training(1_300_000, epochs=10, image_size=224, gpus=8, readers=12)
    assert eight.minutes < resources.training(1_300_000, 10, 224, 1, 12).minutes


def test_measuring_grows_with_embeddings_and_with_the_square_of_a_source():
    small, large = resources.measuring(20_000, 10_000), resources.measuring(40_000, 20_000)
    assert large.minutes - START_MINUTES == 4 * (small.minutes - START_MINUTES)
    assert large.mem_mb - LIGHT_MB == pytest.approx(2 * (small.mem_mb - LIGHT_MB), abs=2)


def test_placing_grows_with_the_images_of_all_classes():
    small, large = resources.placing(100, 1_300), resources.placing(1_000, 1_300)
    assert large.minutes - START_MINUTES == pytest.approx(
        10 * (small.minutes - START_MINUTES), abs=9
    )
    # A thousand classes of a natural set: a table of 620 MB, and two classes beside it.
    assert 600 < large.mem_mb - LIGHT_MB < 800


def test_light_jobs_ask_for_little():
    for needs in (resources.reading(1300), resources.joining(4000), resources.hashing(4000)):
        assert needs.mem_mb < 2_000
        assert START_MINUTES < needs.minutes < 20
