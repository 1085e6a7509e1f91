"""Whether the image sets of a study can serve it: what they lack, and how many images they have."""

from synthgap.errors import InputError
from synthgap.image_sets.class_folders import NOTE, ClassFolders
from synthgap.image_sets.digit_scans import DigitScans
from synthgap.image_sets.shortage import Stock, enough, shortage
from synthgap.study.model import Study


def problem_of_images(study: Study) -> str | None:
    """Say what keeps the image sets from serving the study, or None."""
    for source in study.sources:
        image_set = study.image_set(source)
        problem = image_set and image_set.problem(study.classes)
        if problem:
            return f"{_section_of(study, source)}: {problem}"
    return _shortage(study)


def _section_of(study: Study, source: str) -> str:
    synthetic = study.variants.get(source)
    return f"generators.{synthetic.generator}" if synthetic else "natural"


def _shortage(study: Study) -> str | None:
    """Say which classes of all sources have fewer images than are asked for, or None."""
    asked = {"measures.n": (study.measures.n, study.sources)}
    for name in study.derived:
        for origin, least in study.needs(name, study.measures.n).items():
            # What a variant has of its own was asked for already.
            if least > study.measures.n:
                asked_by = f"what measures.n of variants.{name} needs of {origin}"
                asked[asked_by] = (least, (origin,))
    for name in study.training_sets:
        for source, count in study.counts_of(name).items():
            # A source of which all images are taken asks for no number.
            if count:
                asked[f"the share of {source} in training_sets.{name}"] = (count, (source,))
    for asked_by, (least, sources) in asked.items():
        stocks = {}
        for source in sources:
            try:
                stock = _stock(study, source, least)
            except InputError as error:
                return f"{_section_of(study, source)}: {error}"
            if stock is not None:
                stocks[source] = stock
        if short := shortage(asked_by, least, stocks):
            return short
    return None


def _stock(study: Study, source: str, least: int) -> Stock | None:
    """What a source has of each class; None where it is made, or known only when it was read."""
    image_set = study.image_set(source)
    if image_set is None:
        return None
    split = None if isinstance(image_set, DigitScans) else image_set.split
    counts = image_set.counts(study.classes, enough(least, split))
    note = NOTE if isinstance(image_set, ClassFolders) else ""
    return None if counts is None else Stock(image_set.place(), counts, split, note)
