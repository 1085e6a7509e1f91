"""Captioners of transformers' own classes, tiny and with random weights, in folders as on a hub."""

from pathlib import Path

import torch
from tiny_encoders import saved
from transformers import (
    BertConfig,
    BertLMHeadModel,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipImageProcessor,
    BlipTextConfig,
    BlipVisionConfig,
    CLIPImageProcessor,
    GitConfig,
    GitForCausalLM,
    VisionEncoderDecoderModel,
    ViTConfig,
    ViTImageProcessor,
    ViTModel,
)

from synthgap.miniature.tokenizer import train_tokenizer

TOWER = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
IMAGE = {"image_size": 32, "patch_size": 8}


def blip(folder: Path) -> Path:
    """As Salesforce/blip-image-captioning-large."""
    tokenizer = train_tokenizer()
    text = BlipTextConfig(
        **TOWER,
        vocab_size=len(tokenizer),
        encoder_hidden_size=32,
        max_position_embeddings=64,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        sep_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    config = BlipConfig(
        text_config=text.to_dict(), vision_config=BlipVisionConfig(**TOWER, **IMAGE).to_dict()
    )
    torch.manual_seed(0)
    model = BlipForConditionalGeneration(config)
    BlipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return saved(folder, model, tokenizer)


def git(folder: Path) -> Path:
    """As microsoft/git-base-coco: a decoder that sees the image in its context."""
    tokenizer = train_tokenizer()
    config = GitConfig(
        **TOWER,
        vision_config={**TOWER, **IMAGE, "projection_dim": 32},
        vocab_size=len(tokenizer),
        max_position_embeddings=64,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    side = {"height": 32, "width": 32}
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=side).save_pretrained(folder)
    return saved(folder, GitForCausalLM(config), tokenizer)


def vision_encoder_decoder(folder: Path) -> Path:
    """As nlpconnect/vit-gpt2-image-captioning: two models and no processor of both."""
    tokenizer = train_tokenizer()
    torch.manual_seed(0)
    decoder = BertConfig(
        **TOWER,
        vocab_size=len(tokenizer),
        max_position_embeddings=64,
        is_decoder=True,
        add_cross_attention=True,
    )
    model = VisionEncoderDecoderModel(
        encoder=ViTModel(ViTConfig(**TOWER, **IMAGE), add_pooling_layer=False),
        decoder=BertLMHeadModel(decoder),
    )
    model.generation_config.decoder_start_token_id = tokenizer.bos_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return saved(folder, model, tokenizer)
