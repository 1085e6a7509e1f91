"""The encoder `vision`: image models of the transformers library (DINOv2, DINOv3, ViT)."""

from typing import TYPE_CHECKING, ClassVar, Literal

from jaxtyping import Float

from synthgap.embedding.transformers_model import (
    Inputs,
    OpenTransformersEncoder,
    TransformersEncoder,
    held_on,
    load,
    refuse_random,
)
from synthgap.errors import InputError
from synthgap.models import Checkpoint, opening

if TYPE_CHECKING:
    import torch

WHAT = "an encoder of images"


class VisionEncoder(TransformersEncoder):
    """A model that embeds images alone; measures that need prompts stay empty."""

    kind: Literal["vision"]
    """A transformers model of images (DINOv2 with and without registers, DINOv3, ViT). The
    embedding is the model's pooled output; for a model or checkpoint without one, such as a ViT
    saved with a classifier, the class token of its last layer."""

    embeds_text: ClassVar[bool] = False

    def open(self, checkpoint: Checkpoint, threads: int) -> "OpenVision":
        """Load the model and its image processor.

        Raises:
            InputError: transformers cannot open the checkpoint, or it is a model of texts too.
        """
        return held_on(threads, self, checkpoint, self._load)

    def _load(self, checkpoint: Checkpoint, device: "torch.device") -> "OpenVision":
        from transformers import AutoImageProcessor

        location = checkpoint.location
        model, missing = load(self, checkpoint, device, WHAT)
        if hasattr(model, "get_text_features"):
            raise InputError(
                f"{location}: {type(model).__name__} embeds texts as well; write kind: clip"
            )
        if model.main_input_name != "pixel_values":
            raise InputError(f"{location}: {type(model).__name__} is not {WHAT}")
        pooler = [name for name in missing if name.startswith("pooler.")]
        refuse_random(location, [name for name in missing if name not in pooler], WHAT)
        with opening(location, WHAT):
            processor = AutoImageProcessor.from_pretrained(location, revision=checkpoint.revision)
        return OpenVision(model, processor, device, self.batch_size, pooled=not pooler)


class OpenVision(OpenTransformersEncoder):
    """A loaded encoder of images."""

    def __init__(
        self,
        model: object,
        processor: object,
        device: "torch.device",
        batch_size: int,
        pooled: bool,
    ) -> None:
        """Take a model and its processor; `pooled` tells whether its pooled output is trained."""
        super().__init__(model, processor, device, batch_size)
        self.pooled = pooled

    def image_features(self, inputs: Inputs) -> "Float[torch.Tensor, 'b d']":
        """Compute the pooled output of a batch, or its class token.

        Raises:
            InputError: the model has neither.
        """
        output = self.model(**inputs)
        features: torch.Tensor | None = getattr(output, "pooler_output", None)
        if features is not None and self.pooled:
            return features.flatten(1)
        if not any(name.endswith("cls_token") for name, _ in self.model.named_parameters()):
            raise InputError(
                f"{self.model.name_or_path}: {type(self.model).__name__} has neither a pooled "
                "output nor a class token; use another encoder"
            )
        token: torch.Tensor = output.last_hidden_state[:, 0]
        return token
