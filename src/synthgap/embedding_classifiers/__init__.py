"""Classifiers on embeddings: which of them use more of a source than its means and neighbours?

Each is trained on the embeddings and classes of one source alone, its hyperparameters chosen by a
rule from these images; what it is tested on decides nothing. One module a classifier.

>>> from synthgap import embedding_classifiers
>>> images, names = [[1.0, 0.0], [0.0, 1.0]], ["crane", "owl"]
>>> embedding_classifiers.classify("nearest_centroid", images, names, [[0.6, 0.8]])
array(['owl'], dtype='<U5')
>>> len(embedding_classifiers.CLASSIFIERS)
9
"""

from synthgap.embedding_classifiers.registry import CLASSIFIERS, classify

__all__ = ["CLASSIFIERS", "classify"]
