"""Embedding images and prompts with a pretrained encoder."""
