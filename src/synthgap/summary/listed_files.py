"""What summaries are made of, from the flat lists of files that Snakemake hands a script."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product

from synthgap.flat_inputs import cut
from synthgap.summary.classifiers import Training
from synthgap.summary.measured import Measured


def measured_of(
    files: Sequence[str], encoders: Iterable[str], sources: Iterable[str], classes: int
) -> list[Measured]:
    """Say which tables of measures belong to which source.

    Args:
        files: by encoder and source; of each its classes, then all of them, then the pooled images.
        encoders: in their order.
        sources: in theirs.
        classes: how many there are.

    >>> files = ["a.parquet", "b.parquet", "all.parquet", "pooled.parquet"]
    >>> [found] = measured_of(files, ["clip"], ["made"], 2)
    >>> found.classes, found.together, found.pooled
    (['a.parquet', 'b.parquet'], 'all.parquet', 'pooled.parquet')
    """
    found = cut(files, dict.fromkeys(product(encoders, sources), classes + 2))
    return [
        Measured(encoder, source, of_classes, together, pooled)
        for (encoder, source), (*of_classes, together, pooled) in found.items()
    ]


def trainings_of(
    files: Sequence[str],
    seeds: Mapping[str, Collection[int]],
    training_sets: Mapping[str, Iterable[str]],
) -> list[Training]:
    """Say which predictions belong to which training.

    Args:
        files: by classifier, training set and seed.
        seeds: of each classifier, in their order.
        training_sets: of each the sources that it consists of, in their order.

    >>> [found] = trainings_of(["0.parquet", "1.parquet"], {"resnet": [0, 1]}, {"all": ["made"]})
    >>> found.training_set, found.sources, found.predictions
    ('all', ('made',), ['0.parquet', '1.parquet'])
    """
    found = cut(
        files,
        {
            (classifier, name): len(numbers)
            for classifier, numbers in seeds.items()
            for name in training_sets
        },
    )
    return [
        Training(classifier, name, tuple(training_sets[name]), predictions)
        for (classifier, name), predictions in found.items()
    ]


def trainings_by_variant(
    files: Sequence[str], classifier: str, seeds: Collection[int], trained_alone: Mapping[str, str]
) -> dict[str, Training]:
    """Say which predictions of one classifier belong to which variant that it was trained on alone.

    Args:
        files: by variant and seed.
        classifier: its name.
        seeds: that were trained.
        trained_alone: of each variant its training set, in their order.
    """
    sets = {name: (variant,) for variant, name in trained_alone.items()}
    trainings = trainings_of(files, {classifier: seeds}, sets)
    return dict(zip(trained_alone, trainings, strict=True))
