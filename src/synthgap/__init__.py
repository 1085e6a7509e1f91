"""synthgap measures the gap between a synthetic image set and the natural one it stands for."""

__version__ = "0.1.0"
