"""Classifiers, trained on a set of sources and tested on natural-val.

Inputs: image tables.
Outputs: classifiers/{classifier}/{training_set}/seed{seed}/ with weights.safetensors,
history.parquet and predictions.parquet.
Guarantees: the images of natural-val decide nothing in a training.
"""


def predictions_of(classifier, training_set):
    return expand(
        f"{RESULTS}/classifiers/{classifier}/{training_set}/seed{{seed}}/predictions.parquet",
        seed=STUDY.classifiers[classifier].seeds,
    )


rule train_classifier:
    input:
        training=lambda wildcards: [
            table
            for source in STUDY.training_sets[wildcards.training_set]
            for table in images_of(source)
        ],
        validation=images_of(NATURAL_VAL),
    output:
        weights=f"{RESULTS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}/weights.safetensors",
        history=f"{RESULTS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}/history.parquet",
        predictions=f"{RESULTS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}/predictions.parquet",
    log:
        f"{LOGS}/classifiers/{{classifier}}/{{training_set}}/seed{{seed}}.log",
    conda:
        "../envs/models.yaml"
    resources:
        gpu=1,
    params:
        class_ids=STUDY.class_ids,
        # Another seed is another job; the list of seeds makes none stale.
        classifier=lambda wildcards: STUDY.classifiers[wildcards.classifier].model_dump(
            mode="json", exclude={"seeds"}
        ),
        code=code("train_classifier.py"),
    script:
        "../workflow/scripts/train_classifier.py"
