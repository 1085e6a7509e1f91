"""A recipe as timm's objects: model, loss, optimiser, schedule, augmentation, mixing."""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from synthgap.errors import InputError
from synthgap.training.timm_classifier import TimmClassifier

if TYPE_CHECKING:
    import torch


def check(spec: TimmClassifier, classes: int) -> int:
    """Make everything that a recipe names, without weights, and count the model's parameters.

    Raises:
        InputError: as the functions below.
    """
    import torch

    device = torch.device("meta")
    with device:
        model = make_model(spec, classes)
    make_task(spec, model, device)
    make_scheduler(spec, make_optimizer(spec, model), updates_per_epoch=100)
    make_transforms(spec, prefetched=True)
    return sum(weights.numel() for weights in model.parameters())


@contextmanager
def _refused_by_timm(what: str) -> Iterator[None]:
    """Turn what timm says about a setting into one line."""
    try:
        yield
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{what}: timm refuses it: {reason}") from error


def make_model(spec: TimmClassifier, classes: int) -> Any:
    """A model with fresh weights, drawn from torch's global generator.

    Raises:
        InputError: timm has no such model, or it lacks something that the recipe sets.
    """
    import timm

    if spec.architecture not in timm.list_models():
        similar = get_close_matches(spec.architecture, timm.list_models(), 3)
        hint = f"; similar are {', '.join(similar)}" if similar else ""
        raise InputError(f"architecture: timm has no model {spec.architecture}{hint}")
    # Most convolutional networks take any size; others are made for one.
    fixed = timm.get_pretrained_cfg(spec.architecture)
    image_size = spec.image_size if fixed is not None and fixed.fixed_input_size else None
    with _refused_by_timm(f"architecture {spec.architecture}"):
        return timm.create_model(
            spec.architecture,
            pretrained=False,
            num_classes=classes,
            img_size=image_size,
            drop_rate=spec.dropout,
            drop_path_rate=spec.drop_path,
        )


def make_task(spec: TimmClassifier, model: Any, device: "torch.device") -> Any:
    """Model and loss as a timm task; move the model to its device before.

    Raises:
        InputError: the loss cannot be had with this mixing.
    """
    from timm.task import ClassificationTask

    loss = {
        "loss_type": spec.loss,
        "smoothing": spec.label_smoothing,
        "soft_targets": mixes(spec),
    }
    with _refused_by_timm(f"loss {spec.loss}"):
        return ClassificationTask(model, criterion_kwargs=loss, device=device, verbose=False)


def make_optimizer(spec: TimmClassifier, model: Any) -> "torch.optim.Optimizer":
    """The optimiser of a model's parameters.

    Raises:
        InputError: timm has no such optimiser, or it takes no such option.
    """
    import torch
    from timm.optim import create_optimizer_v2, list_optimizers

    if spec.optimizer not in list_optimizers():
        similar = get_close_matches(spec.optimizer, list_optimizers(), 3)
        hint = f"; similar are {', '.join(similar)}" if similar else ""
        raise InputError(f"optimizer: timm has no optimiser {spec.optimizer}{hint}")
    with _refused_by_timm(f"optimizer {spec.optimizer}"):
        optimizer: torch.optim.Optimizer = create_optimizer_v2(
            model,
            opt=spec.optimizer,
            lr=spec.highest_learning_rate,
            weight_decay=spec.weight_decay,
            momentum=spec.momentum,
            **spec.optimizer_options,
        )
        return optimizer


def make_scheduler(
    spec: TimmClassifier, optimizer: "torch.optim.Optimizer", updates_per_epoch: int
) -> Any:
    """The learning rate schedule, a function of the number of steps alone.

    Raises:
        InputError: timm has no such schedule, or it takes no such option.
    """
    from timm.scheduler import create_scheduler_v2

    if spec.scheduler in ("plateau", "none"):
        raise InputError(
            f"scheduler: {spec.scheduler} is none that follows from the step; take cosine, poly, "
            "step, wsd or constant"
        )
    with _refused_by_timm(f"scheduler {spec.scheduler}"):
        scheduler, _ = create_scheduler_v2(
            optimizer,
            sched=spec.scheduler,
            num_epochs=spec.epochs,
            warmup_epochs=spec.warmup_epochs,
            warmup_lr=spec.highest_learning_rate * spec.warmup_start,
            step_on_epochs=False,
            updates_per_epoch=updates_per_epoch,
            **spec.scheduler_options,
        )
        return scheduler


def make_transforms(spec: TimmClassifier, prefetched: bool) -> tuple[Any, Any]:
    """What is done to a picture in training and in testing.

    Args:
        spec: the recipe.
        prefetched: whether a `PrefetchLoader` normalises and erases later; pictures then become
            arrays of bytes.

    Raises:
        InputError: timm cannot read the policy of augmentation.
    """
    from timm.data import create_transform

    with _refused_by_timm(f"auto_augment {spec.auto_augment}"):
        training = create_transform(
            spec.image_size,
            is_training=True,
            scale=(spec.crop_scale, 1.0),
            ratio=spec.crop_ratio,
            hflip=spec.horizontal_flip,
            color_jitter=spec.color_jitter,
            auto_augment=spec.auto_augment,
            interpolation=spec.interpolation,
            re_prob=spec.random_erasing,
            use_prefetcher=prefetched,
        )
    testing = create_transform(
        spec.image_size,
        is_training=False,
        crop_pct=1.0,
        interpolation="bilinear" if spec.interpolation == "random" else spec.interpolation,
        use_prefetcher=prefetched,
    )
    return training, testing


def mixes(spec: TimmClassifier) -> bool:
    """Whether images of a batch are mixed."""
    return spec.mixup > 0 or spec.cutmix > 0


def make_mixup(spec: TimmClassifier, classes: int) -> Any:
    """What mixes a batch and its labels, or None."""
    from timm.data import Mixup

    if not mixes(spec):
        return None
    return Mixup(
        mixup_alpha=spec.mixup,
        cutmix_alpha=spec.cutmix,
        label_smoothing=spec.label_smoothing,
        num_classes=classes,
    )
