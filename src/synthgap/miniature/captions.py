"""The language of the miniature's world: which captions there are and how they are drawn.

Names and definitions stand here and not in a study, so that a study that words its classes
differently meets the same models, as it would with Stable Diffusion. Six and nine share a name on
purpose: only their definitions tell them apart, as with ImageNet's two cranes.
"""

from itertools import product

import numpy as np

from synthgap.miniature.attributes import WORDS

CLASSES = {
    "digit-0": ("zero", "one closed ring standing tall"),
    "digit-1": ("one", "a single straight stroke"),
    "digit-2": ("two", "a hook on top of a flat base"),
    "digit-3": ("three", "two open bows stacked facing left"),
    "digit-4": ("four", "an open corner crossed by a stem"),
    "digit-5": ("five", "a top bar above a round belly"),
    "digit-6": ("loop", "a closed ring below a tall curved stem"),
    "digit-7": ("seven", "a top bar with a falling diagonal"),
    "digit-8": ("eight", "two closed rings stacked"),
    "digit-9": ("loop", "a closed ring above a straight tail"),
}
"""Name and visual definition of each class, in the order of the digits."""

NAMES = tuple(name for name, _ in CLASSES.values())
DEFINITIONS = tuple(definition for _, definition in CLASSES.values())

FORMS = (
    "{name}",
    "{name}, {definition}",
    "{name}, {attributes}",
    "{name}, {definition}, {attributes}",
)
"""Forms of a caption; `{attributes}` are one to three of the scan's words."""

DEFINED = 0.5
"""Share of captions that say the definition."""

DESCRIBED = 0.75
"""Share of captions that may say attributes."""

SAID = 0.7
"""Probability that such a caption says one of the three attributes, each by itself."""

UNSAID = 3
"""Stands where a caption leaves an attribute unsaid."""

_SHAPE = (len(CLASSES), 2, *(len(words) + 1 for words in WORDS))


def captions() -> list[str]:
    """List all captions of the language, in the order that `draw` counts in."""
    texts = []
    for digit, defined, *said in product(*map(range, _SHAPE)):
        definition = [DEFINITIONS[digit]] if defined else []
        attributes = [w[index] for w, index in zip(WORDS, said, strict=True) if index != UNSAID]
        texts.append(", ".join([NAMES[digit], *definition, *attributes]))
    return texts


def draw(digits: np.ndarray, words: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a true caption for each of n scans: int64, n, indices into `captions()`.

    `digits` (n) are the classes and `words` (n×3) the attributes as `attributes.rank` gives them.
    """
    n = len(digits)
    defined = (rng.random(n) < DEFINED).astype(int)
    said = (rng.random((n, 1)) < DESCRIBED) & (rng.random((n, len(WORDS))) < SAID)
    spoken = np.where(said, words, UNSAID)
    indices: np.ndarray = np.ravel_multi_index((digits, defined, *spoken.T), _SHAPE)
    return indices
