"""By what variants are ordered where encoders stand side by side."""

ORDERS = {
    "centroid_distance": "centroid distance",
    "knn_accuracy": "5-NN accuracy",
    "centroid_accuracy": "centroid accuracy",
}
"""Measures by which variants are ordered, and their names."""
