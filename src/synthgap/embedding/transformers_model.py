"""What the encoders of the transformers library share: a model that is opened, and fed.

Pictures are decoded and preprocessed a few at a time on threads (see `embedding_tables`) and joined
to batches here, while the device computes on earlier ones. Threads and not processes: decoding,
resizing and copying release Python's lock, and a job of one class is too short to start processes
for it, as `torch.utils.data.DataLoader` would.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from jaxtyping import Float
from pydantic import Field

from synthgap.errors import InputError
from synthgap.jobs.devices import best_device
from synthgap.models import Checkpoint, ModelSource, held, opening
from synthgap.section import Section

if TYPE_CHECKING:
    import torch
    from PIL import Image

Opened = TypeVar("Opened", bound="OpenTransformersEncoder")

Inputs = dict[str, "torch.Tensor"]
"""What a model takes for b images: tensors by name, each with b rows."""


class TransformersEncoder(Section):
    """The keys that every encoder of the transformers library has."""

    kind: str
    """What the model embeds."""
    model: ModelSource
    """Where the model comes from."""
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    """Number format of the model's weights and of its computation. Embeddings are normalised in
    float32."""
    batch_size: int = Field(default=64, ge=1)
    """Images embedded at once; decides speed and memory only."""


def held_on(
    threads: int,
    spec: TransformersEncoder,
    checkpoint: Checkpoint,
    load: "Callable[[Checkpoint, torch.device], Opened]",
) -> Opened:
    """Give the encoder that this process holds, or load it, for a job of some threads.

    A model that was loaded for an earlier job must still compute on this job's threads.
    """
    import torch

    device = best_device(threads)
    opened = held((spec, checkpoint), lambda: load(checkpoint, device))
    if device.type == "cuda":
        # Threads decode; each of them would otherwise divide its small tensors among all cores.
        torch.set_num_threads(1)
    return opened


def load(
    spec: TransformersEncoder, checkpoint: Checkpoint, device: "torch.device", as_what: str
) -> tuple[Any, list[str]]:
    """Load a model onto a device.

    Returns:
        The model in the spec's number format, and the names of weights that the checkpoint does
        not have: they are random.

    Raises:
        InputError: transformers cannot open the checkpoint.
    """
    import torch
    from transformers import AutoModel

    with opening(checkpoint.location, as_what):
        model, info = AutoModel.from_pretrained(
            checkpoint.location,
            revision=checkpoint.revision,
            dtype=getattr(torch, spec.dtype),
            use_safetensors=True,
            output_loading_info=True,
        )
    return model.to(device).eval(), sorted(info["missing_keys"])


def refuse_random(location: str, names: Sequence[str], as_what: str) -> None:
    """Refuse weights that a checkpoint does not have.

    Raises:
        InputError: there are any.
    """
    if names:
        raise InputError(
            f"{location}: holds no weights for {names[0]} ({len(names)} missing in all); "
            f"it is not {as_what}"
        )


class OpenTransformersEncoder(ABC):
    """A loaded model with its processor."""

    def __init__(self, model: Any, processor: Any, device: "torch.device", batch_size: int) -> None:
        """Take a model that lies on its device, and what prepares images for it."""
        self.model, self.processor = model, processor
        self.device, self.batch_size = device, batch_size

    @abstractmethod
    def image_features(self, inputs: Inputs) -> "Float[torch.Tensor, 'b d']":
        """Compute the features of a batch that lies on the device."""

    def prepare(self, images: "Sequence[Image.Image]") -> Inputs:
        """Preprocess RGB images on the CPU, as the model's own processor does; on any thread."""
        prepared = self.processor(images=list(images), return_tensors="pt")
        return {
            name: value.to(self.model.dtype) if value.is_floating_point() else value
            for name, value in prepared.items()
        }

    def embed_images(self, prepared: Iterable[Inputs]) -> Float[np.ndarray, "n d"]:
        """Embed what `prepare` gave, piece by piece; in its order, not normalised."""
        import torch

        with torch.inference_mode():
            # The device is waited for once, at the end.
            features = [
                self.image_features(self.on_device(batch)).float()
                for batch in self._batches(prepared)
            ]
            found: Float[np.ndarray, "n d"] = torch.cat(features).cpu().numpy()
        return found

    def _batches(self, prepared: Iterable[Inputs]) -> Iterator[Inputs]:
        pieces: list[Inputs] = []
        waiting = 0
        for piece in prepared:
            rows = _rows(piece)
            if pieces and waiting + rows > self.batch_size:
                yield _joined(pieces)
                pieces, waiting = [], 0
            pieces.append(piece)
            waiting += rows
        if pieces:
            yield _joined(pieces)

    def on_device(self, inputs: Inputs) -> Inputs:
        """Copy a batch to the model's device."""
        if self.device.type != "cuda":
            return inputs
        # From pinned memory a copy runs beside the computing.
        return {
            name: value.pin_memory().to(self.device, non_blocking=True)
            for name, value in inputs.items()
        }


def _rows(inputs: Inputs) -> int:
    return len(next(iter(inputs.values())))


def _joined(pieces: Sequence[Inputs]) -> Inputs:
    import torch

    return {name: torch.cat([piece[name] for piece in pieces]) for name in pieces[0]}
