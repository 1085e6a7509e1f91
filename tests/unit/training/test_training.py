"""Training: against a plain loop, killed and resumed, in several processes, and what goes wrong."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training_images import CLASSES, image_tables, recipe

from synthgap.errors import InputError
from synthgap.image_files.decoding import pictures
from synthgap.tables import read
from synthgap.training import loop
from synthgap.training.checkpoint import Checkpoint
from synthgap.training.results import train_and_test

WITHOUT_BATCH_STATISTICS = {"architecture": "test_vit"}
EVERYTHING_RANDOM = {
    "epochs": 4,
    "mixup": 0.4,
    "cutmix": 1.0,
    "auto_augment": "rand-m9-mstd0.5",
    "random_erasing": 0.3,
    "dropout": 0.2,
    "drop_path": 0.1,
    "ema_decay": 0.9,
}


def trained(folder: Path, out: str = "out", count: int = 8, **keys: Any) -> Path:
    """Train, and return the folder with the results."""
    spec = recipe(**keys)
    if not (folder / "train").exists():
        image_tables(folder, count, source="train")
        image_tables(folder, 5, first=500, source="val")
    train_and_test(
        spec,
        class_ids=CLASSES,
        training=[part(folder, "train", class_id) for class_id in CLASSES],
        validation=[part(folder, "val", class_id) for class_id in CLASSES],
        seed=spec.seeds[0],
        threads=spec.gpus,
        weights=folder / out / "weights.safetensors",
        history=folder / out / "history.parquet",
        predicted=folder / out / "predictions.parquet",
        metadata={"code": "x"},
    )
    return folder / out


class Pictures(torch.utils.data.Dataset[Any]):
    """What a user would write: all pictures in a list."""

    def __init__(self, folder: Path, transform: Any) -> None:
        self.rows = [
            (picture, label)
            for label, class_id in enumerate(CLASSES)
            for table in [folder / f"{class_id}.parquet"]
            for picture in pictures(read(table), table)
        ]
        self.transform = transform

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: int) -> Any:
        picture, label = self.rows[position]
        return self.transform(picture), label


def part(folder: Path, source: str, class_id: str) -> Any:
    from synthgap.training.index import Part

    return Part(str(folder / source / f"{class_id}.parquet"), source, None)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_file(folder / "weights.safetensors"))


def assert_close(one: Path, other: Path, **tolerance: float) -> None:
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    for name in first:
        torch.testing.assert_close(
            first[name], second[name], **{"rtol": 1e-4, "atol": 1e-5, **tolerance}
        )


class TestAgainstAPlainLoop:
    def test_weights_and_history_are_those_of_the_library_s_own_calls(self, tmp_path):
        out = trained(tmp_path, warmup_epochs=1)
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 (timm's transforms draw from it)
        torch.manual_seed(0)
        model = timm.create_model("test_resnet", num_classes=3)
        optimizer = timm.optim.create_optimizer_v2(model, opt="adamw", lr=0.002, weight_decay=0.05)
        images = Pictures(
            tmp_path / "train",
            timm.data.create_transform(32, is_training=True, hflip=0.5, color_jitter=None),
        )
        order = torch.Generator().manual_seed(0)
        batches = torch.utils.data.DataLoader(
            images, batch_size=8, shuffle=True, drop_last=True, generator=order
        )
        scheduler = timm.scheduler.CosineLRScheduler(
            optimizer, t_initial=6, warmup_t=3, warmup_lr_init=2e-5, t_in_epochs=False
        )
        loss_of = timm.loss.LabelSmoothingCrossEntropy(0.1)
        losses, steps = [], 0
        for _ in range(2):
            of_epoch = []
            for inputs, labels in batches:
                optimizer.zero_grad()
                loss = loss_of(model(inputs), labels)
                loss.backward()
                optimizer.step()
                steps += 1
                scheduler.step_update(steps)
                of_epoch.append(loss.item())
            losses.append(np.mean(of_epoch))
        found = weights(out)
        for name, value in model.state_dict().items():
            assert torch.equal(found[name], value), name
        history = pd.read_parquet(out / "history.parquet")
        assert list(history["train_loss"]) == losses
        assert list(history["learning_rate"]) == pytest.approx([2e-5, 0.001])

    @pytest.mark.parametrize("ema", [None, 0.9])
    def test_predictions_are_those_of_the_kept_weights(self, ema, tmp_path):
        out = trained(tmp_path, ema_decay=ema)
        model = timm.create_model("test_resnet", num_classes=3)
        model.load_state_dict(weights(out))
        transform = timm.data.create_transform(32, is_training=False, crop_pct=1.0)
        images = [image for image, _ in Pictures(tmp_path / "val", transform)]
        with torch.inference_mode():
            scores = model.eval()(torch.stack(images)).softmax(1).numpy()
        found = pd.read_parquet(out / "predictions.parquet")
        right = np.repeat(range(3), 5)
        assert np.allclose(found["probability"], scores[range(15), right], atol=1e-6)
        assert list(found["predicted"]) == [CLASSES[number] for number in scores.argmax(1)]
        assert list(found["rank"]) == [
            (score > score[label]).sum() for score, label in zip(scores, right, strict=True)
        ]
        history = pd.read_parquet(out / "history.parquet")
        assert history["val_top1"].iloc[-1] == (found["rank"] == 0).mean()

    def test_a_moving_average_is_its_closed_form(self, tmp_path):
        """Its decay at step t is t / (t + 9): here 0.1 of the first step, 0.9 of the second."""
        keys = {"scheduler": "constant", "batch_size": 24, **WITHOUT_BATCH_STATISTICS}
        first = weights(trained(tmp_path, "1", epochs=1, **keys))
        second = weights(trained(tmp_path, "2", epochs=2, **keys))
        average = weights(trained(tmp_path, "ema", epochs=2, ema_decay=0.9999, **keys))
        for name, value in average.items():
            torch.testing.assert_close(value, 0.1 * first[name] + 0.9 * second[name])
            assert not torch.equal(value, second[name]) or torch.equal(first[name], second[name])

    @pytest.mark.parametrize("clip", [None, 0.5])
    def test_a_step_in_parts_is_the_step_at_once(self, clip, tmp_path):
        keys = {"clip_grad": clip, "optimizer": "momentum", **WITHOUT_BATCH_STATISTICS}
        at_once = trained(tmp_path, "1", **keys)
        assert_close(at_once, trained(tmp_path, "4", accumulation=4, **keys))
        with pytest.raises(AssertionError):
            assert_close(at_once, trained(tmp_path, "x", **{**keys, "clip_grad": 0.01}))

    def test_channels_last_changes_no_more_than_rounding(self, tmp_path):
        keys = {"optimizer": "momentum"}
        assert_close(
            trained(tmp_path, "a", **keys), trained(tmp_path, "b", channels_last=True, **keys)
        )

    @pytest.mark.parametrize("amp", ["bfloat16", "float16"])
    def test_lower_precision_learns_much_the_same(self, amp, tmp_path):
        keys = {"epochs": 3, "horizontal_flip": 0.0, "crop_scale": 0.9}
        full = pd.read_parquet(trained(tmp_path, "32", **keys) / "history.parquet")
        low = pd.read_parquet(trained(tmp_path, "16", amp=amp, **keys) / "history.parquet")
        assert list(low["train_loss"]) == pytest.approx(list(full["train_loss"]), abs=0.1)
        assert list(low["train_loss"]) != list(full["train_loss"])


KILLED = """
import os, signal, sys
from pathlib import Path
from test_training import trained
from synthgap.training import checkpoint

