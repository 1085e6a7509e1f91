"""Train a classifier on one training set and test it on natural-val."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pydantic import TypeAdapter

    from synthgap.provenance import made_by
    from synthgap.training.classifiers import Classifier
    from synthgap.training.index import Part
    from synthgap.training.results import train_and_test

    params, wildcards, resources = snakemake.params, snakemake.wildcards, snakemake.resources
    seed = int(wildcards.seed)
    speed = {
        "readers": resources.readers,
        "channels_last": bool(resources.channels_last),
        "compile": bool(resources.compile),
    }
    spec = TypeAdapter(Classifier).validate_python({**params.classifier, **speed, "seeds": [seed]})
    # The rule lists the tables by source and class.
    sources = [
        (source, count) for source, count in params.training_set.items() for _ in params.class_ids
    ]
    train_and_test(
        spec,
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
            sources=params.training_set,
            seed=seed,
            recipe=params.classifier,
        ),
    )
