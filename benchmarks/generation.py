"""How fast images of a class are made, from prompts to encoded pictures.

    python benchmarks/generation.py --device cpu     (the miniature's architecture, 32 images)
    python benchmarks/generation.py --device cuda    (Stable Diffusion v1.5)
    python benchmarks/generation.py --device cuda --compile

Contestants: the plain loop of diffusers' documentation, one prompt at a time; the same pipeline
called with batches; and this project's job, from prompts to a finished table. With `--compile`, the
job with its denoiser compiled beside the same without. All make pictures of the same prompts and
encode them as JPEG. Pipelines have the full architecture and random weights.
"""

import io
import itertools
import tempfile
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest import mock

import diffusers
import torch
from architectures import save_pipeline
from rates import Contestant, Goal, Rate, arguments, matrix_rate, ratio, record, show, side_by_side
from torch.utils.flop_counter import FlopCounterMode

from synthgap.generation import diffusers_pipeline
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.image_table import update_images
from synthgap.generation.pictures import Request
from synthgap.jobs.devices import best_device
from synthgap.models import Checkpoint, ModelSource
from synthgap.seeds import image_seed

PROMPTS = ["one, a single straight stroke", "two, a hook on top of a flat base"]
GUIDANCE_SCALE = 7.5
QUALITY = 95

SIZES = {"miniature": 16, "sd15": 512}
STEPS = {"miniature": 15, "sd15": 50}
BATCH = 16
"""Of the batched loop; this project finds its own on a GPU."""

LOOP, BATCHES = "diffusers, one prompt at a time", "diffusers, batches of {}"
OURS, COMPILED = "synthgap", "synthgap, compiled"


def requested(count: int) -> list[Request]:
    return [
        Request(PROMPTS[index % len(PROMPTS)], image_seed(0, "one", index))
        for index in range(count)
    ]


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
    """Count the operations of one image: text and decoding once, the denoiser every step.

    PNDM calls it once for one step, but n + 1 times for more.
    """
    counted = []
    for few in (2, 3):
        with FlopCounterMode(display=False) as counter:
            in_batches(opened, requested(1), 1, few, side)
        counted.append(counter.get_total_flops())
    return float(counted[0] + (steps - 2) * (counted[1] - counted[0]))


def waits_per_step(opened: Any, side: int) -> float:
    """How often a step of the denoising loop waits for the GPU, as PyTorch tells."""
    counted = []
    for steps in (4, 8):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                in_batches(opened, requested(1), 1, steps, side)
            finally:
                torch.cuda.set_sync_debug_mode("default")
        counted.append(sum("called a synchronizing" in str(warning.message) for warning in found))
    return (counted[1] - counted[0]) / 4


class Jobs:
    """This project's jobs on one model, each with a table of its own."""

    def __init__(self, model: Path, folder: Path, threads: int, **settings: Any) -> None:
        self.model, self.folder, self.threads, self.settings = model, folder, threads, settings
        self.turn = itertools.count()

    def job(self, count: int, **settings: Any) -> Callable[[], None]:
        """What makes a table of so many images."""
        # What random weights draw may be of one colour.
        spec = {"kind": "diffusers", "max_flagged": 1, **self.settings, **settings}
        generator = DiffusersGenerator(model=ModelSource(folder=str(self.model)), **spec)

        def work() -> None:
            update_images(
                self.folder / f"{next(self.turn)}.parquet",
                class_id="one",
                prompts=PROMPTS,
                count=count,
                study_seed=0,
                generator=generator,
                checkpoint=Checkpoint(str(self.model), None, "random"),
                guidance_scale=GUIDANCE_SCALE,
                metadata={},
                threads=self.threads,
            )

        return work


