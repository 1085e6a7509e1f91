"""Fine-tune the projections of an encoder on pairs of image and caption."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.models import checkpoint
    from synthgap.provenance import write_fingerprint
    from synthgap.tuning.projections import tune_projections
    from synthgap.tuning.spec import Tuning

    params = snakemake.params
    tune_projections(
        checkpoint(**params.checkpoint, fingerprint_file=snakemake.input.get("fingerprint")),
        params.pairs["pairs"],
        Tuning.model_validate(params.tune),
        params.folder,
        snakemake.threads,
    )
    write_fingerprint(params.folder, snakemake.output[0])
