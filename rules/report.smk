"""The report: one page that opens from disk, its data and its pictures.

Inputs: summaries, positions, image tables, charts, and the files that the page is made of.
Outputs: report/, a folder; report/index.html is the page, report/card.md the measured gaps as Markdown,
report/front.rst the first text of Snakemake's own report.
Guarantees: whatever the page says stands in a table; nothing on it is loaded from a network.
"""

import yaml
from synthgap.report.rendering import sources as report_sources
from synthgap.study import made
from synthgap.study.seeds_left_open import open_question

REPORT = f"{RESULTS}/report"

FRONT = f"{REPORT}/front.rst"


# Before the study has an answer there is a text that says so.
report: os.path.abspath(FRONT) if os.path.exists(FRONT) else HERE / "workflow/report/workflow.rst"


REPORT_SOURCES = (NATURAL_TRAIN, *STUDY.variants)
"""Sources whose pictures the report shows."""

MADE_BY = {
    **{f"images of {variant}": images_of(variant)[0] for variant in STUDY.variants},
    **{
        f"embeddings by {encoder}": embeddings_of(encoder, NATURAL_TRAIN)[0]
        for encoder in STUDY.encoders
    },
    "measures": measures_of(STUDY.headline_encoder, NATURAL_TRAIN)[-1],
    "diagnosis": f"{RESULTS}/summary/diagnosis.parquet",
    "projection": f"{RESULTS}/projections/{STUDY.headline_encoder}.parquet",
    **{
        f"{classifier} trained on {training_set}": table
        for classifier in STUDY.classifiers
        for training_set in STUDY.training_sets
        for table in predictions_of(classifier, training_set)[:1]
    },
}
"""Tables that show how their kind was made."""


def report_facts():
    """What the report says of the study without measuring anything."""
    return {
        "study": STUDY.study,
        "description": STUDY.description,
        "encoder": STUDY.headline_encoder,
        "classes": [
            (category.class_id, category.name, category.definition or "")
            for category in STUDY.classes
        ],
        "variants": [
            (
                name,
                variant.generator,
                variant.prompts,
                variant.guidance_scale,
                (made.facts(STUDY, name), made.examples(STUDY, name)),
            )
            for name, variant in STUDY.variants.items()
        ],
        "named_classes": list(STUDY.report.classes),
        "n": STUDY.measures.n,
        "trains": bool(STUDY.classifiers),
        "open_question": open_question(STUDY),
        # Of many classes or groups the file that lists them says more; the others decide where and how
        # fast.
        "text": yaml.safe_dump(
            {
                key: value
                for key, value in STUDY.as_written()
                .model_dump(mode="json", exclude_unset=True)
                .items()
                if key not in ("classes", "groups", "results", "workers", "jobs_per_device")
            },
            sort_keys=False,
            allow_unicode=True,
        ),
        # Of other studies the facts are what they were.
        **({"baseline": STUDY.baseline, "chooses": bool(SELECTED)} if STUDY.derived else {}),
        **({"mixes": True} if MIXTURE_TABLES else {}),
        **({"predicts": True} if PREDICTOR_TABLES else {}),
        **({"ordered": True} if AGREEMENT_TABLES else {}),
        **({"grouped": True} if GROUP_TABLES else {}),
    }


rule write_report:
    input:
        [
            f"{RESULTS}/summary/{table}.parquet"
            for table in (
                "differences",
                "classes",
                "diagnosis",
                "causes",
                "copies",
                "flags",
                "proposals",
            )
        ],
        [EMBEDDING_CLASSIFIER_FILES[0], QUARANTINE_TABLES[0], QUOTED_TABLES[0]],
        LEAK_TABLES[::2],
        GUIDANCE_FILES[::2],
        MIXTURE_TABLES[:1],
        PREDICTOR_TABLES[:1],
        AGREEMENT_TABLES[:1],
        GROUP_TABLES[::2],
        GAIN_TABLES[::2],
        CLASS_GAIN_TABLES[:1],
        REPLICATE_TABLES[::2],
        variants=f"{RESULTS}/summary/variants.parquet",
        projection=f"{RESULTS}/projections/{STUDY.headline_encoder}.parquet",
        encoders=ENCODER_TABLES[:1],
        places=[
            f"{RESULTS}/positions/{STUDY.headline_encoder}/{source}.parquet"
            for source in REPORT_SOURCES
        ],
        images=[table for source in REPORT_SOURCES for table in images_of(source)],
        validation=images_of(NATURAL_VAL),
        charts=[f"{RESULTS}/figures/{STUDY.headline_encoder}/{chart}.svg" for chart in CHARTS],
        made_by=list(MADE_BY.values()),
        # Relative, since other inputs than before would make a job stale in a checkout elsewhere.
        page=[os.path.relpath(path) for path in report_sources()],
    output:
        report(
            directory(REPORT),
            htmlindex="index.html",
            caption="../workflow/report/report.rst",
            category="Answer",
            labels={"what": "report of the study"},
        ),
    log:
        f"{LOGS}/report.log",
    conda:
        "../envs/tables.yaml"
    threads: 2
    resources:
        **sized(lambda wildcards: needs.showing(CLASSES, len(REPORT_SOURCES), IMAGES)),
    params:
        # Of a function's text Snakemake takes nothing for a wildcard.
        facts=lambda wildcards: report_facts(),
        made_by=list(MADE_BY),
        read_sources=READ,
        replicated=bool(REPLICATE_TABLES),
        checkout=lambda wildcards: os.path.relpath(HERE),
        code=code("write_report.py"),
    script:
        "../workflow/scripts/write_report.py"
