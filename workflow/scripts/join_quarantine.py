"""Join what was put aside in every class of every source that was read."""

from synthgap.errors import logging_to
from synthgap.image_sets.quarantine import write_joined
from synthgap.provenance import metadata

with logging_to(snakemake.log[0]):
    limits = dict(snakemake.params.max_unreadable)
    size = len(snakemake.input.images) // len(limits)
    # The rule lists its inputs by source and class.
    images, aside = (
        {source: tables[place * size : (place + 1) * size] for place, source in enumerate(limits)}
        for tables in (list(snakemake.input.images), list(snakemake.input.quarantine))
    )
    write_joined(
        snakemake.output.table,
        aside=aside,
        images=images,
        max_unreadable=limits,
        metadata=metadata(snakemake.config["study"], snakemake.params.code, ["pyarrow"]),
    )
