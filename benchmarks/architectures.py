"""Models of the full architectures with random weights: nothing is fetched, and speed does not
depend on the weights."""

from pathlib import Path

import diffusers
import torch
import transformers

from synthgap.image_sets.digits import SIZE
from synthgap.miniature import autoencoder, clip, diffusion
from synthgap.miniature.spec import DiffusionSpec
from synthgap.miniature.tokenizer import train_tokenizer

CONTRAST = 0.25
"""Standard deviation of the values of a picture, which go from 0 to 1; about that of photographs.
Random weights draw grey on grey, in which rounding would not show."""

CLIP_L14 = {
    "projection_dim": 768,
    "text_config": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
    "vision_config": {
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "patch_size": 14,
    },
}
"""Of openai/clip-vit-large-patch14, where it departs from transformers' default, ViT-B/32."""


def save_pipeline(architecture: str, dtype: torch.dtype, folder: Path, device: str) -> None:
    """Write a Stable Diffusion of v1.5's architecture (`sd15`) or the miniature's, unless it is
    there."""
    if folder.exists():
        return
    torch.manual_seed(0)
    tokenizer = train_tokenizer()
    large = architecture == "sd15"
    width = 768 if large else 64
    tokenizer.model_max_length = 77 if large else 40
    text = transformers.CLIPTextConfig(
        vocab_size=49408 if large else len(tokenizer),
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=12 if large else 2,
        num_attention_heads=12 if large else 2,
        max_position_embeddings=tokenizer.model_max_length,
    )
    # A GPU draws a billion weights in no time.
    with torch.device(device):
        text_encoder = transformers.CLIPTextModel(text)
        if large:
            unet = diffusers.UNet2DConditionModel(sample_size=64, cross_attention_dim=width)
            vae = diffusers.AutoencoderKL(
                block_out_channels=(128, 256, 512, 512),
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
                layers_per_block=2,
                sample_size=512,
            )
        else:
            unet, vae = diffusion.build(width, DiffusionSpec(steps=1).channels), autoencoder.build()
        latents = torch.randn(1, 4, 32, 32)
    with torch.no_grad():
        # Values go from -1 to 1 here.
        vae.decoder.conv_out.weight *= 2 * CONTRAST / vae.decode(latents).sample.std()
    diffusers.StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=diffusers.PNDMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            skip_prk_steps=True,
            steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).to(dtype).save_pretrained(folder)


def save_clip(architecture: str, dtype: torch.dtype, folder: Path, device: str) -> None:
    """Write a CLIP (`l14`, `b32` or the miniature's) and its processor."""
    tokenizer = train_tokenizer()
    torch.manual_seed(0)
    with torch.device(device):
        if architecture == "miniature":
            model, side = clip.build(tokenizer), SIZE
        else:
            config = transformers.CLIPConfig(**(CLIP_L14 if architecture == "l14" else {}))
            config.text_config.vocab_size = len(tokenizer)
            model, side = transformers.CLIPModel(config), 224
        with torch.no_grad():
            # The usual initial weights are so small that all pictures would look alike.
            for weights in model.parameters():
                if weights.ndim > 1:
                    weights.normal_(std=weights[0].numel() ** -0.5)
    processor = transformers.CLIPProcessor(
        image_processor=transformers.CLIPImageProcessor(
            size={"shortest_edge": side}, crop_size={"height": side, "width": side}
        ),
        tokenizer=tokenizer,
    )
    model.to(dtype).save_pretrained(folder)
    processor.save_pretrained(folder)
