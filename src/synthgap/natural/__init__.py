"""Adapters for natural image sets: each lists the images of one class."""
