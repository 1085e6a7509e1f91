"""The generators that make images. A new kind is one module and its name here."""

from synthgap.generation.diffusers_pipeline import DiffusersGenerator

Generator = DiffusersGenerator
"""With another kind the union of both; each derives from `maker.Maker`, and its `kind` names it."""
