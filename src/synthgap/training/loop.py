"""Training a classifier, epoch by epoch, and applying it to natural-val."""

import random
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from tqdm import tqdm

from synthgap.errors import InputError
from synthgap.training import recipe
from synthgap.training.checkpoint import Checkpoint, random_state, restore_random_state
from synthgap.training.data import IndexedImages, drawn, ordered_loader, shuffled_loader
from synthgap.training.ranks import Ranks
from synthgap.training.timm_classifier import TimmClassifier

if TYPE_CHECKING:
    import torch


class Setup(NamedTuple):
    """What is trained, on what, and where."""

    spec: TimmClassifier
    """The model and its recipe."""
    class_ids: Sequence[str]
    """The classes; their order numbers the outputs."""
    training: pa.Table
    """Index of the images to train on."""
    validation: pa.Table
    """Index of natural-val."""
    seed: int
    """Decides initial weights, order and augmentation."""
    readers: int
    """Processes that read images, where the recipe has any."""
    ranks: Ranks
    """Which process this is, and its device."""


class Trained(NamedTuple):
    """What a training gave."""

    weights: "dict[str, torch.Tensor]"
    """With `ema_decay`, the averaged ones."""
    history: pa.Table
    """A row an epoch: `epoch`, `learning_rate` at its start, mean `train_loss`, `val_top1`."""
    scores: Float[np.ndarray, "images classes"]
    """Probability of each class for each image of natural-val."""


def train(setup: Setup, checkpoint: Checkpoint, events: Path) -> Trained:
    """Train a classifier and apply it, as it is after the last epoch, to natural-val.

    The validation images decide nothing: no epoch is chosen by them.

    Args:
        setup: what is trained, on what, and where.
        checkpoint: where to go on, and what to keep for that.
        events: folder for TensorBoard's event files.

    Raises:
        InputError: timm refuses the recipe, an image cannot be opened, the loss is no number, or
            the memory does not suffice.
    """
    spec, ranks = setup.spec, setup.ranks
    with _memory_said(spec):
        job = Job(setup)
        start = job.resume(checkpoint.load())
        with _reporting(ranks, events, start) as writer:
            for epoch in range(start, spec.epochs):
                row, images_per_s = job.epoch(epoch)
                if ranks.first:
                    # First what a resumed training would write again, then what it goes on from.
                    for name, value in {**row, "images_per_second": images_per_s}.items():
                        if name != "epoch":
                            writer.add_scalar(name, value, epoch)
                    writer.flush()
                    checkpoint.save(job.state())
        if job.scores is None:
            job.scores = job.test()
    tested = job.tested.state_dict()
    weights = {name: value.cpu().contiguous() for name, value in tested.items()}
    return Trained(weights, pa.Table.from_pylist(job.history), job.scores)


