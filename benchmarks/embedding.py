"""How fast a class of pictures is embedded, from a Parquet table to a Parquet table.

    python benchmarks/embedding.py --device cpu     (ViT-B/32, 32 images)
    python benchmarks/embedding.py --device cuda    (ViT-L/14, 1,300 images)

Contestants: the library's plain loop over files; the same fed by torch's DataLoader, a worker
process a thread; this project; and the model alone, its tensors already on the device, which is
the most that any feeding can reach. Models have the full architecture and random weights, so that
nothing is fetched.

Not here: clip-retrieval. Its pins (2.45: transformers below 5, numpy below 2, pyarrow below 16)
exclude this project's, so it cannot take turns in one process; its reader is a DataLoader over
files, as that of the second contestant.
"""

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
import transformers
from PIL import Image
from rates import arguments, matrix_rate, report, side_by_side
from torch.utils.flop_counter import FlopCounterMode

from synthgap.embedding.clip import ClipEncoder
from synthgap.embedding.table import embed_image_table
from synthgap.image_sets.digits import SIZE
from synthgap.miniature.clip import build
from synthgap.miniature.tokenizer import train_tokenizer
from synthgap.models import Checkpoint, ModelSource
from synthgap.tables import IMAGES, write

LARGE = {
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

DISTINCT = 32
"""Pictures that differ; more would only take longer to make."""


def save_model(architecture: str, dtype: torch.dtype, folder: Path) -> None:
    """Write a CLIP with random weights and its processor."""
    tokenizer = train_tokenizer()
    torch.manual_seed(0)
    if architecture == "miniature":
        model, side = build(tokenizer), SIZE
    else:
        config = transformers.CLIPConfig(**(LARGE if architecture == "l14" else {}))
        config.text_config.vocab_size = len(tokenizer)
        model, side = transformers.CLIPModel(config), 224
    processor = transformers.CLIPProcessor(
        image_processor=transformers.CLIPImageProcessor(
            size={"shortest_edge": side}, crop_size={"height": side, "width": side}
        ),
        tokenizer=tokenizer,
    )
    model.to(dtype).save_pretrained(folder)
    processor.save_pretrained(folder)


def pictures(count: int, side: int, suffix: str) -> Iterator[bytes]:
    """Encoded pictures of colour gradients with some grain, about as large as photographs."""
    made = []
    for number in range(min(count, DISTINCT)):
        rng = np.random.default_rng(number)
        coarse = Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), dtype=int)
        grainy = smooth + rng.integers(-6, 7, smooth.shape)
        buffer = io.BytesIO()
        Image.fromarray(np.clip(grainy, 0, 255).astype(np.uint8)).save(
            buffer, format=suffix, **({"quality": 95} if suffix == "jpeg" else {})
        )
        made.append(buffer.getvalue())
    for number in range(count):
        yield made[number % len(made)]


class Files(torch.utils.data.Dataset[torch.Tensor]):
    """Image files, preprocessed one by one as DataLoader's worker processes do."""

    def __init__(self, files: list[Path], processor: Any) -> None:
        self.files, self.processor = files, processor

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> torch.Tensor:
        with Image.open(self.files[number]) as image:
            pixels = self.processor(images=image.convert("RGB"), return_tensors="pt").pixel_values
        return torch.as_tensor(pixels[0])


def main() -> None:
    parser = arguments("Embed a class of pictures.")
    cuda = parser.parse_known_args()[0].device == "cuda"
    parser.add_argument(
        "--architecture", choices=["miniature", "b32", "l14"], default="l14" if cuda else "b32"
    )
    parser.add_argument("--images", type=int, default=1300 if cuda else 32)
    parser.add_argument("--side", type=int, default=512, help="height and width in pixels")
    parser.add_argument("--format", choices=["png", "jpeg"], default="jpeg")
    parser.add_argument("--batch-size", type=int, default=256 if cuda else 16)
    parser.add_argument("--dtype", choices=["float32", "float16", "bfloat16"])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    if given.device == "cpu" and torch.cuda.is_available():
        parser.error("to measure the CPU beside a GPU, set CUDA_VISIBLE_DEVICES= (empty)")
    name = given.dtype or ("bfloat16" if given.device == "cuda" else "float32")
    dtype: torch.dtype = getattr(torch, name)
    side = SIZE if given.architecture == "miniature" else given.side
    torch.set_num_threads(given.threads)

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        save_model(given.architecture, dtype, folder / "model")
        contents = list(pictures(given.images, side, given.format))
        rows, files = [], []
        for index, content in enumerate(contents):
            files.append(folder / f"{index}.{given.format}")
            files[-1].write_bytes(content)
            cell = {"bytes": content, "path": files[-1].name}
            rows.append({"image": cell, "class_id": "c", "index": index, "key": str(index)})
        write(pa.Table.from_pylist(rows, schema=IMAGES), folder / "images.parquet", {})
        del rows

        source = ModelSource(folder=str(folder / "model"))
        encoder = ClipEncoder(kind="clip", model=source, dtype=name, batch_size=given.batch_size)
        model = transformers.CLIPModel.from_pretrained(folder / "model", dtype=dtype)
        model.to(given.device).eval()
        processor = transformers.CLIPProcessor.from_pretrained(folder / "model")

        def features(pixels: torch.Tensor) -> torch.Tensor:
            found = model.get_image_features(pixels.to(given.device, dtype)).pooler_output.float()
            return torch.nn.functional.normalize(found, dim=1)

        @torch.inference_mode()
        def plain() -> np.ndarray:
            found = []
            for start in range(0, len(files), given.batch_size):
                batch = files[start : start + given.batch_size]
                images = [Image.open(file).convert("RGB") for file in batch]
                pixels = processor(images=images, return_tensors="pt").pixel_values
                found.append(features(pixels).cpu().numpy())
            return np.concatenate(found)

        @torch.inference_mode()
        def loaded() -> np.ndarray:
            loader = torch.utils.data.DataLoader(
                Files(files, processor),
                batch_size=given.batch_size,
                num_workers=given.threads,
                pin_memory=given.device == "cuda",
            )
            return np.concatenate([features(pixels).cpu().numpy() for pixels in loader])

        def synthgap() -> None:
            embed_image_table(
                folder / "images.parquet",
                folder / "embeddings.parquet",
                encoder=encoder,
                checkpoint=Checkpoint(str(folder / "model"), None, "random"),
                threads=given.threads,
                metadata={},
            )

        crop = processor.image_processor.crop_size["height"]
        ready = torch.randn(given.batch_size, 3, crop, crop, device=given.device, dtype=dtype)

        @torch.inference_mode()
        def model_only() -> None:
            for start in range(0, given.images, given.batch_size):
                features(ready[: given.images - start])

        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            features(ready[:1])
        rates = side_by_side(
            {
                "transformers, loop over files": plain,
                "transformers, DataLoader over files": loaded,
                "synthgap, from Parquet": synthgap,
                "model only": model_only,
            },
            given.images,
            given.device,
            given.rounds,
            counter.get_total_flops(),
            matrix_rate(given.device, dtype),
        )
    ours, most = rates[2], rates[3]
    facts = {
        "architecture": given.architecture,
        "images": f"{given.images} of {side}x{side} {given.format}",
        "batch size": given.batch_size,
        "dtype": name,
        "threads": given.threads,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "synthgap over model only": f"{ours.images_per_s / most.images_per_s:.0%}",
    }
    report("Embedding", rates, given.device, facts, given.json)


if __name__ == "__main__":
    main()
