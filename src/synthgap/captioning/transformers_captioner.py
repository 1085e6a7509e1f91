"""The captioner `transformers`: a model that says in words what an image shows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from synthgap.errors import InputError
from synthgap.jobs.devices import best_device
from synthgap.models import Checkpoint, ModelSource, held, opening
from synthgap.section import Section

if TYPE_CHECKING:
    import torch
    from PIL import Image

WHAT = "a model that captions images"


class TransformersCaptioner(Section):
    """A model of images to text of the transformers library."""

    kind: Literal["transformers"]
    """A model of transformers that needs nothing but the image to caption it (BLIP, BLIP-2, GIT, a
    vision encoder with a text decoder)."""
    model: ModelSource
    """Where the model comes from."""
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    """Number format of the model's weights and of its computation."""
    batch_size: int = Field(default=32, ge=1)
    """Images captioned at once; decides speed and memory only."""
    max_new_tokens: int = Field(default=30, ge=1)
    """Tokens after which a caption ends, if it has not before."""

    PACKAGES: ClassVar[tuple[str, ...]] = ("pillow", "torch", "torchvision", "transformers")

    def open(self, checkpoint: Checkpoint, threads: int) -> "OpenCaptioner":
        """Load the model and what prepares images and reads tokens for it.

        Raises:
            InputError: transformers cannot open the checkpoint as a model that captions images.
        """
        device = best_device(threads)
        return held((self, checkpoint), lambda: self._load(checkpoint, device))

    def _load(self, checkpoint: Checkpoint, device: "torch.device") -> "OpenCaptioner":
        import torch
        from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoTokenizer

        location, revision = checkpoint.location, checkpoint.revision
        with opening(location, WHAT):
            model, info = AutoModelForImageTextToText.from_pretrained(
                location,
                revision=revision,
                dtype=getattr(torch, self.dtype),
                use_safetensors=True,
                output_loading_info=True,
            )
            # One by one: a vision encoder with a text decoder has no processor of its own.
            processor = AutoImageProcessor.from_pretrained(location, revision=revision)
            tokenizer = AutoTokenizer.from_pretrained(location, revision=revision)
        # A decoder looks at all patches of an image, never at what a pooler makes of them.
        missing = sorted(name for name in info["missing_keys"] if ".pooler." not in name)
        if missing:
            raise InputError(
                f"{location}: holds no weights for {missing[0]} ({len(missing)} missing in all); "
                f"it is not {WHAT}"
            )
        return OpenCaptioner(self, location, model.to(device).eval(), processor, tokenizer)


class OpenCaptioner:
    """A loaded model with what prepares its images and reads its tokens."""

    def __init__(
        self,
        spec: TransformersCaptioner,
        location: str,
        model: Any,
        processor: Any,
        tokenizer: Any,
    ) -> None:
        """Take a model that lies on its device."""
        self.spec, self.location = spec, location
        self.model, self.processor, self.tokenizer = model, processor, tokenizer
        self.batch_size = spec.batch_size

    def prepare(self, images: "Sequence[Image.Image]") -> "torch.Tensor":
        """Preprocess RGB images on the CPU: b × 3 × height × width; on any thread."""
        prepared: torch.Tensor = self.processor(images=list(images), return_tensors="pt")[
            "pixel_values"
        ]
        return prepared.to(self.model.dtype)

    def captions(self, prepared: "Iterable[torch.Tensor]") -> Iterator[str]:
        """Caption what `prepare` gave, batch by batch, in its order.

        Of each next token the likeliest is taken (greedy decoding), so that a caption is always the
        same. It may be empty.

        Raises:
            InputError: the model needs more than an image.
        """
        import torch

        for pixels in prepared:
            with torch.inference_mode():
                yield from self._decoded(self._tokens(pixels.to(self.model.device)))

    def _tokens(self, pixels: "torch.Tensor") -> "torch.Tensor":
        try:
            tokens: torch.Tensor = self.model.generate(
                pixel_values=pixels,
                do_sample=False,
                num_beams=1,
                max_new_tokens=self.spec.max_new_tokens,
            )
        except (ValueError, TypeError, AttributeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(
                f"{self.location}: {type(self.model).__name__} cannot caption an image alone "
                f"({reason}); name a model that needs no text beside it, such as BLIP"
            ) from error
        return tokens

    def _decoded(self, tokens: "torch.Tensor") -> Iterator[str]:
        for text in self.tokenizer.batch_decode(tokens, skip_special_tokens=True):
            yield " ".join(text.split())
