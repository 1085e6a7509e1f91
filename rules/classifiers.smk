"""Classifiers, trained on a set of sources and tested on natural-val.

Inputs: image tables.
Outputs: classifiers/{classifier}/{training_set}/seed{seed}/ with weights.safetensors,
history.parquet and predictions.parquet.
Guarantees: the images of natural-val decide nothing in a training. A training that was killed goes on
after its last epoch and ends as if it had not been.

The job itself keeps two folders beside its outputs: events/, which TensorBoard reads, and while it
runs .checkpoint/. As outputs, Snakemake would remove them when a job fails or starts again, which is
just when they are wanted.
"""


def predictions_of(classifier, training_set):
    folder = home(*STUDY.sources_of(training_set))
    return expand(
        f"{folder}/classifiers/{classifier}/{training_set}/seed{{seed}}/predictions.parquet",
        seed=STUDY.classifiers[classifier].seeds,
    )


def classifier_of(wildcards):
    return STUDY.classifiers[wildcards.classifier]


rule train_classifier:
    input:
        training=lambda wildcards: [
            table
            for source in STUDY.sources_of(wildcards.training_set)
            for table in images_of(source)
        ],
        validation=images_of(NATURAL_VAL),
    output:
        weights=f"{RESULTS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}/weights.safetensors",
        history=f"{RESULTS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}/history.parquet",
        predictions=f"{RESULTS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}/predictions.parquet",
    log:
        f"{LOGS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}.log",
    # The longest jobs first, or the last of them runs alone.
    priority: 2
    conda:
        "../envs/models.yaml"
    threads: lambda wildcards: max(1, classifier_of(wildcards).readers) * classifier_of(wildcards).gpus
    resources:
        **sized(lambda wildcards: training(wildcards.classifier, wildcards.training_set)),
        gpu=lambda wildcards: classifier_of(wildcards).gpus,
        # No parameters: they decide no result, so their change makes nothing stale.
        readers=lambda wildcards: classifier_of(wildcards).readers,
        channels_last=lambda wildcards: int(classifier_of(wildcards).channels_last),
        compile=lambda wildcards: int(classifier_of(wildcards).compile),
    params:
        class_ids=STUDY.class_ids,
        # Of each source the images a class; None is all.
        training_set=lambda wildcards: STUDY.counts_of(wildcards.training_set),
        # Another seed is another job; the list of seeds makes none stale.
        classifier=lambda wildcards: classifier_of(wildcards).deciding(),
        code=code("train_classifier.py"),
    script:
        "../workflow/scripts/train_classifier.py"
