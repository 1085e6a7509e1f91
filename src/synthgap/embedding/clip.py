"""The encoder `clip`: models of images and texts of the transformers library (CLIP, SigLIP)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
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

WHAT = "an encoder of images and texts"


class ClipEncoder(TransformersEncoder):
    """A model that embeds images and texts into one space."""

    kind: Literal["clip"]
    """A transformers model with image and text features (CLIP, OpenCLIP in transformers' layout,
    SigLIP, SigLIP 2)."""

    embeds_text: ClassVar[bool] = True

    def open(self, checkpoint: Checkpoint, threads: int) -> "OpenClip":
        """Load the model and its processor.

        Raises:
            InputError: transformers cannot open the checkpoint, or it embeds no texts.
        """
        return held_on(threads, self, checkpoint, self._load)

    def _load(self, checkpoint: Checkpoint, device: "torch.device") -> "OpenClip":
        from transformers import AutoProcessor

        location = checkpoint.location
        model, missing = load(self, checkpoint, device, WHAT)
        if not hasattr(model, "get_text_features"):
            sees = model.main_input_name == "pixel_values"
            hint = "write kind: vision" if sees else "the kind clip needs images and texts"
            raise InputError(f"{location}: {type(model).__name__} is not {WHAT}; {hint}")
        refuse_random(location, missing, WHAT)
        with opening(location, WHAT):
            processor = AutoProcessor.from_pretrained(location, revision=checkpoint.revision)
        # Without its files, transformers makes a tokenizer that knows next to nothing.
        known = len(getattr(processor, "tokenizer", ()))
        wanted = model.config.text_config.vocab_size
        if known < wanted / 2:
            raise InputError(
                f"{location}: the tokenizer knows {known} tokens and the model {wanted}; add the "
                "tokenizer's files"
            )
        return OpenClip(model, processor, device, self.batch_size)


class OpenClip(OpenTransformersEncoder):
    """A loaded encoder of images and texts."""

    def image_features(self, inputs: Inputs) -> "Float[torch.Tensor, 'b d']":
        """Compute the projected image features of a batch."""
        features: torch.Tensor = self.model.get_image_features(**inputs).pooler_output
        return features

    def embed_texts(self, texts: Sequence[str]) -> Float[np.ndarray, "n d"]:
        """Embed texts, not normalised; what exceeds the model's context is cut off."""
        import torch

        starts = range(0, len(texts), self.batch_size)
        with torch.inference_mode():
            features = [
                self._text_features(list(texts[start : start + self.batch_size]))
                for start in starts
            ]
            found: Float[np.ndarray, "n d"] = torch.cat(features).float().cpu().numpy()
        return found

    def _text_features(self, texts: list[str]) -> "Float[torch.Tensor, 'b d']":
        config = self.model.config
        # A tokenizer may know no limit of its own, as Gemma's of SigLIP 2.
        limit = min(
            self.processor.tokenizer.model_max_length, config.text_config.max_position_embeddings
        )
        # SigLIP was trained on texts padded to its full context and needs them so.
        padding = "max_length" if config.model_type.startswith("siglip") else True
        inputs = self.processor(
            text=texts, return_tensors="pt", padding=padding, truncation=True, max_length=limit
        )
        features: torch.Tensor = self.model.get_text_features(
            **inputs.to(self.device)
        ).pooler_output
        return features
