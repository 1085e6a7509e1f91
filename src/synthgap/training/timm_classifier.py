"""The classifier `timm`: a model of the timm library and the recipe that trains it."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from synthgap.section import Section
from synthgap.training.presets import PRESETS, RESNET_RS

Option = bool | int | float | str | tuple[float, ...]


def _what_a_preset_may_say(schema: dict[str, Any]) -> None:
    """Let editors pass a study that leaves keys to a preset; parsing knows whether it does."""
    schema["required"] = [key for key in schema["required"] if key not in RESNET_RS]


class TimmClassifier(Section):
    """A classifier of the timm library and how it is trained."""

    model_config = ConfigDict(json_schema_extra=_what_a_preset_may_say)

    kind: Literal["timm"]
    """A model that timm's create_model makes, trained from scratch."""
    preset: Literal["resnet-rs"] | None = None
    """A published recipe for the keys that are left out: `resnet-rs` is that of ResNet-RS-152
    (arXiv 2103.07579), number by number in src/synthgap/training/presets.py."""
    architecture: str
    """Name of the model in timm, such as resnetrs152."""
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1)
    """One training each, none twice; they decide initial weights, order and augmentation."""
    image_size: int = Field(ge=8)
    """Side of the square images that the model sees, in pixels. Required, unless a preset has it,
    as are `epochs`, `batch_size` and a learning rate."""
    epochs: int = Field(ge=1)
    """Passes over the training set."""
    batch_size: int = Field(ge=2)
    """Images a step, over all GPUs."""
    accumulation: int = Field(default=1, ge=1)
    """Parts that a step is computed in, one after another, to need less memory. Batch statistics
    and mixing are those of a part."""
    gpus: int = Field(default=1, ge=1)
    """GPUs of one machine that share each step. Batch statistics and mixing are those of each GPU's
    share. On a machine without a GPU, processes."""
    sync_batchnorm: bool = False
    """Whether several GPUs share their batch statistics."""
    optimizer: str = "adamw"
    """Name of an optimiser in timm."""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Momentum, where the optimiser has one."""
    optimizer_options: dict[str, Option] = Field(default={})
    """Further arguments of timm's optimiser, such as betas."""
    learning_rate: float | None = Field(default=None, gt=0)
    """Highest learning rate."""
    learning_rate_per_256: float | None = Field(default=None, gt=0)
    """The same for a batch_size of 256, in proportion to which it grows. Instead of
    learning_rate."""
    scheduler: str = "cosine"
    """Name of a learning rate schedule in timm; cosine falls to zero."""
    scheduler_options: dict[str, Option] = Field(default={})
    """Further arguments of timm's schedule, such as decay_epochs."""
    warmup_epochs: int = Field(default=0, ge=0)
    """Epochs in which the learning rate rises."""
    warmup_start: float = Field(default=0.01, ge=0, le=1)
    """Share of the highest learning rate at which it starts to rise."""
    weight_decay: float = Field(default=0.05, ge=0)
    """Weight decay of the optimiser, but for norms and biases."""
    loss: Literal["ce", "bce", "asl", "poly"] = "ce"
    """Loss in timm: cross-entropy, binary cross-entropy, asymmetric, Poly-1."""
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    """Share of the target that is spread over all classes."""
    mixup: float = Field(default=0, ge=0)
    """Alpha of mixup; 0 is none. With cutmix too, each batch takes one of them."""
    cutmix: float = Field(default=0, ge=0)
    """Alpha of CutMix; 0 is none."""
    auto_augment: str | None = None
    """RandAugment, AutoAugment or AugMix in timm's words, such as rand-m9-mstd0.5."""
    color_jitter: float | None = Field(default=None, ge=0)
    """Strength of random changes of brightness, contrast and saturation. RandAugment and the like
    replace it."""
    random_erasing: float = Field(default=0, ge=0, le=1)
    """Share of the training images of which a random rectangle is erased."""
    crop_scale: float = Field(default=0.08, gt=0, le=1)
    """Smallest share of an image's area that a random crop keeps."""
    crop_ratio: tuple[float, ...] = Field(default=(3 / 4, 4 / 3), min_length=2, max_length=2)
    """Narrowest and widest shape of a random crop: width over height."""
    horizontal_flip: float = Field(default=0.5, ge=0, le=1)
    """Share of the training images that are mirrored."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "random"] = "bilinear"
    """How images are resized; random is for training, which then tests with bilinear."""
    dropout: float | None = Field(default=None, ge=0, lt=1)
    """Dropout before the last layer; left out, what the model has by itself."""
    drop_path: float | None = Field(default=None, ge=0, lt=1)
    """Stochastic depth; left out, what the model has by itself."""
    ema_decay: float | None = Field(default=None, gt=0, lt=1)
    """Decay of a moving average of the weights, which is then what is tested and kept. It rises to
    this as t / (t + 9) over the steps t."""
    clip_grad: float | None = Field(default=None, gt=0)
    """Where gradients are clipped; left out, nowhere."""
    clip_mode: Literal["norm", "value", "agc"] = "norm"
    """Whether the norm of all gradients is clipped, each value, or each layer's by its weights."""
    amp: Literal["bfloat16", "float16"] | None = None
    """Lower precision of automatic mixed precision, if any."""
    channels_last: bool = False
    """Whether images lie in memory with channels last: a matter of speed."""
    compile: bool = False
    """Whether torch.compile compiles the model: a matter of speed."""
    readers: int = Field(default=0, ge=0)
    """Processes for each GPU that read and augment images; 0 leaves it to the training itself.
    Their number is a matter of speed, but whether there are any decides what is drawn: with
    readers each image draws of its own, by seed, epoch and image, else all one after another."""

    @model_validator(mode="before")
    @classmethod
    def _filled_by_preset(cls, data: Any) -> Any:
        named = data.get("preset") if isinstance(data, dict) else None
        if not isinstance(named, str) or named not in PRESETS:
            return data
        preset = dict(PRESETS[named])
        if data.get("learning_rate") is not None:
            del preset["learning_rate_per_256"]
        return {**preset, **data}

    @field_validator("seeds")
    @classmethod
    def _none_twice(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        for seed in seeds:
            if seeds.count(seed) > 1:
                raise ValueError(f"{seed} occurs twice; each seed is one training")
        return seeds

    @field_validator("auto_augment")
    @classmethod
    def _known_policy(cls, auto_augment: str | None) -> str | None:
        # timm itself passes over sections that it does not understand.
        known = r"(rand|augmix)(-[a-z]+[\d.]+)*|(original|v0)r?(-mstd[\d.]+)?|3a"
        if auto_augment is not None and not re.fullmatch(known, auto_augment):
            raise ValueError(
                f"{auto_augment} is no policy of timm's; such are rand-m9-n2, augmix-m3, original, "
                "v0 and 3a"
            )
        return auto_augment

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.learning_rate is None) == (self.learning_rate_per_256 is None):
            raise ValueError("needs either learning_rate or learning_rate_per_256")
        parts = self.gpus * self.accumulation
        if self.batch_size % parts:
            raise ValueError(
                f"batch_size {self.batch_size} cannot be shared evenly by gpus × accumulation = "
                f"{parts}; take a multiple of {parts}"
            )
        if (self.mixup or self.cutmix) and self.part_size % 2:
            raise ValueError(
                f"mixup and cutmix mix pairs, but a part of a step has {self.part_size} images "
                "(batch_size / gpus / accumulation); make it even"
            )
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs {self.warmup_epochs} leaves none of {self.epochs} epochs; lower it"
            )
        return self

    @property
    def part_size(self) -> int:
        """Images that a GPU computes at once."""
        return self.batch_size // (self.gpus * self.accumulation)

    @property
    def highest_learning_rate(self) -> float:
        """The learning rate after warming up."""
        if self.learning_rate is not None:
            return self.learning_rate
        assert self.learning_rate_per_256 is not None
        return self.learning_rate_per_256 * self.batch_size / 256

    @property
    def own_draws(self) -> bool:
        """Whether each image draws its augmentation of its own, whoever reads it."""
        return self.readers > 0 or self.gpus > 1

    def deciding(self) -> dict[str, Any]:
        """Every setting that decides a training but the seed; a section again with `seeds`."""
        # `preset` has filled the other keys.
        speed = {"seeds", "preset", "channels_last", "compile"}
        return {**self.model_dump(mode="json", exclude=speed), "readers": min(self.readers, 1)}
