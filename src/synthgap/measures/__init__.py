"""Measures of one source of images, as pure functions over arrays of embeddings."""
