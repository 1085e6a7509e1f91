"""Tables of measures: of a class, a source, all images as one set, pairs of sources."""
