"""Loading further weights into an open pipeline of diffusers, as diffusers itself does."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synthgap.errors import InputError
from synthgap.generation.adapting import ImagePrompt, LoRA, TextualInversion, Weights
from synthgap.models import opening

if TYPE_CHECKING:
    import torch

ENCODERS_OF_SDXL = (
    ("clip_l", "tokenizer", "text_encoder"),
    ("clip_g", "tokenizer_2", "text_encoder_2"),
)
"""Of a file with embeddings for both text encoders the names of its parts, and whose they are."""


def load_loras(pipeline: Any, location: str, loras: Sequence[LoRA]) -> None:
    """Load low-rank changes, and weigh each by its scale.

    Raises:
        InputError: the pipeline has none, or a file is none of its own.
    """
    kind = type(pipeline).__name__
    if not hasattr(pipeline, "load_lora_weights"):
        raise InputError(f"{location}: diffusers loads no LoRA into {kind}; leave out loras")
    names = [f"lora{number}" for number in range(len(loras))]
    for name, lora in zip(names, loras, strict=True):
        with opening(_called(lora), f"a LoRA of {kind}"):
            folder, file, revision = lora.place
            pipeline.load_lora_weights(
                folder,
                weight_name=file,
                revision=revision,
                adapter_name=name,
                use_safetensors=True,
            )
            # What has not a single layer of the model is loaded without a word.
            if not any(name in found for found in pipeline.get_list_adapters().values()):
                raise ValueError("it changes no layer of this pipeline")
    pipeline.set_adapters(names, [lora.scale for lora in loras])


def load_textual_inversions(
    pipeline: Any, location: str, inversions: Sequence[TextualInversion]
) -> None:
    """Teach the text encoders of a pipeline new words.

    Raises:
        InputError: the pipeline learns none, or a file is none for it.
    """
    kind = type(pipeline).__name__
    if not hasattr(pipeline, "load_textual_inversion"):
        raise InputError(
            f"{location}: diffusers loads no textual inversion into {kind}; leave out "
            "textual_inversions"
        )
    for inversion in inversions:
        with opening(_called(inversion), f"a textual inversion of {kind}"):
            if getattr(pipeline, "text_encoder_2", None) is None:
                _load_word(pipeline, inversion)
            else:
                _load_words(pipeline, inversion)


def _load_word(pipeline: Any, inversion: TextualInversion) -> None:
    folder, file, revision = inversion.place
    pipeline.load_textual_inversion(
        folder,
        token=inversion.token,
        weight_name=file,
        revision=revision,
        use_safetensors=True,
    )


def _load_words(pipeline: Any, inversion: TextualInversion) -> None:
    """Load the parts of a file, each for a text encoder; diffusers leaves that to its users."""
    from diffusers.loaders.textual_inversion import load_textual_inversion_state_dicts

    folder, file, revision = inversion.place
    (parts,) = load_textual_inversion_state_dicts(
        [folder], weight_name=file, revision=revision, use_safetensors=True
    )
    names = [part for part, *_ in ENCODERS_OF_SDXL]
    if not set(names) <= parts.keys():
        raise ValueError(f"for two text encoders it must have the parts {' and '.join(names)}")
    for part, tokenizer, text_encoder in ENCODERS_OF_SDXL:
        pipeline.load_textual_inversion(
            parts[part],
            token=inversion.token,
            tokenizer=getattr(pipeline, tokenizer),
            text_encoder=getattr(pipeline, text_encoder),
        )


def load_image_prompt(pipeline: Any, location: str, prompt: ImagePrompt) -> None:
    """Load an IP-Adapter and what it sees images with.

    Raises:
        InputError: the pipeline takes none, or these are none of its own.
    """
    from diffusers.loaders import IPAdapterMixin
    from transformers import CLIPVisionModelWithProjection

    kind = type(pipeline).__name__
    if not isinstance(pipeline, IPAdapterMixin):
        raise InputError(
            f"{location}: diffusers loads no IP-Adapter into {kind} that images can lead; leave "
            "out image_prompt"
        )
    encoder = prompt.image_encoder
    place = encoder.repository or encoder.folder or ""
    with opening(place, "a CLIP vision model with its projection"):
        # diffusers would take the newest commit of the repository.
        seeing = CLIPVisionModelWithProjection.from_pretrained(
            place,
            subfolder=encoder.subfolder or "",
            revision=encoder.revision,
            dtype=pipeline.dtype,
            use_safetensors=True,
        )
        pipeline.register_modules(image_encoder=seeing.to(pipeline.device))
    with opening(_called(prompt), f"an IP-Adapter of {kind}"):
        folder, file, revision = prompt.place
        pipeline.load_ip_adapter(
            folder, subfolder="", weight_name=file, revision=revision, image_encoder_folder=None
        )
    pipeline.set_ip_adapter_scale(prompt.scale)


def lead_each_by_its_own(pipeline: Any) -> None:
    """Let a call's `ip_adapter_image_embeds` have a row an image of the batch.

    diffusers would repeat all rows for each image, which is then led by the images of all.
    """
    prepare = pipeline.prepare_ip_adapter_image_embeds

    def prepared(image: Any, embeddings: Any, *rest: Any) -> Any:
        return prepare(image, None, *rest) if embeddings is None else embeddings

    pipeline.prepare_ip_adapter_image_embeds = prepared


def image_embeddings(pipeline: Any, images: Sequence[Any], guided: bool) -> "list[torch.Tensor]":
    """What an IP-Adapter sees of images, as the call of its pipeline takes it for a batch.

    Args:
        pipeline: with an IP-Adapter.
        images: pictures in RGB, one an image of the batch.
        guided: whether there is classifier-free guidance.

    Returns:
        one tensor; with guidance, what stands for no image comes first.
    """
    import torch

    # A list of images would be taken for several images of one prompt.
    found = [
        pipeline.prepare_ip_adapter_image_embeds(image, None, pipeline.device, 1, guided)[0]
        for image in images
    ]
    rows = [each.chunk(1 + guided) for each in found]
    return [torch.cat([part for parts in zip(*rows, strict=True) for part in parts])]


def from_images(pipeline: Any, location: str) -> Any:
    """The pipeline of the same parts that begins with images.

    Raises:
        InputError: diffusers has none.
    """
    from diffusers import AutoPipelineForImage2Image

    from synthgap.generation.prompt_memo import PromptMemo

    try:
        found = AutoPipelineForImage2Image.from_pipe(pipeline)
    except ValueError as error:
        raise InputError(
            f"{location}: diffusers has no {type(pipeline).__name__} that begins with images; "
            "leave out image_to_image"
        ) from error
    found.encode_prompt = PromptMemo(found.encode_prompt)
    found.set_progress_bar_config(disable=True)
    return found


def _called(weights: Weights) -> str:
    folder, file, _ = weights.place
    return f"{folder}/{file}"
