"""What to try next: of each class that has a defect a change, and the command that tries just that.

Inputs: the diagnosis; prompts from captions, where the study has them.
Outputs: summary/proposals.parquet and CSV, a row a variant, class, cause and proposal.
Guarantees: what the study has shown comes before what is untested, and says which is which; nothing
is made or changed by it.
"""

from synthgap.study.changeable import changeable

PROPOSAL_TABLES = [f"{RESULTS}/summary/proposals.{suffix}" for suffix in ("parquet", "csv")]

CAPTIONED_RECIPES = list(RECIPES)


def command_words():
    """Snakemake on this study, as a person calls it where this one was called."""
    words = ["snakemake"]
    main = os.path.relpath(workflow.main_snakefile)
    if main not in ("Snakefile", os.path.join("workflow", "Snakefile")):
        profile = os.path.relpath(HERE / "profiles/default")
        words += ["--snakefile", main, "--workflow-profile", profile]
    return [*words, "--configfile", *map(os.path.relpath, workflow.configfiles)]


def pipeline_folders():
    """Of the variants that are generated where the models lie, or will."""
    models = {name: generator_of(name).opens() for name in GENERATED}
    return {
        name: (
            str(needs.snapshot(model.repository, model.revision))
            if model.repository
            else model_params(model, "generator")["location"]
        )
        for name, model in models.items()
        if model is not None
    }


localrules:
    propose_changes,


rule propose_changes:
    input:
        diagnosis=f"{RESULTS}/summary/diagnosis.parquet",
        prompts=[table for recipe in CAPTIONED_RECIPES for table in captioned_prompts_of(recipe)],
    output:
        table=PROPOSAL_TABLES[0],
        csv=PROPOSAL_TABLES[1],
    log:
        f"{LOGS}/proposals.log",
    conda:
        "../envs/tables.yaml"
    params:
        # Of a function's text Snakemake takes nothing for a wildcard.
        study=lambda wildcards: changeable(STUDY),
        captioned=CAPTIONED_RECIPES,
        folders=lambda wildcards: pipeline_folders(),
        command=lambda wildcards: command_words(),
        results=RESULTS,
        encoder=STUDY.headline_encoder,
        classifier=STUDY.headline_classifier,
        seed=STUDY.classifiers[STUDY.headline_classifier].seeds[0] if STUDY.classifiers else 0,
        code=code("propose_changes.py"),
    script:
        "../workflow/scripts/propose_changes.py"
