"""What a training leaves: weights, history and the predictions for natural-val."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthgap.files import replacing
from synthgap.tables import concatenate, write
from synthgap.training.classifiers import Classifier
from synthgap.training.timm_classifier import Trained, train


def predictions(
    trained: Trained, validation: Sequence[str | Path], class_ids: Sequence[str]
) -> pa.Table:
    """Say what was predicted for each image of natural-val.

    Returns:
        A row an image: `class_id`, `index`, `key`, `predicted` (a class_id), `rank` of the right
        class (0 is first; an image is right among the top k if it is below k), and `probability`
        that the classifier gave to the right class.
    """
    images = concatenate(validation, ["class_id", "index", "key"])
    right = np.array([class_ids.index(class_id) for class_id in images["class_id"].to_pylist()])
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
    training: Sequence[str | Path],
    validation: Sequence[str | Path],
    seed: int,
    threads: int,
    weights: str | Path,
    history: str | Path,
    predicted: str | Path,
    metadata: Mapping[str, str],
) -> None:
    """Train a classifier, test it, and write weights, history and predictions.

    The arguments are those of `train`, the places of the three files, and what made them.
    """
    from safetensors.torch import save

    trained = train(spec, class_ids, training, validation, seed, threads)
    with replacing(weights) as beside:
        beside.write_bytes(save(trained.weights, metadata=dict(metadata)))
    write(trained.history, history, metadata)
    write(predictions(trained, validation, class_ids), predicted, metadata)
