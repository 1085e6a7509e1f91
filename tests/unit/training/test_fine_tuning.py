"""Training further from given weights: where it starts, killed and resumed, and what goes wrong."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from test_training import EVERYTHING_RANDOM, part, trained, weights
from training_images import CLASSES, recipe

from synthgap.errors import InputError
from synthgap.training.checkpoint import Checkpoint
from synthgap.training.fine_tuning import fine_tune_and_test

FILES = ("weights.safetensors", "history.parquet", "predictions.parquet")


class Killed(BaseException):
    """Stands for a signal: nothing catches it."""


def fine_tuned(folder: Path, start: Path, out: str = "further", **keys: Any) -> Path:
    """Train further on what `trained` trains on, and return the folder with the results."""
    spec = recipe(**keys)
    fine_tune_and_test(
        spec,
        start=start / "weights.safetensors",
        class_ids=CLASSES,
        training=[part(folder, "train", class_id) for class_id in CLASSES],
        validation=[part(folder, "val", class_id) for class_id in CLASSES],
        seed=spec.seeds[0],
        threads=1,
        weights=folder / out / "weights.safetensors",
        history=folder / out / "history.parquet",
        predicted=folder / out / "predictions.parquet",
        metadata={"code": "x"},
    )
    return folder / out


@pytest.mark.parametrize("ema", [None, 0.5])
def test_it_starts_at_the_weights(ema, tmp_path):
    """With steps that change nothing, the weights come back."""
    start = trained(tmp_path, epochs=2)
    still = {"learning_rate": 1e-30, "weight_decay": 0.0, "epochs": 1, "ema_decay": ema}
    further = fine_tuned(tmp_path, start, **still)
    before, after = weights(start), weights(further)
    assert before.keys() == after.keys()
    learned = [name for name in before if "running" not in name and "num_batches" not in name]
    for name in learned:
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)
    fresh = weights(trained(tmp_path, "fresh", **still))
    assert any(not np.array_equal(before[name], fresh[name]) for name in learned)


def test_from_what_a_training_begins_with_it_is_that_training(tmp_path, monkeypatch):
    """The same bytes as without weights to start from, where these are the first ones anyway."""
    whole = trained(tmp_path, **EVERYTHING_RANDOM)
    with monkeypatch.context() as patch:
        patch.setattr("synthgap.training.loop.Job.epoch", lambda self, epoch: ({"epoch": 0}, 0.0))
        patch.setattr("synthgap.training.loop._reporting", _silent)
        first = trained(tmp_path, "first", **EVERYTHING_RANDOM)
    further = fine_tuned(tmp_path, first, **EVERYTHING_RANDOM)
    for name in FILES:
        assert (further / name).read_bytes() == (whole / name).read_bytes(), name


class _Writer:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def add_scalar(self, *scalar):
        return None

    def flush(self):
        return None


def _silent(*arguments):
    return _Writer()


@pytest.mark.parametrize("saves", [1, 2, 3])
def test_killed_and_resumed_is_undisturbed(saves, tmp_path, monkeypatch, capfd):
    start = trained(tmp_path, "start", seeds=[5])
    undisturbed = fine_tuned(tmp_path, start, "undisturbed", **EVERYTHING_RANDOM)
    really, count = Checkpoint.save, 0

    def save(self, state):
        nonlocal count
        really(self, state)
        count += 1
        if count == saves:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save)
        with pytest.raises(Killed):
            fine_tuned(tmp_path, start, "killed", **EVERYTHING_RANDOM)
    capfd.readouterr()
    killed = fine_tuned(tmp_path, start, "killed", **EVERYTHING_RANDOM)
    assert f"going on after epoch {saves - 1}" in capfd.readouterr().err
    for name in FILES:
        assert (killed / name).read_bytes() == (undisturbed / name).read_bytes(), name
    assert set(os.listdir(killed)) == {*FILES, "events"}


def test_other_weights_are_another_training(tmp_path, monkeypatch, capfd):
    start, other = (trained(tmp_path, f"start{seed}", seeds=[seed]) for seed in (5, 6))
    fresh = fine_tuned(tmp_path, other, "fresh")
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "remove", lambda self: None)
        fine_tuned(tmp_path, start)
    capfd.readouterr()
    further = fine_tuned(tmp_path, other)
    assert "of another recipe, data, seed or code; anew" in capfd.readouterr().err
    for name in FILES:
        assert (further / name).read_bytes() == (fresh / name).read_bytes(), name


def test_weights_of_another_model_are_refused(tmp_path):
    start = trained(tmp_path)
    with pytest.raises(InputError, match=r"weights of another model than test_vit for 3 classes"):
        fine_tuned(tmp_path, start, architecture="test_vit")


def test_metadata_is_kept_with_the_weights(tmp_path):
    further = fine_tuned(tmp_path, trained(tmp_path))
    with safe_open(further / "weights.safetensors", "numpy") as file:
        assert file.metadata() == {"synthgap": '{"code":"x"}'}
