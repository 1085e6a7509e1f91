"""Arithmetic on many embeddings in bounded memory: blocks, products, the search for neighbours."""
