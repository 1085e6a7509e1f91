"""Captions of natural images, from which prompts are made."""
