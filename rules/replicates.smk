"""Replicates: the study again with other seeds, and what all of them say together.

Inputs: measures, predictions and diagnosis of the study and of each replicate.
Outputs: what workflow/replicate.smk makes, under replicates/{number}/ from 2 on, the first being the
study itself; summary/replicates.parquet and CSV, a row a measure of a source or of a pair of sources;
summary/replicated_defects.parquet and CSV, a row an encoder, variant, class and cause.
Guarantees: a study without replicates has none of it. Another replicate makes nothing of the others
stale but what joins them.
"""

REPLICATE_TABLES = []
"""What joins the replicates."""

REPLICATE_FILES = []
"""The summaries of each."""

_own = [f"{RESULTS}/summary/{name}.parquet" for name in ("replicates", "replicated_defects")]


def in_replicate(number, tables):
    """Where a replicate has these tables of its own."""
    if number == 1:
        return tables
    return [f"{RESULTS}/replicates/{number}{table.removeprefix(RESULTS)}" for table in tables]


def of_replicates(tables, *sources, encoder=None):
    """Of each replicate these tables: those of the study where they are shared."""
    own = STUDY.depends_on_seeds(*sources, encoder=encoder)
    return [in_replicate(number if own else 1, tables) for number in REPLICATES]


REPLICATES = range(1, STUDY.replicates + 1)

for _number in REPLICATES[1:]:
    replicate = f"replicate{_number}_"

    module:
        name: replicate
        snakefile:
            "../workflow/replicate.smk"
        config:
            {**config, "replicate": {"number": _number, "here": str(HERE)}}

    use rule * from replicate as replicate*


if STUDY.replicates > 1:
    REPLICATE_TABLES += [
        table.replace(".parquet", suffix) for table in _own for suffix in (".parquet", ".csv")
    ]
    REPLICATE_FILES += [
        table
        for number in REPLICATES[1:]
        for table in in_replicate(number, [*SUMMARY_FILES, *DIAGNOSIS_TABLES])
    ]

    rule join_replicates:
        input:
            measures=[
                tables
                for encoder in STUDY.encoders
                for source in STUDY.sources
                for tables in of_replicates(measures_of(encoder, source), source, encoder=encoder)
            ],
            predictions=[
                tables
                for classifier in STUDY.classifiers
                for name in STUDY.training_sets
                for tables in of_replicates(
                    predictions_of(classifier, name), *STUDY.sources_of(name)
                )
            ],
            diagnosis=[
                in_replicate(number, [f"{RESULTS}/summary/diagnosis.parquet"])
                for number in REPLICATES
            ],
        output:
            REPLICATE_TABLES,
        log:
            f"{LOGS}/replicates.log",
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(
                lambda wildcards: needs.joining(
                    CLASSES * len(STUDY.sources) * len(STUDY.encoders) * STUDY.replicates
                )
            ),
        params:
            replicates=STUDY.replicates,
            unit="trainings" if STUDY.trains_models else "image seeds",
            classes=len(STUDY.class_ids),
            encoders=list(STUDY.encoders),
            sources=STUDY.sources,
            training_sets={name: STUDY.sources_of(name) for name in STUDY.training_sets},
            seeds={name: spec.seeds for name, spec in STUDY.classifiers.items()},
            draws=STUDY.measures.draws,
            code=code("join_replicates.py"),
        script:
            "../workflow/scripts/join_replicates.py"

elif any(map(os.path.exists, _own)):

    # Made by a study file that asked for replicates; whoever reads the tables would take them for
    # this one's.
    onstart:
        for table in _own:
            for suffix in (".parquet", ".csv"):
                Path(table).with_suffix(suffix).unlink(missing_ok=True)
