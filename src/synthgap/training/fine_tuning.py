"""Training a classifier further, from the weights that another training left.

It is a training that goes on from a checkpoint before its first epoch, in which the weights are
those: so nothing of how a training runs differs, and none that starts from nothing is touched.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthgap.errors import InputError
from synthgap.files import replacing
from synthgap.provenance import canonical, digest
from synthgap.tables import write
from synthgap.training.checkpoint import Checkpoint
from synthgap.training.classifiers import Classifier
from synthgap.training.index import Part, data_identity, index_images
from synthgap.training.loop import Job, Setup, train
from synthgap.training.ranks import joined, on_several_gpus
from synthgap.training.results import predictions


def fine_tune_and_test(
    spec: Classifier,
    *,
    start: str | Path,
    class_ids: Sequence[str],
    training: Sequence[Part],
    validation: Sequence[Part],
    seed: int,
    threads: int,
    weights: str | Path,
    history: str | Path,
    predicted: str | Path,
    metadata: Mapping[str, str],
) -> None:
    """Train a classifier from given weights, test it, and write weights, history and predictions.

    Everything else is as in `train_and_test`: the recipe from its first epoch, with fresh state of
    the optimiser. With `ema_decay` the average starts at the given weights too.

    Args:
        spec: the model and its recipe.
        start: the weights, as `train_and_test` writes them for the same model and classes.
        class_ids: the classes; their order numbers the outputs.
        training: what to train on.
        validation: what to test on: natural-val.
        seed: decides order and augmentation.
        threads: CPU threads to use, and processes that read images, all GPUs together.
        weights: where to write the weights.
        history: where to write the table of the epochs.
        predicted: where to write the predictions.
        metadata: what made them; `code` is the identity of the code.

    Raises:
        InputError: the weights are none of this model; else see `train` and `index_images`.
    """
    arguments = {
        "spec": spec,
        "start": Path(start),
        "class_ids": class_ids,
        "training": index_images(training),
        "validation": index_images(validation),
        "seed": seed,
        "threads": threads,
        "weights": Path(weights),
        "history": Path(history),
        "predicted": Path(predicted),
        "metadata": dict(metadata),
    }
    if spec.gpus == 1:
        write_fine_tuned(**arguments)
    else:
        on_several_gpus(spec.gpus, write_fine_tuned, **arguments)


def write_fine_tuned(
    spec: Classifier,
    start: Path,
    class_ids: Sequence[str],
    training: pa.Table,
    validation: pa.Table,
    seed: int,
    threads: int,
    weights: Path,
    history: Path,
    predicted: Path,
    metadata: dict[str, str],
) -> None:
    """Train in one of `spec.gpus` processes; the first writes. `training` and `validation` are
    indices of images, the other arguments those of `fine_tune_and_test`."""
    from safetensors.torch import save

    identity: list[Any] = [spec.deciding(), list(class_ids), seed, metadata["code"]]
    identity += [data_identity(training), data_identity(validation), hash_of(start)]
    checkpoint = Checkpoint(weights.parent / ".checkpoint", digest(identity))
    threads_each = max(1, threads // spec.gpus)
    with joined(threads_each) as ranks:
        setup = Setup(
            spec,
            class_ids,
            training,
            validation,
            seed,
            # Whether there are readers decides results; how many there are does not.
            readers=max(1, min(spec.readers, threads_each)),
            ranks=ranks,
        )
        begin(setup, checkpoint, start)
        trained = train(setup, checkpoint, weights.parent / "events")
    if not ranks.first:
        return
    with replacing(weights) as beside:
        # Of several entries safetensors would choose the order anew in each process.
        beside.write_bytes(save(trained.weights, metadata={"synthgap": canonical(metadata)}))
    write(trained.history, history, metadata)
    write(predictions(trained, validation, class_ids), predicted, metadata)
    checkpoint.remove()


def hash_of(weights: Path) -> str:
    """SHA-256 of a file of weights."""
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def begin(setup: Setup, checkpoint: Checkpoint, start: Path) -> None:
    """Leave a checkpoint before the first epoch, with given weights, unless there is one.

    Args:
        setup: what is trained.
        checkpoint: of this training.
        start: the weights.

    Raises:
        InputError: the weights are none of this model.
    """
    import torch
    from safetensors.torch import load_file

    ranks = setup.ranks
    missing = checkpoint.load() is None
    if ranks.ranks > 1:
        # All have looked before the first writes.
        torch.distributed.barrier()
    if missing:
        # All make it, since to share a model among them is what they do together.
        job = Job(setup)
        given = load_file(start)
        try:
            job.model.load_state_dict(given)
            job.tested.load_state_dict(given)
        except RuntimeError as error:
            raise InputError(
                f"{start}: weights of another model than {setup.spec.architecture} for "
                f"{len(setup.class_ids)} classes; train it anew"
            ) from error
        if ranks.first:
            checkpoint.save(job.state())
    if ranks.ranks > 1:
        torch.distributed.barrier()
