"""The command `synthgap`: it looks at folders, writes a study file, and runs Snakemake on it."""
