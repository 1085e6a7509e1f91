"""Training classifiers on image tables and testing them on natural-val."""
