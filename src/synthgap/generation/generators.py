"""The generators that a study can name. A new kind is one module and its name here."""

from synthgap.generation.diffusers_pipeline import DiffusersGenerator

Generator = DiffusersGenerator
"""Becomes a union discriminated by `kind` with the second kind."""
