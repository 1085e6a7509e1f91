"""Samples at equal n, replicates of measures, and the intervals that they give."""