class Job:
    """A training on its way."""

    def __init__(self, setup: Setup) -> None:
        """Make everything ready for the first epoch."""
        import torch
        from timm.layers import convert_sync_batchnorm
        from timm.utils import NativeScaler

        spec, class_ids, training, validation, seed, readers, ranks = setup
        self.spec, self.seed, self.ranks = spec, seed, ranks
        device = ranks.device
        _seed_all(seed)
        self.model = recipe.make_model(spec, len(class_ids))
        self.model.to(
            device,
            memory_format=torch.channels_last if spec.channels_last else torch.preserve_format,
        )
        if spec.sync_batchnorm and ranks.ranks > 1:
            if device.type != "cuda":
                raise InputError("sync_batchnorm: torch has it on GPUs alone; leave it out")
            self.model = convert_sync_batchnorm(self.model)
        self.optimizer = recipe.make_optimizer(spec, self.model)
        self.task = recipe.make_task(spec, self.model, device)
        if spec.ema_decay is not None:
            self.task.setup_ema(
                decay=spec.ema_decay, use_warmup=True, warmup_gamma=9.0, warmup_power=1.0
            )
        if spec.compile:
            self.task.compile()
        if ranks.ranks > 1:
            self.task.prepare_distributed(
                device_ids=[device.index] if device.type == "cuda" else None
            )
        self.scaler = NativeScaler(device.type) if spec.amp == "float16" else None
        self.mixup = recipe.make_mixup(spec, len(class_ids))
        transform, test_transform = recipe.make_transforms(spec, prefetched=spec.own_draws)
        images = IndexedImages(training, class_ids, transform, seed if spec.own_draws else None)
        self.batches, self.order = shuffled_loader(images, spec, seed, ranks.rank, readers, device)
        least = spec.batch_size if self.mixup is not None else ranks.ranks
        if len(images) < least:
            raise InputError(
                f"batch_size: a step of {spec.batch_size} needs at least {least} images to train "
                f"on, but there are {len(images)}"
            )
        # What an epoch leaves over is less than a step.
        self.updates = max(1, len(self.batches) // spec.accumulation)
        self.scheduler = recipe.make_scheduler(spec, self.optimizer, self.updates)
        tests = IndexedImages(validation, class_ids, test_transform)
        self.test_labels = tests.labels
        mine: Any = range(ranks.rank, len(tests), ranks.ranks)
        shared: Any = tests if ranks.ranks == 1 else torch.utils.data.Subset(tests, mine)  # type: ignore[arg-type]
        self.test_batches = ordered_loader(shared, spec, readers, device)
        self.history: list[dict[str, Any]] = []
        self.scores: Float[np.ndarray, "images classes"] | None = None

    @property
    def tested(self) -> Any:
        """The model that is tested and kept."""
        return self.model if self.spec.ema_decay is None else self.task.trainable_module_ema.module

    def state(self) -> dict[str, Any]:
        """Everything that the next epoch depends on."""
        state = {
            "model": self.model.state_dict(),
            "ema": self.tested.state_dict() if self.spec.ema_decay is not None else None,
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict() if self.scaler else None,
            "history": self.history,
        }
        # Own draws start anew in each epoch.
        if not self.spec.own_draws:
            state |= {"random": random_state(), "order": self.order.get_state()}
        return state

    def resume(self, state: dict[str, Any] | None) -> int:
        """Go back to a state, and return the epoch that comes next."""
        if state is None:
            return 0
        self.model.load_state_dict(state["model"])
        if state["ema"] is not None:
            self.tested.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scaler:
            self.scaler.load_state_dict(state["scaler"])
        self.history = state["history"]
        if not self.spec.own_draws:
            restore_random_state(state["random"])
            self.order.set_state(state["order"])
        if self.ranks.first:
            print(f"going on after epoch {len(self.history)}", file=sys.stderr)
        return len(self.history)

    def epoch(self, epoch: int) -> tuple[dict[str, Any], float]:
        """Train for an epoch and test.

        Returns:
            The row of the history, and the images a second of the training.
        """
        from timm.utils import distribute_bn

        if self.spec.own_draws:
            _seed_all(self.seed, epoch, self.ranks.rank)
            self.order.epoch = epoch
        learning_rate = self.optimizer.param_groups[0]["lr"]
        before = time.perf_counter()
        loss, images = self.pass_over(epoch)
        seconds = time.perf_counter() - before
        if not np.isfinite(loss):
            raise InputError(
                f"the loss is {loss} in epoch {epoch}; lower the learning rate, warm up for longer "
                "or clip gradients"
            )
        if self.ranks.ranks > 1 and not self.spec.sync_batchnorm:
            distribute_bn(self.model, self.ranks.ranks, reduce=True)
            if self.spec.ema_decay is not None:
                distribute_bn(self.tested, self.ranks.ranks, reduce=True)
        self.scores = self.test()
        row = {
            "epoch": epoch,
            "learning_rate": learning_rate,
            "train_loss": loss,
            "val_top1": float((self.scores.argmax(axis=1) == self.test_labels).mean()),
        }
        self.history.append(row)
        return row, images * self.ranks.ranks / seconds

    def pass_over(self, epoch: int) -> tuple[float, int]:
        """Make the steps of an epoch; return the mean loss and the images of this rank."""
        import torch

        self.task.get_trainable_module().train()
        accumulation = min(self.spec.accumulation, len(self.batches))
        losses: list[torch.Tensor] = []
        seen = 0
        progress = tqdm(
            desc=f"epoch {epoch + 1}/{self.spec.epochs}",
            total=self.updates,
            unit="step",
            file=sys.stderr,
            disable=not self.ranks.first,
        )
        with progress, _cudnn(self.ranks.device):
            for number, (images, labels) in enumerate(drawn(self.batches)):
                step, part = divmod(number, accumulation)
                if step == self.updates:
                    break
                losses.append(self._backward(images, labels, accumulation, part))
                seen += len(images)
                if part == accumulation - 1:
                    updates = epoch * self.updates + step + 1
                    self.scheduler.step_update(updates)
                    self.task.update_ema(updates)
                    progress.update()
            # Only now: to look at a loss is to wait for the device.
            mean = float(np.mean([float(loss) for loss in losses]))
            if self.ranks.ranks > 1:
                means: list[Any] = [None] * self.ranks.ranks
                torch.distributed.all_gather_object(means, mean)
                mean = float(np.mean(means))
            progress.set_postfix(loss=f"{mean:.3f}")
        return mean, seen

    def _backward(self, images: Any, labels: Any, parts: int, part: int) -> Any:
        """Add the gradients of a part of a step, and make the step with the last one."""
        import torch
        from timm.utils import dispatch_clip_grad

        spec, device, last = self.spec, self.ranks.device, part == parts - 1
        images, labels = images.to(device), labels.to(device)
        if self.mixup is not None:
            images, labels = self.mixup(images, labels)
        if spec.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        if part == 0:
            self.optimizer.zero_grad()
        together: AbstractContextManager[Any] = nullcontext() if last else self.task.no_sync()
        with together:
            with _autocast(spec, device):
                loss = self.task(images, labels)["loss"] / parts
            clipped = self.task.get_clip_parameters(exclude_head=spec.clip_mode == "agc")
            if self.scaler:
                self.scaler(
                    loss,
                    self.optimizer,
                    clip_grad=spec.clip_grad,
                    clip_mode=spec.clip_mode,
                    parameters=clipped,
                    need_update=last,
                )
            else:
                loss.backward()
                if last:
                    if spec.clip_grad is not None:
                        dispatch_clip_grad(clipped, spec.clip_grad, mode=spec.clip_mode)
                    self.optimizer.step()
        return loss.detach() * parts

    def test(self) -> Float[np.ndarray, "images classes"]:
        """The probabilities of the classes for each image of natural-val."""
        import torch

        device, found = self.ranks.device, []
        self.tested.eval()
        with torch.inference_mode(), _autocast(self.spec, device):
            for images, _ in drawn(self.test_batches):
                found.append(self.tested(images.to(device)).float().softmax(dim=1).cpu())
        # A rank may be without images.
        scores = torch.cat(found).numpy() if found else None
        if self.ranks.ranks == 1:
            assert scores is not None
            return scores
        shares: list[Any] = [None] * self.ranks.ranks
        torch.distributed.all_gather_object(shares, scores)
        whole = np.empty((len(self.test_labels), shares[0].shape[1]), np.float32)
        for rank, share in enumerate(shares):
            if share is not None:
                whole[rank :: self.ranks.ranks] = share
        return whole


def _seed_all(*seed: int) -> None:
    """Seed every global generator: by one number as it is, by several as their mixture."""
    import torch

    (state,) = seed if len(seed) == 1 else np.random.SeedSequence(seed).generate_state(1)
    random.seed(int(state))
    np.random.seed(int(state))  # noqa: NPY002 (timm's transforms draw from it)
    torch.manual_seed(int(state))


def _autocast(spec: TimmClassifier, device: "torch.device") -> "AbstractContextManager[Any]":
    import torch

    if spec.amp is None:
        return nullcontext()
    return torch.autocast(device.type, getattr(torch, spec.amp))


def _cudnn(device: "torch.device") -> "AbstractContextManager[Any]":
    """Let cuDNN look for its fastest convolutions, for a training alone."""
    import torch

    if device.type != "cuda":
        return nullcontext()
    flags: AbstractContextManager[Any] = torch.backends.cudnn.flags(enabled=True, benchmark=True)
    return flags


@contextmanager
def _reporting(ranks: Ranks, events: Path, start: int) -> Iterator[Any]:
    """Give TensorBoard's writer: of a new folder, or of the old one from an epoch on."""
    if not ranks.first:
        yield None
        return
    from torch.utils.tensorboard import SummaryWriter

    if start == 0:
        shutil.rmtree(events, ignore_errors=True)
    with SummaryWriter(str(events), purge_step=start or None) as writer:
        yield writer


@contextmanager
def _memory_said(spec: TimmClassifier) -> Iterator[None]:
    import torch

    try:
        yield
    except RuntimeError as error:
        # The CPU's allocator has no error of its own.
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            raise InputError(
                f"out of memory with {spec.part_size} images of {spec.image_size} pixels at once; "
                "raise accumulation, lower batch_size or image_size, or set amp: bfloat16"
            ) from error
        raise
