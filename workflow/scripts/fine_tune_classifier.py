"""Train a classifier further on one training set, after another, and test it on natural-val."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pathlib import Path

    from pydantic import TypeAdapter

    from synthgap.provenance import made_by
    from synthgap.training.classifiers import Classifier
    from synthgap.training.fine_tuning import fine_tune_and_test, hash_of
    from synthgap.training.index import Part

    params, wildcards, resources = snakemake.params, snakemake.wildcards, snakemake.resources
    seed = int(wildcards.seed)
    speed = {
        "readers": resources.readers,
        "channels_last": bool(resources.channels_last),
        "compile": bool(resources.compile),
    }
    spec = TypeAdapter(Classifier).validate_python({**params.classifier, **speed, "seeds": [seed]})
    start = Path(snakemake.input.start)
    # The rule lists the tables by source and class.
    sources = [
        (source, count) for source, count in params.training_set.items() for _ in params.class_ids
    ]
    fine_tune_and_test(
        spec,
        start=start,
        class_ids=params.class_ids,
        training=[
            Part(table, *source)
            for table, source in zip(snakemake.input.training, sources, strict=True)
        ],
        validation=[Part(table, "natural-val", None) for table in snakemake.input.validation],
        seed=seed,
        threads=snakemake.threads,
        weights=snakemake.output.weights,
        history=snakemake.output.history,
        predicted=snakemake.output.predictions,
        metadata=made_by(
            snakemake,
            ["timm", "torch", "torchvision"],
            "classifier",
            "training_set",
            "pretrained_on",
            sources=params.training_set,
            seed=seed,
            recipe=params.classifier,
            started_from=hash_of(start),
        ),
    )
