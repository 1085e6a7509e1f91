"""What a study cannot measure for want of images or classes, told before anything runs.

Such a measure stays empty in every table, and the others are made: it is no reason to refuse.
"""

from collections.abc import Iterator

from synthgap.measures import frechet, manifolds, mmd
from synthgap.measures.nearest_neighbours import HEADLINE, NEIGHBOURS, least_images
from synthgap.study.model import Study

ONE_CLASS = (
    "classes: with one class alone linear separability stays empty, nothing shows an ambiguous "
    "prompt or images that ignore it, and accuracies are 1 whatever the images; take two or more"
)


def unmeasured(study: Study) -> str | None:
    """Say in one line which measures stay empty and what they need, or None."""
    n, classes = study.measures.n, len(study.classes)
    said = []
    if empty := [f"{what} (from n = {least} on)" for what, least in _needs(n, classes)]:
        said.append(
            f"measures.n: {n} images a class are too few for some measures, which stay empty: "
            f"{', '.join(empty)}; intervals of the others are wide, and 50 are better"
        )
    if classes == 1:
        said.append(ONE_CLASS)
    return "; ".join(said) or None


def _needs(n: int, classes: int) -> Iterator[tuple[str, int]]:
    """What n images do not allow, and the smallest number that does."""
    for k in NEIGHBOURS:
        also = " and what is made of it" if k == HEADLINE else ""
        if n < (least := least_images(k, classes)):
            yield f"{k}-NN accuracy{also}", least
        if n < (least := least_images(k, classes, same=True)):
            yield f"{k}-NN accuracy of natural-val", least
    for what, least in {
        "Fréchet distance": frechet.LEAST,
        "CMMD": mmd.LEAST,
        "precision, recall, density and coverage": manifolds.LEAST,
    }.items():
        if n < least:
            yield what, least
