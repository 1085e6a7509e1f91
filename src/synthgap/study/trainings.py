"""Whether the classifiers of a study can be trained on what there is."""

from collections.abc import Iterator
from itertools import islice

from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.found import Found
from synthgap.image_sets.listed_files import ListedFiles
from synthgap.study.model import Study


def problem(study: Study) -> str | None:
    """Say which classifier asks for more than there is to train on, or None.

    Args:
        study: whose image sets are there.
    """
    for name, spec in study.classifiers.items():
        if len(study.classes) < 2:
            return f"classifiers.{name}: a single class is nothing to tell apart; add classes"
        narrowest, widest = spec.crop_ratio
        if narrowest > widest:
            return (
                f"classifiers.{name}.crop_ratio: the narrowest shape {narrowest:g} is wider than "
                f"the widest {widest:g}; put the smaller number first"
            )
        for training_set in study.training_sets:
            images = _images(study, training_set, spec.batch_size)
            if images is not None and images < spec.batch_size:
                return (
                    f"classifiers.{name}.batch_size: a step takes {spec.batch_size} images, but "
                    f"training_sets.{training_set} has {images}; lower it"
                )
    return None


def _images(study: Study, training_set: str, enough: int) -> int | None:
    """Images of a training set, or as many as are enough; None if that is not known."""
    total = 0
    for source, count in study.counts_of(training_set).items():
        found = _images_of(study, source, count, enough)
        if found is None:
            return None
        total += found
        if total >= enough:
            break
    return total


def _images_of(study: Study, source: str, count: int | None, enough: int) -> int | None:
    classes = len(study.classes)
    image_set = study.image_set(source)
    if count is None and source in study.variants:
        count = study.count(source)
    # A finished check knows that each class has so many.
    least = study.measures.n if count is None else count
    if count is not None or least * classes >= enough:
        return least * classes
    if source in study.derived:
        return None
    if isinstance(image_set, ClassFolders | ListedFiles):
        return sum(1 for _ in islice(_listed(study, image_set), enough))
    natural = study.natural
    return natural.train_per_class * classes if natural.kind == "digits" else None


def _listed(study: Study, image_set: ClassFolders | ListedFiles) -> Iterator[Found]:
    for category in study.classes:
        yield from (found for found in image_set.found(category) if isinstance(found, Found))
