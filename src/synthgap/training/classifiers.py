"""The classifiers that a study can name. A new kind is one module and its name here."""

from synthgap.training.timm_classifier import TimmClassifier

Classifier = TimmClassifier
"""Becomes a union discriminated by `kind` with the second kind."""
