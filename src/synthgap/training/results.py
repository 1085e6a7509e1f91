"""What a training leaves: weights, history and the predictions for natural-val."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from synthgap.files import replacing
from synthgap.provenance import canonical, digest
from synthgap.tables import write
from synthgap.training.checkpoint import Checkpoint
from synthgap.training.classifiers import Classifier
from synthgap.training.index import Part, data_identity, index_images
from synthgap.training.loop import Setup, Trained, train
from synthgap.training.ranks import joined, on_several_gpus


def predictions(trained: Trained, validation: pa.Table, class_ids: Sequence[str]) -> pa.Table:
    """Say what was predicted for each image of natural-val.

    Returns:
        A row an image: `class_id`, `index`, `key`, `predicted` (a class_id), `rank` of the right
        class (0 is first; an image is right among the top k if it is below k), and `probability`
        that the classifier gave to the right class.
    """
    images = validation.select(["class_id", "index", "key"])
    number = {class_id: label for label, class_id in enumerate(class_ids)}
    right = np.array([number[class_id] for class_id in images["class_id"].to_pylist()])
    of_right = trained.scores[np.arange(len(right)), right]
    # A tie counts against the classifier.
    rank = (trained.scores >= of_right[:, None]).sum(axis=1) - 1
    predicted = [class_ids[number] for number in trained.scores.argmax(axis=1)]
    return (
        images.append_column("predicted", pa.array(predicted))
        .append_column("rank", pa.array(rank.astype(np.int32)))
        .append_column("probability", pa.array(of_right.astype(np.float32)))
    )


def train_and_test(
    spec: Classifier,
    *,
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
    """Train a classifier, test it, and write weights, history and predictions.

    TensorBoard's event files go to `events/` beside the weights. A training that was killed goes on
    after its last epoch if nothing that decides it has changed.

    Args:
        spec: the model and its recipe.
        class_ids: the classes; their order numbers the outputs.
        training: what to train on.
        validation: what to test on: natural-val.
        seed: decides initial weights, order and augmentation.
        threads: CPU threads to use, and processes that read images, all GPUs together.
        weights: where to write the weights.
        history: where to write the table of the epochs.
        predicted: where to write the predictions.
        metadata: what made them; `code` is the identity of the code.

    Raises:
        InputError: see `train` and `index_images`.
    """
    arguments = {
        "spec": spec,
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
        write_trained(**arguments)
    else:
        on_several_gpus(spec.gpus, write_trained, **arguments)


def write_trained(
    spec: Classifier,
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
    indices of images, the other arguments those of `train_and_test`."""
    from safetensors.torch import save

    identity: list[Any] = [spec.deciding(), list(class_ids), seed, metadata["code"]]
    identity += [data_identity(training), data_identity(validation)]
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
        trained = train(setup, checkpoint, weights.parent / "events")
    if not ranks.first:
        return
    with replacing(weights) as beside:
        # Of several entries safetensors would choose the order anew in each process.
        beside.write_bytes(save(trained.weights, metadata={"synthgap": canonical(metadata)}))
    write(trained.history, history, metadata)
    write(predictions(trained, validation, class_ids), predicted, metadata)
    checkpoint.remove()
