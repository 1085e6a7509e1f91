"""Training: images a second from image tables, beside timm's loop on files and data in memory.

`python benchmarks/training.py --device cuda` trains resnetrs152 with random weights on images of
its own making; nothing is downloaded. On the CPU a small model stands in.

The peer is a loop of timm's own documented calls, since its train.py is in no package of timm's:
create_dataset on class folders, create_loader with its prefetcher, ClassificationTask,
create_optimizer_v2, create_scheduler_v2. Both have the recipe resnet-rs, the same images, readers
and batches. The 90 % line is the same training as ours with its batches already on the device.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import photographs
import pyarrow as pa
import timm
import torch
from rates import Contestant, Goal, arguments, matrix_rate, ratio, record, show, side_by_side
from torch.utils.flop_counter import FlopCounterMode

from synthgap.tables import IMAGES, write
from synthgap.training import recipe
from synthgap.training.index import Part, index_images
from synthgap.training.loop import Job, Setup
from synthgap.training.ranks import Ranks
from synthgap.training.timm_classifier import TimmClassifier

CLASSES = tuple(f"c{number}" for number in range(10))

FILES, TABLES = "timm's calls on files", "synthgap on tables"
MEMORY = "synthgap on data in memory"

NO_FACTS = ("device", "json", "rounds", "seconds")


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    cuda = parser.parse_known_args()[0].device == "cuda"
    parser.add_argument("--architecture", default="resnetrs152" if cuda else "test_resnet")
    parser.add_argument("--images", type=int, default=4096 if cuda else 320)
    parser.add_argument("--side", type=int, default=512 if cuda else 96, help="of the JPEGs")
    parser.add_argument("--image-size", type=int, default=224 if cuda else 64)
    parser.add_argument("--batch-size", type=int, default=128 if cuda else 32)
    parser.add_argument("--readers", type=int, default=16 if cuda else 1)
    parser.add_argument("--channels-last", action="store_true", default=cuda)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    spec = TimmClassifier.model_validate(
        {
            "kind": "timm",
            "preset": "resnet-rs",
            "seeds": [0],
            "amp": "bfloat16" if cuda else None,
            **{
                key: getattr(options, key)
                for key in (
                    *("architecture", "image_size", "batch_size", "readers"),
                    *("channels_last", "compile"),
                )
            },
        }
    )
    device = torch.device(options.device)
    if not cuda:
        # The readers need the other cores.
        torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        parts = make_images(Path(folder), options.images, options.side)
        index = index_images(parts)
        contestants = {
            FILES: timm_s(spec, Path(folder, "files"), device),
            TABLES: ours(spec, index, device),
            MEMORY: in_memory(spec, index, device),
        }
        steps = options.images // options.batch_size
        dtype = torch.bfloat16 if cuda else torch.float32
        facts = {
            **{key: value for key, value in vars(options).items() if key not in NO_FACTS},
            "amp": spec.amp,
            "torch": torch.__version__,
            "timm": timm.__version__,
        }
        for rates in side_by_side(
            {
                name: Contestant(work, steps * options.batch_size)
                for name, work in contestants.items()
            },
            options.device,
            options.rounds,
            options.seconds,
            flops_per_image(spec),
            matrix_rate(options.device, dtype),
        ):
            goals = [
                Goal("tables over timm's calls on files", 1.0, ratio(rates, TABLES, FILES)),
                Goal("tables over data in memory", 0.9, ratio(rates, TABLES, MEMORY)),
            ]
            found = record(
                "Training a classifier", rates, options.device, facts, options.json, goals
            )
    show(found)


def make_images(folder: Path, count: int, side: int) -> list[Part]:
    """The same JPEGs as tables and as class folders."""
    parts = []
    encoded = list(photographs.pictures(count, side, "jpeg"))
    for number, class_id in enumerate(CLASSES):
        rows = []
        (folder / "files" / class_id).mkdir(parents=True)
        for index in range(number, count, len(CLASSES)):
            (folder / "files" / class_id / f"{index:06d}.jpg").write_bytes(encoded[index])
            image = {"bytes": encoded[index], "path": f"{class_id}/{index}"}
            rows.append({"image": image, "class_id": class_id, "index": index, "key": str(index)})
        path = folder / f"{class_id}.parquet"
        write(pa.Table.from_pylist(rows, schema=IMAGES), path, {})
        parts.append(Part(str(path), "s", None))
    return parts


def job_of(spec: TimmClassifier, index: pa.Table, device: torch.device) -> Job:
    ranks = Ranks(0, 1, device)
    return Job(Setup(spec, CLASSES, index, index.slice(0, 1), 0, spec.readers, ranks))


def ours(spec: TimmClassifier, index: pa.Table, device: torch.device) -> Callable[[], object]:
    job, epochs = job_of(spec, index, device), iter(range(10**6))

    def work() -> None:
        epoch = next(epochs)
        job.order.epoch = epoch
        job.pass_over(epoch)

    return work


class OnDevice:
    """One batch again and again, which costs nothing to have."""

    def __init__(self, batch: Any, times: int) -> None:
        self.batch, self.times = batch, times

    def __len__(self) -> int:
        return self.times

    def __iter__(self) -> Iterator[Any]:
        for _ in range(self.times):
            yield self.batch


def in_memory(spec: TimmClassifier, index: pa.Table, device: torch.device) -> Callable[[], object]:
    job = job_of(spec.model_copy(update={"readers": 1}), index, device)
    batch = next(iter(job.batches))
    job.batches = OnDevice(batch, len(job.batches))
    epochs = iter(range(10**6))
    return lambda: job.pass_over(next(epochs))


def timm_s(spec: TimmClassifier, folder: Path, device: torch.device) -> Callable[[], object]:
    """A training with timm's own dataset, loader and task, as its train.py puts them together."""
    from timm.data import create_dataset, create_loader
    from timm.optim import create_optimizer_v2
    from timm.scheduler import create_scheduler_v2
    from timm.task import ClassificationTask

    layout = torch.channels_last if spec.channels_last else torch.contiguous_format
    model = timm.create_model(
        spec.architecture, num_classes=len(CLASSES), drop_rate=spec.dropout, drop_path_rate=0.0
    ).to(device, memory_format=layout)
    optimizer = create_optimizer_v2(
        model, opt=spec.optimizer, lr=spec.highest_learning_rate, weight_decay=spec.weight_decay
    )
    loader = create_loader(
        create_dataset("", root=str(folder)),
        input_size=(3, spec.image_size, spec.image_size),
        batch_size=spec.batch_size,
        is_training=True,
        color_jitter=None,
        auto_augment=spec.auto_augment,
        interpolation=spec.interpolation,
        num_workers=spec.readers,
        pin_memory=device.type == "cuda",
        device=device,
    )
    task = ClassificationTask(
        model, criterion_kwargs={"smoothing": spec.label_smoothing}, device=device, verbose=False
    )
    task.setup_ema(decay=spec.ema_decay)
    if spec.compile:
        task.compile()
    scheduler, _ = create_scheduler_v2(
        optimizer,
        num_epochs=spec.epochs,
        warmup_epochs=spec.warmup_epochs,
        step_on_epochs=False,
        updates_per_epoch=len(loader),
    )
    steps = iter(range(1, 10**9))
    precision = getattr(torch, spec.amp or "float32")

    def work() -> None:
        torch.backends.cudnn.benchmark = True
        task.get_trainable_module().train()
        for images, labels in loader:
            images = images.contiguous(memory_format=layout)
            with torch.autocast(device.type, precision, enabled=spec.amp is not None):
                loss = task(images, labels)["loss"]
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            step = next(steps)
            task.update_ema(step)
            scheduler.step_update(step)

    return work


def flops_per_image(spec: TimmClassifier) -> float:
    """Of the forward pass and of the backward pass, which is twice it."""
    with torch.device("meta"):
        model = recipe.make_model(spec, len(CLASSES))
        images = torch.zeros(1, 3, spec.image_size, spec.image_size)
    with FlopCounterMode(display=False) as counter:
        model(images).sum().backward()
    return float(counter.get_total_flops())


if __name__ == "__main__":
    main()
