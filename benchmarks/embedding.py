"""How fast a class of pictures is embedded, from a Parquet table to a Parquet table.

    python benchmarks/embedding.py --device cpu     (ViT-B/32, 32 images)
    python benchmarks/embedding.py --device cuda    (ViT-L/14, 1,300 images)

Contestants: the library's plain loop over files; the same fed by torch's DataLoader, a worker
process a thread; this project; and the model alone, its tensors already on the device, which is
the most that any feeding can reach. Then what feeding is made of, each alone, so as to say what the
model waits for: decoding; decoding and preparing (resizing, cropping, normalising); on a GPU
copying from pinned memory. Models have the full architecture and random weights.

Not here: clip-retrieval. Its pins (2.45: transformers below 5, numpy below 2, pyarrow below 16)
exclude this project's, so it cannot take turns in one process; its reader is a DataLoader over
files, as that of the second contestant.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import photographs
import pyarrow as pa
import torch
import transformers
from architectures import save_clip
from PIL import Image
from rates import Contestant, Goal, Rate, arguments, matrix_rate, ratio, record, show, side_by_side
from torch.utils.flop_counter import FlopCounterMode

from synthgap.embedding.clip import ClipEncoder
from synthgap.embedding.embedding_tables import PIECE, embed_image_table
from synthgap.image_files.decoding import pictures
from synthgap.image_sets.digits import SIZE
from synthgap.jobs.ahead import ahead
from synthgap.models import Checkpoint, ModelSource
from synthgap.tables import IMAGES, read_pieces, write


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


LOOP, LOADER = "transformers, loop over files", "transformers, DataLoader over files"
OURS, MODEL = "synthgap, from Parquet", "the model alone"
DECODING, PREPARING, COPYING = "decoding alone", "decoding and preparing alone", "copying alone"
FEEDING = (DECODING, PREPARING, COPYING)


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
        save_clip(given.architecture, dtype, folder / "model", given.device)
        table = folder / "images.parquet"
        files = write_images(table, folder, given.images, side, given.format)
        source = ModelSource(folder=str(folder / "model"))
        encoder = ClipEncoder(kind="clip", model=source, dtype=name, batch_size=given.batch_size)
        checkpoint = Checkpoint(str(folder / "model"), None, "random")
        model = transformers.CLIPModel.from_pretrained(folder / "model", dtype=dtype)
        model.to(given.device).eval()
        processor = transformers.CLIPProcessor.from_pretrained(folder / "model")

        def features(pixels: torch.Tensor) -> torch.Tensor:
            found = model.get_image_features(pixels.to(given.device, dtype)).pooler_output.float()
            return torch.nn.functional.normalize(found, dim=1)

        @torch.inference_mode()
        def plain() -> np.ndarray:
            # This project leaves its threads one each.
            torch.set_num_threads(given.threads)
            found = []
            for start in range(0, few, given.batch_size):
                batch = files[start : min(start + given.batch_size, few)]
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
                table,
                folder / "embeddings.parquet",
                encoder=encoder,
                checkpoint=checkpoint,
                threads=given.threads,
                metadata={},
            )

        # The loop is the slowest by far.
        few = min(given.images, 256)
        crop = processor.image_processor.crop_size["height"]
        ready = torch.randn(given.batch_size, 3, crop, crop, device=given.device, dtype=dtype)

        @torch.inference_mode()
        def model_only() -> None:
            for start in range(0, given.images, given.batch_size):
                features(ready[: given.images - start])

        opened = encoder.open(checkpoint, given.threads)
        on_host = {"pixel_values": ready.cpu()}

        def copying() -> None:
            for _ in range(0, given.images, given.batch_size):
                opened.on_device(on_host)

        def decoded(part: Any) -> list[Any]:
            return list(pictures(part, table))

        contestants = {
            LOOP: plain,
            LOADER: loaded,
            OURS: synthgap,
            MODEL: model_only,
            DECODING: lambda: deque(
                read_ahead(table, lambda part: len(decoded(part)), given.threads),
                maxlen=0,
            ),
            PREPARING: lambda: deque(
                read_ahead(
                    table,
                    lambda part: len(opened.prepare(decoded(part))),
                    given.threads,
                ),
                maxlen=0,
            ),
        }
        if cuda:
            contestants[COPYING] = copying
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            features(ready[:1])
        facts = {
            "architecture": given.architecture,
            "images": f"{given.images} of {side}×{side} {given.format}",
            "batch size": given.batch_size,
            "dtype": name,
            "threads": given.threads,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }
        for rates in side_by_side(
            {
                name: Contestant(work, few if name == LOOP else given.images)
                for name, work in contestants.items()
            },
            given.device,
            given.rounds,
            given.seconds,
            counter.get_total_flops(),
            matrix_rate(given.device, dtype),
        ):
            goals = [Goal("of the model alone", 0.9, ratio(rates, OURS, MODEL))]
            facts["slowest of what a table needs"] = slowest(rates)
            found = record(
                "Embedding", without_shares(rates), given.device, facts, given.json, goals
            )
    show(found)


def slowest(rates: list[Rate]) -> str:
    """What the others wait for."""
    needed = [rate for rate in rates if rate.name in (MODEL, *FEEDING)]
    return min(needed, key=lambda rate: rate.images_per_s).name


def without_shares(rates: list[Rate]) -> list[Rate]:
    """Reading a table computes nothing that a matrix product could be compared with."""
    return [rate._replace(matrix_share=None) if rate.name in FEEDING else rate for rate in rates]


def write_images(table: Path, folder: Path, count: int, side: int, suffix: str) -> list[Path]:
    """The same pictures in a table and as files, whose paths are returned."""
    rows, files = [], []
    for index, content in enumerate(photographs.pictures(count, side, suffix)):
        files.append(folder / f"{index}.{suffix}")
        files[-1].write_bytes(content)
        cell = {"bytes": content, "path": files[-1].name}
        rows.append({"image": cell, "class_id": "c", "index": index, "key": str(index)})
    write(pa.Table.from_pylist(rows, schema=IMAGES), table, {})
    return files


def read_ahead(table: Path, work: Callable[[pa.Table], int], threads: int) -> Iterator[int]:
    """What a job does before the model: pieces of a table, worked on by threads."""
    return ahead(work, read_pieces(table, PIECE), threads, most=2 * threads)


if __name__ == "__main__":
    main()
