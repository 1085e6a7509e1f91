"""What a GPU and half precision change, held against what the documentation says.

    python benchmarks/correctness.py --device cuda

Images and embeddings in float32, bfloat16 and float16 against float32 on the CPU; the same alone
and in a batch; a batch that is too large for the memory; two jobs that want one GPU; measures on
the GPU against those on the CPU. Models have the full architectures and random weights. On a CPU
the same checks run with the miniature's, to try them. What no bound is stated for is only measured.
A check that fails leaves the others their say.
"""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import photographs
import torch
from architectures import save_clip, save_pipeline
from diffusers.pipelines.stable_diffusion import pipeline_stable_diffusion as stable_diffusion
from diffusers.utils.torch_utils import randn_tensor
from generation import PROMPTS, Jobs
from measures import unit_vectors
from rates import Goal, arguments, record, show

import synthgap.models
from synthgap.embedding.clip import ClipEncoder
from synthgap.generation import diffusers_pipeline
from synthgap.generation.batches import LARGEST, BatchSize
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.pictures import Request
from synthgap.image_files.decoding import opened
from synthgap.jobs import devices
from synthgap.jobs.workers import VISIBLE
from synthgap.measures.frechet import frechet_distance
from synthgap.measures.manifolds import precision_recall_density_coverage
from synthgap.measures.numerics.neighbour_search import nearest
from synthgap.measures.vendi import vendi_score
from synthgap.models import Checkpoint, ModelSource
from synthgap.tables import read

DTYPES = ("float32", "bfloat16", "float16")

COSINE = {"float32": 1 - 1e-5, "bfloat16": 0.9995, "float16": 0.99999}
"""Least cosine with the embedding in float32 on the CPU, as docs/ARCHITECTURE.md states it."""

CLAIM = """
import os, pathlib, sys, time
from synthgap.jobs.device_claims import claimed
folder, wanted = pathlib.Path(sys.argv[1]), int(sys.argv[2])
with claimed(1) as name:
    start = time.time()
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < wanted and time.time() < start + 30:
        time.sleep(0.05)
    time.sleep(0.5)
    print(start, time.time(), name)
"""
"""A job that has a GPU until so many have had one; it says from when to when, and which."""


class Pair(NamedTuple):
    """The same made alone and together."""

    alone: np.ndarray
    together: np.ndarray


class Models(NamedTuple):
    """What is computed, on whatever device the process sees."""

    pipeline: Path
    clip: Path
    side: int
    steps: int
    number: int
    """Of images."""
    threads: int

    def images(self, dtype: str, batch_size: int) -> np.ndarray:
        """Grey levels of images, (n, h, w, 3)."""
        spec = DiffusersGenerator(
            kind="diffusers",
            model=ModelSource(folder=str(self.pipeline)),
            num_inference_steps=self.steps,
            height=self.side,
            width=self.side,
            dtype=dtype,
        )
        # PyTorch 2.11 draws other noise in half precision; 2.15 draws the same, as is meant here.
        stable_diffusion.randn_tensor = _noise
        requests = [Request(PROMPTS[i % len(PROMPTS)], i) for i in range(self.number)]
        checkpoint = Checkpoint(str(self.pipeline), None, "random")

        # Opened by the first image; a batch size that is set would open it anew.
        next(spec.images(checkpoint, 7.5, requests, self.threads))
        held_pipeline().batch_size = BatchSize(batch_size, None)
        made = list(spec.images(checkpoint, 7.5, requests, self.threads))
        return np.stack([picture.pixels for picture in made]).astype(int)

    def embeddings(self, dtype: str, batch_size: int) -> np.ndarray:
        """Unit embeddings of pictures, (n, d)."""
        source = ModelSource(folder=str(self.clip))
        encoder = ClipEncoder(kind="clip", model=source, dtype=dtype)
        model = encoder.open(Checkpoint(str(self.clip), None, "random"), self.threads)
        pictures = [opened(each) for each in photographs.pictures(self.number, 512, "png")]
        prepared = [model.prepare([picture]) for picture in pictures]
        model.batch_size = batch_size
        made = model.embed_images(prepared)
        unit: np.ndarray = made / np.linalg.norm(made, axis=1, keepdims=True)
        return unit


def _noise(shape: Any, *, dtype: torch.dtype, **options: Any) -> torch.Tensor:
    drawn: torch.Tensor = randn_tensor(shape, dtype=torch.float32, **options)
    return drawn.to(dtype)


