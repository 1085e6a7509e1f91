"""Captions of images by models of transformers' own classes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tiny_captioners
import tiny_encoders
import torch
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoTokenizer,
    BlipForConditionalGeneration,
    GitForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    VisionEncoderDecoderModel,
)

from synthgap import models
from synthgap.captioning.caption_table import caption_image_table
from synthgap.captioning.transformers_captioner import TransformersCaptioner
from synthgap.errors import InputError
from synthgap.models import Checkpoint
from synthgap.tables import CAPTIONS, IMAGES, read, write

COUNT = 5

KINDS = {
    "blip": (tiny_captioners.blip, BlipForConditionalGeneration),
    "git": (tiny_captioners.git, GitForCausalLM),
    "vision-encoder-decoder": (tiny_captioners.vision_encoder_decoder, VisionEncoderDecoderModel),
}


@pytest.fixture(autouse=True)
def nothing_held() -> None:
    models.release()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """An image table whose pictures are files."""
    rng, rows = np.random.default_rng(0), []
    for index in range(COUNT):
        path = tmp_path / f"{index}.png"
        Image.fromarray(rng.integers(0, 256, (40, 30 + index, 3), dtype=np.uint8)).save(path)
        row = {"image": {"bytes": path.read_bytes(), "path": None}, "class_id": "crane"}
        rows.append({**row, "index": index, "key": f"key {index}"})
    table = tmp_path / "images.parquet"
    write(pa.Table.from_pylist(rows, schema=IMAGES), table, {})
    return table


def captioner(folder: Path, **keys: object) -> TransformersCaptioner:
    settings = {"kind": "transformers", "model": {"folder": str(folder)}, "max_new_tokens": 8}
    return TransformersCaptioner.model_validate(settings | keys)


def captions(images: Path, folder: Path, **keys: object) -> list[str]:
    path = images.with_name("captions.parquet")
    caption_image_table(
        images,
        path,
        captioner=captioner(folder, **keys),
        checkpoint=Checkpoint(str(folder), None, "a fingerprint"),
        threads=2,
        metadata={},
    )
    table = read(path)
    assert table.schema.names == CAPTIONS.names
    assert table["index"].to_pylist() == list(range(COUNT))
    assert table["key"].to_pylist() == [f"key {index}" for index in range(COUNT)]
    found: list[str] = table["caption"].to_pylist()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_captions_are_those_of_transformers_own_greedy_decoding(
    kind: str, images: Path, tmp_path: Path
) -> None:
    make, opened = KINDS[kind]
    folder = make(tmp_path / kind)
    found = captions(images, folder, batch_size=2)
    model = opened.from_pretrained(folder).eval()
    processor, tokenizer = (
        each.from_pretrained(folder) for each in (AutoImageProcessor, AutoTokenizer)
    )
    expected = []
    for index in range(COUNT):
        picture = Image.open(tmp_path / f"{index}.png").convert("RGB")
        pixels = processor(images=picture, return_tensors="pt")["pixel_values"]
        tokens = model.generate(pixel_values=pixels, do_sample=False, max_new_tokens=8)
        expected.append(tokenizer.decode(tokens[0], skip_special_tokens=True))
    assert found == [" ".join(text.split()) for text in expected]
    # Random weights say nonsense, but not the same of all.
    assert len(set(found)) > 1


def test_neither_time_nor_batch_size_decides_a_caption(images: Path, tmp_path: Path) -> None:
    folder = tiny_captioners.blip(tmp_path / "blip")
    found = captions(images, folder, batch_size=2)
    assert captions(images, folder, batch_size=2) == found
    assert captions(images, folder, batch_size=5) == found


def test_a_caption_ends_at_the_limit(images: Path, tmp_path: Path) -> None:
    folder = tiny_captioners.blip(tmp_path / "blip")
    short, long = (captions(images, folder, max_new_tokens=limit) for limit in (2, 8))
    assert all(text.startswith(start) for start, text in zip(short, long, strict=True))
    assert short != long


def llava(folder: Path) -> Path:
    """A model that answers questions on images, and has none here."""
    config = LlavaConfig(
        vision_config={
            **tiny_captioners.TOWER,
            **tiny_captioners.IMAGE,
            "model_type": "siglip_vision_model",
        },
        text_config={**tiny_captioners.TOWER, "model_type": "llama", "vocab_size": 600},
        image_token_index=599,
    )
    tiny_captioners.blip(folder)
    torch.manual_seed(0)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    return folder


def no_weights(folder: Path) -> Path:
    tiny_captioners.blip(folder)
    (folder / "model.safetensors").unlink()
    return folder


def half_the_weights(folder: Path) -> Path:
    from safetensors.torch import load_file, save_file

    tiny_captioners.blip(folder)
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "vision_model" not in name}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    return folder


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (tiny_encoders.clip, "cannot be opened as a model that captions images"),
        (no_weights, "cannot be opened as a model that captions images"),
        (half_the_weights, "holds no weights for"),
        (llava, "cannot caption an image alone"),
    ],
)
def test_another_model_is_refused_in_one_line(
    make: Callable[[Path], Path], said: str, images: Path, tmp_path: Path
) -> None:
    folder = make(tmp_path / "model")
    with pytest.raises(InputError) as caught:
        captions(images, folder)
    assert said in str(caught.value)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
