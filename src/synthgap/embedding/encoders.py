"""The encoders that a study can name. A new kind is one module and its name here."""

from synthgap.embedding.clip import ClipEncoder

Encoder = ClipEncoder
"""Becomes a union discriminated by `kind` with the second kind."""
