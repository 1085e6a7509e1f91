"""The workflow, which stands in `workflow/Snakefile`, for `snakemake` in the project's folder."""

# As `include: "workflow/Snakefile"`, which would leave out what is made by default.
workflow.include("workflow/Snakefile", overwrite_default_target=True)
