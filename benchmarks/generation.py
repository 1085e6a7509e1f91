"""How fast images of a class are made, from prompts to encoded pictures.

    python benchmarks/generation.py --architecture miniature --images 32 --device cpu
    python benchmarks/generation.py --architecture sd15 --images 512 --device cuda

Contestants: the plain loop of diffusers' documentation, one prompt at a time; the same pipeline
called with batches; and this project's job, from prompts to a finished table. All make the same
pictures from the same seeds and encode them as JPEG. Pipelines have the full architecture and
random weights, so that nothing is fetched; speed does not depend on the weights.
"""

import io
import itertools
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import diffusers
import torch
from rates import arguments, matrix_rate, report, side_by_side
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPTextConfig, CLIPTextModel

from synthgap.devices import best_device
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.pictures import Request
from synthgap.generation.table import update_images
from synthgap.miniature import autoencoder, diffusion
from synthgap.miniature.tokenizer import train_tokenizer
from synthgap.models import Checkpoint, ModelSource
from synthgap.seeds import image_seed

PROMPTS = ["one, a single straight stroke", "two, a hook on top of a flat base"]
GUIDANCE_SCALE = 7.5
QUALITY = 95

SIZES = {"miniature": 16, "sd15": 512}
STEPS = {"miniature": 15, "sd15": 50}
BATCHES = {"miniature": 16, "sd15": 16}
"""Of the batched loop; this project finds its own on a GPU."""


def pipeline(architecture: str) -> diffusers.StableDiffusionPipeline:
    """A Stable Diffusion with random weights, of v1.5's architecture or the miniature's."""
    torch.manual_seed(0)
    tokenizer = train_tokenizer()
    large = architecture == "sd15"
    width = 768 if large else 64
    tokenizer.model_max_length = 77 if large else 40
    text = CLIPTextConfig(
        vocab_size=49408 if large else len(tokenizer),
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=12 if large else 2,
        num_attention_heads=12 if large else 2,
        max_position_embeddings=tokenizer.model_max_length,
    )
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
        unet, vae = diffusion.build(width), autoencoder.build()
    return diffusers.StableDiffusionPipeline(
        vae=vae,
        text_encoder=CLIPTextModel(text),
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
    )


def in_batches(opened: Any, requests: Sequence[Request], size: int, steps: int, side: int) -> None:
    """Call the pipeline as its documentation does, and encode what it returns."""
    for start in range(0, len(requests), size):
        batch = requests[start : start + size]
        made = opened(
            [request.prompt for request in batch],
            generator=[torch.Generator().manual_seed(request.seed) for request in batch],
            guidance_scale=GUIDANCE_SCALE,
            num_inference_steps=steps,
            height=side,
            width=side,
        )
        for image in made.images:
            image.save(io.BytesIO(), format="JPEG", quality=QUALITY)


def flops_per_image(opened: Any, steps: int, side: int) -> float:
    """Count the operations of one image: text and decoding once, the denoiser every step."""
    counted = []
    for few in (1, 2):
        with FlopCounterMode(display=False) as counter:
            in_batches(opened, [Request(PROMPTS[0], 0)], 1, few, side)
        counted.append(counter.get_total_flops())
    return float(counted[0] + (steps - 1) * (counted[1] - counted[0]))


def main() -> None:
    parser = arguments("Images made a second.")
    parser.add_argument("--architecture", choices=SIZES)
    parser.add_argument("--images", type=int, help="images a turn")
    parser.add_argument("--steps", type=int, help="denoising steps")
    parser.add_argument("--batch-size", type=int, help="of the batched loop")
    parser.add_argument("--compile", action="store_true", help="this project's job compiles")
    given = parser.parse_args()
    device = given.device
    threads = torch.get_num_threads()
    if best_device(threads).type != device:
        parser.error(f"this project computes on the {best_device(threads).type} of this machine")
    architecture = given.architecture or ("sd15" if device == "cuda" else "miniature")
    steps = given.steps or STEPS[architecture]
    side = SIZES[architecture]
    size = given.batch_size or BATCHES[architecture]
    images = given.images or (512 if device == "cuda" else 32)
    dtype = torch.float16 if device == "cuda" else torch.float32
    requests = [
        Request(PROMPTS[index % len(PROMPTS)], image_seed(0, "one", index))
        for index in range(images)
    ]

    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        pipeline(architecture).to(dtype).save_pretrained(model)
        opened = diffusers.StableDiffusionPipeline.from_pretrained(model, dtype=dtype).to(device)
        opened.set_progress_bar_config(disable=True)
        turn = itertools.count()

        generator = DiffusersGenerator(
            kind="diffusers",
            model=ModelSource(folder=str(model)),
            num_inference_steps=steps,
            height=side,
            width=side,
            dtype="float16" if device == "cuda" else "float32",
            image_format="jpeg",
            jpeg_quality=QUALITY,
            batch_size="auto" if device == "cuda" else size,
            compile=given.compile,
            # What random weights draw may be of one colour.
            max_flagged=1,
        )

        def job() -> None:
            update_images(
                Path(folder, f"{next(turn)}.parquet"),
                class_id="one",
                prompts=PROMPTS,
                count=images,
                study_seed=0,
                generator=generator,
                checkpoint=Checkpoint(str(model), None, "random"),
                guidance_scale=GUIDANCE_SCALE,
                metadata={},
                threads=threads,
            )

        contestants = {
            "diffusers, one prompt at a time": lambda: in_batches(opened, requests, 1, steps, side),
            f"diffusers, batches of {size}": lambda: in_batches(
                opened, requests, size, steps, side
            ),
            "synthgap, compiled" if given.compile else "synthgap": job,
        }
        rates = side_by_side(
            contestants,
            images,
            device,
            given.rounds,
            flops_per_image(opened, steps, side),
            matrix_rate(device, torch.bfloat16 if device == "cuda" else dtype),
        )
    facts = {
        "architecture": architecture,
        "images": images,
        "steps": steps,
        "size": f"{side}×{side}",
        "dtype": str(dtype).removeprefix("torch."),
        "threads": threads,
        "diffusers": version("diffusers"),
        "torch": torch.__version__,
    }
    report("Generation", rates, device, facts, given.json)


if __name__ == "__main__":
    main()
