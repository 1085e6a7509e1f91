"""Join what was put aside in every class of every source that was read."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.flat_inputs import cut
    from synthgap.image_sets.quarantine import write_joined
    from synthgap.provenance import made_by

    limits = dict(snakemake.params.max_unreadable)
    # The rule lists its inputs by source and class.
    sizes = dict.fromkeys(limits, len(snakemake.input.images) // len(limits))
    write_joined(
        snakemake.output.table,
        aside=cut(snakemake.input.quarantine, sizes),
        images=cut(snakemake.input.images, sizes),
        max_unreadable=limits,
        metadata=made_by(snakemake, ["pyarrow"]),
    )
