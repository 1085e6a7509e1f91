"""Classifiers, trained on a set of sources and tested on natural-val.

Inputs: image tables; of a training set that comes after another one, the weights of the same classifier
and seed trained on that.
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


FINE_TUNED = [name for name in STUDY.training_sets if STUDY.pretrained_on(name)]
"""Training sets that start from what was trained on another."""


def pretrained(wildcards):
    first, *_ = STUDY.pretrained_on(wildcards.training_set)
    folder = home(*STUDY.sources_of(first))
    return f"{folder}/classifiers/{wildcards.classifier}/{first}/seed{wildcards.seed}/weights.safetensors"


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
    wildcard_constraints:
        training_set=one_of([name for name in STUDY.training_sets if name not in FINE_TUNED]),
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


if FINE_TUNED:

    rule fine_tune_classifier:
        input:
            start=pretrained,
            training=lambda wildcards: [
                table
                for source in STUDY.counts_of(wildcards.training_set)
                for table in images_of(source)
            ],
            validation=images_of(NATURAL_VAL),
        output:
            weights=f"{RESULTS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}/weights.safetensors",
            history=f"{RESULTS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}/history.parquet",
            predictions=f"{RESULTS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}/predictions.parquet",
        log:
            f"{LOGS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}.log",
        wildcard_constraints:
            training_set=one_of(FINE_TUNED),
        priority: 2
        conda:
            "../envs/models.yaml"
        threads: lambda wildcards: max(1, classifier_of(wildcards).readers) * classifier_of(wildcards).gpus
        resources:
            **sized(lambda wildcards: training(wildcards.classifier, wildcards.training_set)),
            gpu=lambda wildcards: classifier_of(wildcards).gpus,
            readers=lambda wildcards: classifier_of(wildcards).readers,
            channels_last=lambda wildcards: int(classifier_of(wildcards).channels_last),
            compile=lambda wildcards: int(classifier_of(wildcards).compile),
        params:
            class_ids=STUDY.class_ids,
            training_set=lambda wildcards: STUDY.counts_of(wildcards.training_set),
            pretrained_on=lambda wildcards: STUDY.pretrained_on(wildcards.training_set)[0],
            classifier=lambda wildcards: classifier_of(wildcards).deciding(),
            code=code("fine_tune_classifier.py"),
        script:
            "../workflow/scripts/fine_tune_classifier.py"