def main() -> None:
    parser = arguments("Images made a second.")
    parser.add_argument("--architecture", choices=SIZES)
    parser.add_argument("--images", type=int, help="images a turn of this project's job")
    parser.add_argument("--alone", type=int, help="images a turn of the plain loop")
    parser.add_argument("--batched", type=int, help="images a turn of the batched loop")
    parser.add_argument("--steps", type=int, help="denoising steps")
    parser.add_argument("--batch-size", type=int, default=BATCH, help="of the batched loop")
    parser.add_argument("--compile", action="store_true", help="the job, compiled and not")
    parser.add_argument("--model", type=Path, help="folder of the model, made if it is not there")
    given = parser.parse_args()
    device, cuda = given.device, given.device == "cuda"
    threads = torch.get_num_threads()
    if best_device(threads).type != device:
        parser.error(f"this project computes on the {best_device(threads).type} of this machine")
    architecture = given.architecture or ("sd15" if cuda else "miniature")
    steps = given.steps or STEPS[architecture]
    side = SIZES[architecture]
    # On a GPU what takes some seconds: this project makes a class of 1,300 in such batches.
    images = given.images or (65 if cuda else 32)
    alone, batched = given.alone or (2 if cuda else 32), given.batched or (16 if cuda else 32)
    dtype = torch.float16 if cuda else torch.float32

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model = given.model or folder / "model"
        save_pipeline(architecture, dtype, model, device)
        jobs = Jobs(
            model,
            folder,
            threads,
            num_inference_steps=steps,
            height=side,
            width=side,
            dtype=str(dtype).removeprefix("torch."),
            image_format="jpeg",
            jpeg_quality=QUALITY,
            # Of a size that was found before, as in all classes but the first.
            batch_size=images if cuda else given.batch_size,
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
        flops = None
        if given.compile:
            # Both models stay loaded, so that they can take turns.
            models: dict[Any, Any] = {}
            mock.patch.object(
                diffusers_pipeline,
                "held",
                lambda key, load: models.get(key) or models.setdefault(key, load()),
            ).start()
            contestants = {
                OURS: Contestant(jobs.job(images), images),
                COMPILED: Contestant(jobs.job(images, compile=True), images),
            }
        else:
            opened = diffusers.StableDiffusionPipeline.from_pretrained(model, dtype=dtype)
            opened.to(device).set_progress_bar_config(disable=True)
            flops = flops_per_image(opened, steps, side)
            facts["TFLOP an image"] = f"{flops / 1e12:.3g}"
            if cuda:
                facts["waits a step"] = waits_per_step(opened, side)
            size = given.batch_size
            contestants = {
                LOOP: Contestant(
                    lambda: in_batches(opened, requested(alone), 1, steps, side), alone
                ),
                BATCHES.format(size): Contestant(
                    lambda: in_batches(opened, requested(batched), size, steps, side), batched
                ),
                OURS: Contestant(jobs.job(images), images),
            }
        title, goals = (
            ("Generation, compiled", of_compiling)
            if given.compile
            else ("Generation", of_generation)
        )
        for rates in side_by_side(
            contestants,
            device,
            given.rounds,
            given.seconds,
            flops,
            matrix_rate(device, torch.bfloat16 if cuda else dtype),
        ):
            found = record(title, rates, device, facts, given.json, goals(rates))
    show(found)


def of_generation(rates: list[Rate]) -> list[Goal]:
    _, batches, ours = rates
    return [
        Goal("images a second", 5, ours.images_per_s),
        Goal("over the documentation's loop", 2.5, ours.ratio),
        Goal(f"over {batches.name}", 1.1, ratio(rates, OURS, batches.name)),
    ]


def of_compiling(rates: list[Rate]) -> list[Goal]:
    eager, compiled = rates
    assert eager.warming_s is not None
    assert compiled.warming_s is not None
    return [
        Goal("compiled over not compiled", 1.25, compiled.ratio),
        # Both load the model as well.
        Goal("seconds of compiling", None, compiled.warming_s - eager.warming_s, at_most=True),
    ]


if __name__ == "__main__":
    main()
