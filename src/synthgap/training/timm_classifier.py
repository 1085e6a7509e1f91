"""The classifier `timm`: a model of the timm library, trained from scratch by timm's own parts."""

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from pydantic import Field
from tqdm import tqdm

from synthgap.devices import best_device
from synthgap.errors import InputError
from synthgap.section import Section
from synthgap.training.data import TableDataset

if TYPE_CHECKING:
    import torch


class TimmClassifier(Section):
    """A classifier of the timm library and how it is trained."""

    kind: Literal["timm"]
    """A model that timm's create_model makes, trained from scratch."""
    architecture: str
    """Name of the model in timm, such as resnetrs152."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """One training each; they decide initial weights, order and augmentation."""
    image_size: int = Field(ge=8)
    """Side of the square images that the model sees, in pixels."""
    epochs: int = Field(ge=1)
    """Passes over the training set."""
    batch_size: int = Field(ge=2)
    """Images a step."""
    optimizer: str = "adamw"
    """Name of an optimiser in timm."""
    learning_rate: float = Field(gt=0)
    """Highest learning rate; it falls to zero along a cosine."""
    warmup_epochs: int = Field(default=0, ge=0)
    """Epochs in which the learning rate rises."""
    weight_decay: float = Field(default=0.05, ge=0)
    """Weight decay of the optimiser."""
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    """Share of the target that is spread over all classes."""
    crop_scale: float = Field(default=0.08, gt=0, le=1)
    """Smallest share of an image's area that a random crop keeps."""
    horizontal_flip: float = Field(default=0.5, ge=0, le=1)
    """Share of the training images that are mirrored."""


class Trained(NamedTuple):
    """What a training gave."""

    weights: "dict[str, torch.Tensor]"
    history: pa.Table
    """A row an epoch: `epoch`, `learning_rate` at its start, mean `train_loss`, `val_top1`."""
    scores: Float[np.ndarray, "images classes"]
    """Probability of each class for each image of natural-val."""


def train(
    spec: TimmClassifier,
    class_ids: Sequence[str],
    training: Sequence[str | Path],
    validation: Sequence[str | Path],
    seed: int,
    threads: int,
) -> Trained:
    """Train a classifier and apply it, as it is after the last epoch, to natural-val.

    The validation images decide nothing: no epoch is chosen by them.

    Args:
        spec: the model and its recipe.
        class_ids: the classes; their order numbers the outputs.
        training: image tables to train on.
        validation: image tables of natural-val.
        seed: decides initial weights, order and augmentation.
        threads: CPU threads to use.

    Raises:
        InputError: timm has no such model or optimiser, or an image cannot be opened.
    """
    import torch
    from timm.loss import LabelSmoothingCrossEntropy
    from timm.scheduler import create_scheduler_v2

    device = best_device(threads)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (timm's transforms draw from it)
    torch.manual_seed(seed)
    model, optimizer = _model(spec, len(class_ids))
    model.to(device)
    train_transform, val_transform = _transforms(spec)
    train_set: Any = TableDataset(training, class_ids, train_transform)
    val_set: Any = TableDataset(validation, class_ids, val_transform)
    batches: Any = torch.utils.data.DataLoader(
        train_set,
        batch_size=spec.batch_size,
        shuffle=True,
        drop_last=len(train_set) > spec.batch_size,
        generator=torch.Generator().manual_seed(seed),
    )
    scheduler, _ = create_scheduler_v2(
        optimizer,
        sched="cosine",
        num_epochs=spec.epochs,
        warmup_epochs=spec.warmup_epochs,
        warmup_lr=spec.learning_rate / 100,
        step_on_epochs=False,
        updates_per_epoch=len(batches),
    )
    loss_of = LabelSmoothingCrossEntropy(spec.label_smoothing)
    history = []
    progress = tqdm(range(spec.epochs), desc="train", unit="epoch", file=sys.stderr)
    updates = 0
    for epoch in progress:
        model.train()
        learning_rate = optimizer.param_groups[0]["lr"]
        losses = []
        for images, labels in batches:
            loss = loss_of(model(images.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            updates += 1
            scheduler.step_update(updates)
            losses.append(float(loss.detach()))
        scores = _scores(model, val_set, spec.batch_size, device)
        row = {
            "epoch": epoch,
            "learning_rate": learning_rate,
            "train_loss": float(np.mean(losses)),
            "val_top1": float((scores.argmax(axis=1) == val_set.labels).mean()),
        }
        history.append(row)
        progress.set_postfix(loss=f"{row['train_loss']:.3f}", val_top1=f"{row['val_top1']:.3f}")
    weights = {name: value.cpu().contiguous() for name, value in model.state_dict().items()}
    return Trained(weights, pa.Table.from_pylist(history), scores)


def _model(spec: TimmClassifier, classes: int) -> "tuple[Any, Any]":
    import timm
    from timm.optim import create_optimizer_v2

    if spec.architecture not in timm.list_models():
        similar = timm.list_models(f"*{spec.architecture[:6]}*")[:3]
        hint = f"; similar are {', '.join(similar)}" if similar else ""
        raise InputError(f"architecture: timm has no model {spec.architecture}{hint}")
    model = timm.create_model(spec.architecture, pretrained=False, num_classes=classes)
    try:
        optimizer = create_optimizer_v2(
            model, opt=spec.optimizer, lr=spec.learning_rate, weight_decay=spec.weight_decay
        )
    except ValueError as error:
        raise InputError(f"optimizer: {error}") from error
    return model, optimizer


def _transforms(spec: TimmClassifier) -> tuple[Any, Any]:
    from timm.data import create_transform

    training = create_transform(
        spec.image_size,
        is_training=True,
        scale=(spec.crop_scale, 1.0),
        hflip=spec.horizontal_flip,
        color_jitter=None,
    )
    return training, create_transform(spec.image_size, is_training=False, crop_pct=1.0)


def _scores(
    model: Any, dataset: Any, batch_size: int, device: "torch.device"
) -> Float[np.ndarray, "images classes"]:
    import torch

    model.eval()
    batches: Any = torch.utils.data.DataLoader(dataset, batch_size=batch_size)
    with torch.inference_mode():
        scores = [model(images.to(device)).float().softmax(dim=1).cpu() for images, _ in batches]
    found: Float[np.ndarray, "images classes"] = torch.cat(scores).numpy()
    return found
