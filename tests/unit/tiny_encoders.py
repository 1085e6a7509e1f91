"""Encoders of transformers' own classes, tiny and with random weights, in folders as on a hub."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    BitImageProcessor,
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPProcessor,
    Dinov2Config,
    Dinov2Model,
    Dinov2WithRegistersConfig,
    Dinov2WithRegistersModel,
    DINOv3ViTConfig,
    DINOv3ViTImageProcessor,
    DINOv3ViTModel,
    Siglip2Config,
    Siglip2ImageProcessor,
    Siglip2Model,
    Siglip2Processor,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
    SiglipProcessor,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
    ViTModel,
)

from synthgap.miniature.tokenizer import train_tokenizer

TOWER = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
IMAGE = {"image_size": 224, "patch_size": 32, "num_hidden_layers": 3}
CONTEXT = 16


def text(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": CONTEXT,
        "num_hidden_layers": 3,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def saved(folder: Path, model: Any, processor: Any) -> Path:
    # Weights of the usual initialisation are so small that all images would look alike.
    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim > 1:
                weights.normal_(std=0.1)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def clip(folder: Path, activation: str = "quick_gelu", projection: int = 24) -> Path:
    """A CLIP; with gelu and another projection, an OpenCLIP in transformers' layout."""
    tokenizer = train_tokenizer()
    shared = {**TOWER, "hidden_act": activation, "projection_dim": projection}
    config = CLIPConfig(
        text_config=shared | text(tokenizer),
        vision_config=shared | IMAGE,
        projection_dim=projection,
    )
    torch.manual_seed(0)
    processor = CLIPProcessor(image_processor=CLIPImageProcessor(), tokenizer=tokenizer)
    return saved(folder, CLIPModel(config), processor)


def open_clip(folder: Path) -> Path:
    return clip(folder, activation="gelu", projection=40)


def siglip(folder: Path) -> Path:
    tokenizer = train_tokenizer()
    config = SiglipConfig(text_config=TOWER | text(tokenizer), vision_config=TOWER | IMAGE)
    torch.manual_seed(0)
    processor = SiglipProcessor(image_processor=SiglipImageProcessor(), tokenizer=tokenizer)
    return saved(folder, SiglipModel(config), processor)


def siglip2(folder: Path) -> Path:
    """The kind that keeps the shape of an image: patches, their mask and their number."""
    tokenizer = train_tokenizer()
    vision = {"patch_size": 16, "num_patches": 64, "num_hidden_layers": 3}
    config = Siglip2Config(text_config=TOWER | text(tokenizer), vision_config=TOWER | vision)
    torch.manual_seed(0)
    processor = Siglip2Processor(image_processor=Siglip2ImageProcessor(), tokenizer=tokenizer)
    return saved(folder, Siglip2Model(config), processor)


def dinov2(folder: Path) -> Path:
    torch.manual_seed(0)
    model = Dinov2Model(Dinov2Config(**TOWER, **(IMAGE | {"patch_size": 28})))
    processor = BitImageProcessor(size={"shortest_edge": 256}, crop_size=224)
    return saved(folder, model, processor)


def dinov2_with_registers(folder: Path) -> Path:
    torch.manual_seed(0)
    model = Dinov2WithRegistersModel(
        Dinov2WithRegistersConfig(**TOWER, **(IMAGE | {"patch_size": 28}))
    )
    return saved(folder, model, BitImageProcessor(size={"shortest_edge": 256}, crop_size=224))


def dinov3(folder: Path) -> Path:
    torch.manual_seed(0)
    model = DINOv3ViTModel(DINOv3ViTConfig(**TOWER, **IMAGE, num_register_tokens=2))
    return saved(folder, model, DINOv3ViTImageProcessor())


def vit(folder: Path) -> Path:
    torch.manual_seed(0)
    return saved(folder, ViTModel(ViTConfig(**TOWER, **IMAGE)), ViTImageProcessor())


def vit_with_classifier(folder: Path) -> Path:
    """A ViT saved with a classifier: the checkpoint holds no pooling layer."""
    torch.manual_seed(0)
    model = ViTForImageClassification(ViTConfig(**TOWER, **IMAGE, num_labels=5))
    return saved(folder, model, ViTImageProcessor())
