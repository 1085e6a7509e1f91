"""The study's answers as tables: sources, classes, classifiers, differences, flagged images."""