def dies(*of):
    os.kill(os.getpid(), signal.SIGKILL)

saves = 0
def save(self, state, really=checkpoint.Checkpoint.save):
    global saves
    saves += 1
    if saves == 3:
        # In the middle of writing the third.
        def halfway(content, file):
            Path(file).write_bytes(b"PK" * 500)
            dies()
        import torch
        torch.save = halfway
    really(self, state)

checkpoint.Checkpoint.save = save
trained(Path(sys.argv[1]), **eval(sys.argv[2]))
"""


class TestResume:
    @pytest.mark.parametrize("readers", [0, 1])
    def test_killed_and_resumed_is_undisturbed(self, readers, tmp_path, capfd):
        keys = {**EVERYTHING_RANDOM, "readers": readers}
        undisturbed = trained(tmp_path, "undisturbed", **keys)
        arguments = repr({"out": "killed", **keys})
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, str(tmp_path), arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert killed.returncode == -9, killed.stderr
        folder = tmp_path / "killed"
        assert not (folder / "weights.safetensors").exists()
        # The half-written third checkpoint and the whole second one.
        assert len(os.listdir(folder / ".checkpoint")) == 2
        capfd.readouterr()
        # TensorBoard reads event files in the order of the seconds in their names.
        time.sleep(1)
        trained(tmp_path, "killed", **keys)
        log = capfd.readouterr().err
        assert "going on after epoch 2" in log
        assert "epoch 3/4" in log
        assert "epoch 2/4" not in log
        names = {"weights.safetensors", "history.parquet", "predictions.parquet"}
        for name in names:
            assert (folder / name).read_bytes() == (undisturbed / name).read_bytes(), name
        assert set(os.listdir(folder)) == {*names, "events"}
        assert scalars(folder)["train_loss"] == scalars(undisturbed)["train_loss"]

    def test_a_training_that_only_had_to_write_is_not_done_again(self, tmp_path, monkeypatch):
        monkeypatch.setattr(Checkpoint, "remove", lambda self: None)
        first = trained(tmp_path)
        before = {path: path.read_bytes() for path in first.iterdir() if path.is_file()}
        for path in before:
            path.unlink()
        monkeypatch.setattr(loop.Job, "epoch", None)
        trained(tmp_path)
        assert {path: path.read_bytes() for path in before} == before

    @pytest.mark.parametrize("change", [{"seeds": [1]}, {"learning_rate": 0.001}, {"damage": True}])
    def test_what_is_another_training_s_or_damaged_is_not_used(self, change, tmp_path, capfd):
        wanted = {"epochs": 2, **change}
        damage = wanted.pop("damage", False)
        fresh = trained(tmp_path, "fresh", **wanted)
        checkpoint = tmp_path / "out/.checkpoint/last.pt"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Checkpoint, "remove", lambda self: None)
            trained(tmp_path, epochs=2)
        if damage:
            checkpoint.write_bytes(checkpoint.read_bytes()[:5000])
        capfd.readouterr()
        out = trained(tmp_path, **wanted)
        assert "; anew" in capfd.readouterr().err
        assert (out / "weights.safetensors").read_bytes() == (
            fresh / "weights.safetensors"
        ).read_bytes()
        assert not checkpoint.exists()

    def test_more_images_are_another_training(self, tmp_path, capfd):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Checkpoint, "remove", lambda self: None)
            trained(tmp_path)
        image_tables(tmp_path, 9, source="train")
        trained(tmp_path)
        assert "of another recipe, data, seed or code" in capfd.readouterr().err

    def test_a_checkpoint_runs_no_code(self, tmp_path, capfd):
        class Evil:
            def __reduce__(self):
                return os.system, (f"touch {tmp_path}/ran",)

        checkpoint = Checkpoint(tmp_path, "x")
        checkpoint.save({"evil": Evil()})
        assert checkpoint.load() is None
        assert not (tmp_path / "ran").exists()


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder / "events"))
    events.Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def test_event_files_hold_the_history_and_the_rate(tmp_path):
    out = trained(tmp_path, epochs=3)
    trained(tmp_path, epochs=3)
    found = scalars(out)
    history = pd.read_parquet(out / "history.parquet")
    assert set(found) == {"learning_rate", "train_loss", "val_top1", "images_per_second"}
    for tag in ("learning_rate", "train_loss", "val_top1"):
        steps, values = zip(*found[tag], strict=True)
        assert steps == (0, 1, 2)
        assert values == pytest.approx(tuple(history[tag]), rel=1e-6)
    assert all(value > 0 for _, value in found["images_per_second"])
    assert list(history.columns) == ["epoch", "learning_rate", "train_loss", "val_top1"]


class TestSeveralProcesses:
    def test_two_give_what_one_gives(self, tmp_path):
        """Without batch statistics; SGD, since Adam blows rounding up to whole steps."""
        keys = {
            **WITHOUT_BATCH_STATISTICS,
            "optimizer": "momentum",
            "learning_rate": 0.02,
            "auto_augment": "rand-m9-mstd0.5",
            "ema_decay": 0.9,
            "readers": 1,
        }
        one = trained(tmp_path, "one", **keys)
        two = trained(tmp_path, "two", gpus=2, **keys)
        assert_close(one, two)
        first, second = (pd.read_parquet(out / "predictions.parquet") for out in (one, two))
        assert list(first["key"]) == list(second["key"])
        assert np.allclose(first["probability"], second["probability"], atol=1e-4)
        first, second = (pd.read_parquet(out / "history.parquet") for out in (one, two))
        assert np.allclose(first, second, atol=1e-4)
        assert len(scalars(two)["train_loss"]) == 2
        assert sorted(os.listdir(two)) == sorted(os.listdir(one))

    def test_what_is_wrong_is_one_line(self, tmp_path):
        with pytest.raises(InputError, match=r"^sync_batchnorm: torch has it on GPUs alone"):
            trained(tmp_path, gpus=2, sync_batchnorm=True)

    def test_fewer_gpus_than_wanted_are_one_line(self, tmp_path, monkeypatch):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
        with pytest.raises(InputError, match=r"^gpus: 2 are wanted, but this job sees 1"):
            trained(tmp_path, gpus=2)


class TestTrouble:
    @pytest.mark.parametrize(
        "error",
        [
            torch.OutOfMemoryError("CUDA out of memory"),
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
        ],
    )
    def test_too_little_memory_says_what_helps(self, error, tmp_path, monkeypatch):
        def fail(*of: Any) -> None:
            raise error

        monkeypatch.setattr(loop.Job, "_backward", fail)
        with pytest.raises(InputError, match=r"8 images of 32 pixels.*raise accumulation") as e:
            trained(tmp_path)
        assert "\n" not in str(e.value)

    def test_another_error_stays_what_it_is(self, tmp_path, monkeypatch):
        def fail(*of: Any) -> None:
            raise RuntimeError("a mistake")

        monkeypatch.setattr(loop.Job, "_backward", fail)
        with pytest.raises(RuntimeError, match="a mistake"):
            trained(tmp_path)

    def test_a_diverged_training_says_what_helps(self, tmp_path):
        with pytest.raises(InputError, match=r"the loss is nan in epoch \d; lower the learning"):
            trained(tmp_path, optimizer="momentum", learning_rate=1e3)

    def test_too_few_images_to_mix(self, tmp_path):
        with pytest.raises(InputError, match=r"a step of 32 needs at least 32 .* there are 24"):
            trained(tmp_path, batch_size=32, mixup=0.1)