class Exact(NamedTuple):
    """In float32 on the CPU, one at a time."""

    images: np.ndarray
    embeddings: np.ndarray


def exact(models: Models) -> Exact:
    return Exact(models.images("float32", 1), models.embeddings("float32", 1))


@contextlib.contextmanager
def beside(models: Models) -> Iterator[Callable[[], Exact]]:
    """Compute the exact values in a process that sees no GPU, while this one goes on."""
    seen = os.environ.get(VISIBLE)
    os.environ[VISIBLE] = ""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        if seen is None:
            del os.environ[VISIBLE]
        else:
            os.environ[VISIBLE] = seen
        yield pool.apply_async(exact, (models,)).get


def out_of_memory(models: Models, device: str, folder: Path) -> Iterator[Goal]:
    """A job whose batches do not fit makes the images that it would have made."""
    count = 16
    jobs = Jobs(
        models.pipeline,
        folder,
        models.threads,
        num_inference_steps=2,
        height=models.side,
        width=models.side,
        dtype="float16" if device == "cuda" else "float32",
        batch_size=count,
    )
    job, peaks = jobs.job(count), []
    for size in (count // 2, count):
        # The first opens the model, and both leave what a batch takes.
        jobs.job(size)()
        peaks.append(torch.cuda.max_memory_allocated() if device == "cuda" else 0)
    with memory_for(count // 2, device, sum(peaks) // 2):
        job()
    size = held_pipeline().batch_size.size
    yield Goal("out of memory: batch size after it", count // 2, size, at_most=True)
    whole, halved = (read(folder / f"{turn}.parquet") for turn in (1, 2))
    columns = ["index", "seed", "prompt", "key"]
    same = whole.num_rows == count and whole.select(columns).equals(halved.select(columns))
    yield Goal("out of memory: rows, seeds and keys are all there (1: yes)", 1, float(same))
    levels = [
        np.stack([np.asarray(opened(cell["bytes"])) for cell in table["image"].to_pylist()]).astype(
            int
        )
        for table in (whole, halved)
    ]
    apart = np.abs(levels[0] - levels[1])
    yield Goal("out of memory: mean difference in levels", None, apart.mean(), at_most=True)


def auto(models: Models, folder: Path) -> Iterator[Goal]:
    """A batch size that finds itself, and is found again by the next process."""
    settings = {"num_inference_steps": 1, "height": models.side, "width": models.side}
    jobs = Jobs(models.pipeline, folder / "auto", models.threads, dtype="float16", **settings)
    jobs.job(LARGEST + 63)()
    yield Goal("auto: images at once that were found", LARGEST, held_pipeline().batch_size.size)
    synthgap.models.release()
    jobs.job(1)()
    yield Goal("auto: images at once, next time", LARGEST, held_pipeline().batch_size.size)


@contextlib.contextmanager
def memory_for(images: int, device: str, peak: int) -> Iterator[None]:
    """Leave a GPU that much memory, enough for so many and no more; on a CPU, pretend to."""
    if device == "cuda":
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(peak / total)
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
        return
    make = diffusers_pipeline._Open._made

    def refusing(self: Any, requests: Any, *others: Any) -> Any:
        if len(requests) > images:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return make(self, requests, *others)

    with mock.patch.object(diffusers_pipeline._Open, "_made", refusing):
        yield


def held_pipeline() -> Any:
    """The pipeline that this process holds."""
    (found,) = synthgap.models._held.values()
    return found


def claims(device: str) -> Iterator[Goal]:
    """Two jobs that want a GPU have it one after the other, or share it where they may."""
    for shares in (1, 2):
        environment = {**os.environ, devices.JOBS_PER_DEVICE: str(shares)}
        if device == "cpu":
            # A name is all that a claim needs.
            environment[VISIBLE] = "0"
        with tempfile.TemporaryDirectory() as folder:
            jobs = [
                subprocess.Popen(
                    [sys.executable, "-c", CLAIM, folder, str(shares)],
                    env=environment,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for _ in range(2)
            ]
            (a, b, one), (c, d, other) = (job.communicate()[0].split() for job in jobs)
        together = float(min(float(b), float(d)) > max(float(a), float(c)))
        yield Goal(f"two jobs, {shares} a GPU: have the same (1: yes)", 1, float(one == other))
        what = f"two jobs, {shares} a GPU: at the same time (1: yes)"
        yield Goal(what, shares - 1, together, at_most=shares == 1)


def dtypes(models: Models, precise: Callable[[], Exact]) -> Iterator[Goal]:
    """Every number format against the exact values, and alone against in a batch."""
    sizes = (1, models.number)
    found = {
        dtype: [
            Pair(*(compute(dtype, size) for size in sizes))
            for compute in (models.images, models.embeddings)
        ]
        for dtype in DTYPES
    }
    images, embeddings = precise()
    for dtype, (made, _) in found.items():
        for what, one, other in (
            ("float32 on the CPU", made.alone, images),
            (f"in a batch of {models.number}", made.together, made.alone),
        ):
            apart = np.abs(one - other)
            where = f"images, {dtype}, against {what}"
            yield Goal(f"{where}: mean difference in levels", None, apart.mean(), at_most=True)
            yield Goal(f"{where}: largest", None, apart.max(), at_most=True)
    yield Goal("images: standard deviation of their levels", None, images.std())
    for dtype, (_, embedded) in found.items():
        for what, one, other in (
            ("float32 on the CPU", embedded.alone, embeddings),
            (f"in a batch of {models.number}", embedded.together, embedded.alone),
        ):
            cosine = np.sum(one * other, axis=1, dtype=np.float64).min()
            yield Goal(f"embeddings, {dtype}, against {what}: least cosine", COSINE[dtype], cosine)
    others = (embeddings @ embeddings.T)[~np.eye(models.number, dtype=bool)]
    yield Goal("embeddings: greatest cosine of different pictures", None, others.max())


def measures(device: str) -> Iterator[Goal]:
    """On the GPU as on the CPU."""
    sets = unit_vectors(0, 3000, 64), unit_vectors(1, 3000, 64)
    there = "cuda" if device == "cuda" else "torch:cpu"
    found = [nearest(*sets, 5, device=where) for where in ("cpu", there)]
    same = float(np.array_equal(found[0].indices, found[1].indices))
    yield Goal("measures: the same neighbours (1: yes)", 1, same)
    compared: tuple[Callable[..., Any], ...] = (
        precision_recall_density_coverage,
        frechet_distance,
        vendi_score,
    )
    for measure in compared:
        # Of float32 the CPU would compute it in single precision, as no table does.
        given = [sets[0].astype(np.float64)] if measure is vendi_score else sets
        values = [np.array(measure(*given, device=where)) for where in ("cpu", there)]
        apart = float(np.abs(values[1] / values[0] - 1).max())
        yield Goal(f"measures: {measure.__name__}, relative", 1e-9, apart, at_most=True)


def main() -> None:
    parser = arguments("What a GPU and half precision change.")
    parser.add_argument("--small", action="store_true", help="the miniature's architectures")
    given = parser.parse_args()
    goals: list[Goal] = []
    failed: list[str] = []
    facts: dict[str, object] = {"torch": torch.__version__}

    def run(checks: dict[str, Iterator[Goal]]) -> dict[str, Any]:
        for name, check in checks.items():
            try:
                goals.extend(check)
            except Exception:
                traceback.print_exc()
                failed.append(name)
            facts["failed"] = ", ".join(failed) or "nothing"
            found = record("Correctness", [], given.device, facts, given.json, goals, judged=True)
        return found

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        models = Models(
            folder / "pipeline",
            folder / "clip",
            # A quarter of the usual pixels: the CPU computes the same images in float32.
            side=16 if given.small else 256,
            steps=4,
            number=2,
            threads=len(os.sched_getaffinity(0)),
        )
        # Before the processor is busy.
        run({"claims": claims(given.device), "measures": measures(given.device)})
        architectures = ("miniature", "miniature") if given.small else ("sd15", "l14")
        facts["architectures"] = " and ".join(architectures)
        facts["images"] = f"{models.number} of {models.side}×{models.side}, {models.steps} steps"
        save_pipeline(architectures[0], torch.float32, models.pipeline, given.device)
        save_clip(architectures[1], torch.float32, models.clip, given.device)
        with beside(models) as precise:
            memory = {"out of memory": out_of_memory(models, given.device, folder)}
            if given.device == "cuda":
                memory["batches that find their size"] = auto(models, folder)
            found = run({**memory, "number formats": dtypes(models, precise)})
    show(found)
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
