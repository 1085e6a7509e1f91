"""Generating the images of one class in one variant."""
