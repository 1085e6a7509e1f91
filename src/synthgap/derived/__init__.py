"""Image sets made of sets that exist: of some of a variant's images, or of several variants'."""
