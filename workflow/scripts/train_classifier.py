"""Train a classifier on one training set and test it on natural-val."""

from pydantic import TypeAdapter

from synthgap.errors import logging_to
from synthgap.provenance import metadata
from synthgap.training.classifiers import Classifier
from synthgap.training.results import train_and_test
from synthgap.workers import call

with logging_to(snakemake.log[0]):
    params, wildcards = snakemake.params, snakemake.wildcards
    seed = int(wildcards.seed)
    spec = TypeAdapter(Classifier).validate_python({**params.classifier, "seeds": [seed]})
    call(
        train_and_test,
        spec,
        class_ids=params.class_ids,
        training=list(snakemake.input.training),
        validation=list(snakemake.input.validation),
        seed=seed,
        threads=snakemake.threads,
        weights=snakemake.output.weights,
        history=snakemake.output.history,
        predicted=snakemake.output.predictions,
        metadata=metadata(
            snakemake.config["study"],
            params.code,
            ["timm", "torch", "torchvision"],
            classifier=wildcards.classifier,
            training_set=wildcards.training_set,
            seed=seed,
            recipe=spec.model_dump(mode="json", exclude={"seeds"}),
        ),
    )
