"""The encoder `clip`: dual encoders of the transformers library, such as CLIP and SigLIP."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field

from synthgap.devices import best_device, held
from synthgap.errors import InputError
from synthgap.models import Checkpoint, ModelSource, opening
from synthgap.section import Section

if TYPE_CHECKING:
    from PIL import Image


class ClipEncoder(Section):
    """A model that embeds images and texts into one space."""

    kind: Literal["clip"]
    """A transformers model with image and text features (CLIP, SigLIP)."""
    model: ModelSource
    """Where the model comes from."""
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    """Number format of the model's weights and of its computation."""
    batch_size: int = Field(default=64, ge=1)
    """Images embedded at once; decides speed and memory only."""

    def open(self, checkpoint: Checkpoint, threads: int) -> "OpenEncoder":
        """Load the model and its processor.

        Raises:
            InputError: transformers cannot open the checkpoint.
        """
        # A model that is held already must still compute on this job's threads.
        best_device(threads)
        return held((self, checkpoint), lambda: OpenEncoder(self, checkpoint, threads))


class OpenEncoder:
    """A loaded encoder."""

    def __init__(self, spec: ClipEncoder, checkpoint: Checkpoint, threads: int) -> None:
        """Load a checkpoint in the spec's number format onto the best device."""
        import torch
        from transformers import AutoModel, AutoProcessor

        self.batch_size = spec.batch_size
        self.device = best_device(threads)
        where: dict[str, Any] = {"revision": checkpoint.revision}
        with opening(checkpoint.location, "an encoder of images and texts"):
            self.model = AutoModel.from_pretrained(
                checkpoint.location, dtype=getattr(torch, spec.dtype), use_safetensors=True, **where
            )
            self.processor = AutoProcessor.from_pretrained(checkpoint.location, **where)
        if not hasattr(self.model, "get_text_features"):
            raise InputError(
                f"{checkpoint.location}: {type(self.model).__name__} embeds no texts; "
                "the kind clip needs a model of images and texts"
            )
        self.model.to(self.device).eval()

    def embed_images(self, images: "Iterable[Image.Image]") -> Float[np.ndarray, "n d"]:
        """Embed RGB images, not normalised."""
        batch: list[Image.Image] = []
        features: list[Float[np.ndarray, "b d"]] = []
        for image in images:
            batch.append(image)
            if len(batch) == self.batch_size:
                features.append(self._image_features(batch))
                batch = []
        if batch:
            features.append(self._image_features(batch))
        return np.concatenate(features)

    def embed_texts(self, texts: Sequence[str]) -> Float[np.ndarray, "n d"]:
        """Embed texts, not normalised; what exceeds the model's context is cut off."""
        starts = range(0, len(texts), self.batch_size)
        return np.concatenate(
            [self._text_features(texts[start : start + self.batch_size]) for start in starts]
        )

    def _image_features(self, images: "list[Image.Image]") -> Float[np.ndarray, "b d"]:
        inputs = self.processor(images=images, return_tensors="pt")
        pixels = inputs["pixel_values"].to(self.device, self.model.dtype)
        return self._features(self.model.get_image_features, pixel_values=pixels)

    def _text_features(self, texts: Sequence[str]) -> Float[np.ndarray, "b d"]:
        # SigLIP was trained on texts padded to its full context and needs them so.
        padding = "max_length" if self.model.config.model_type.startswith("siglip") else True
        inputs = self.processor(
            text=list(texts), return_tensors="pt", padding=padding, truncation=True
        )
        return self._features(self.model.get_text_features, **inputs.to(self.device))

    def _features(self, compute: Any, **inputs: Any) -> Float[np.ndarray, "b d"]:
        import torch

        with torch.inference_mode():
            features: Float[np.ndarray, "b d"] = (
                compute(**inputs).pooler_output.float().cpu().numpy()
            )
        return features
