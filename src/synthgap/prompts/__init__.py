"""Prompt recipes: how a class becomes the prompts of its images."""
