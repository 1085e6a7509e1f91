"""Train the miniature's CLIP on the digits that no natural set takes."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.jobs.devices import on_threads
    from synthgap.miniature.clip import train_clip
    from synthgap.miniature.spec import ClipSpec
    from synthgap.miniature.web import collect
    from synthgap.provenance import write_fingerprint

    spec = ClipSpec.model_validate(snakemake.params.spec)
    scans = collect(**snakemake.params.left_out)
    on_threads(snakemake.threads, train_clip, scans, spec, snakemake.params.folder)
    write_fingerprint(snakemake.params.folder, snakemake.output[0])
