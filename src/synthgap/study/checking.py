"""What a study file describes, for a terminal."""

import sys

from synthgap.errors import InputError
from synthgap.numbers import counted
from synthgap.study.notices import notices
from synthgap.study.parsing import parse_study, read_yaml
from synthgap.training import recipe


def said_of(file: str, shown: str | None = None) -> str:
    """Say what a study file describes, what timm says of its classifiers, and what stays empty.

    Args:
        file: where it lies.
        shown: what to call it, if not so.

    Raises:
        InputError: something in it is wrong.
    """
    shown = shown or file
    study = parse_study(read_yaml(file), shown)
    for notice in notices(study):
        print(f"synthgap: note: {notice}", file=sys.stderr)
    images = len(study.generated) * len(study.classes) * (study.images_per_class or 0)
    images *= study.replicates
    lines = [
        f"{shown}: {counted(len(study.classes), 'class', 'classes')}, "
        f"{counted(len(study.variants), 'variant')}, {counted(images, 'image')} to generate"
    ]
    for name, spec in study.classifiers.items():
        try:
            parameters = recipe.check(spec, len(study.classes))
        except InputError as error:
            raise InputError(f"{shown}: classifiers.{name}: {error}") from error
        times = sum(
            study.replicates if study.depends_on_seeds(*study.sources_of(name)) else 1
            for name in study.training_sets
        )
        trainings = counted(times * len(spec.seeds), "training")
        lines.append(f"{name}: {parameters / 1e6:.3g} million parameters, {trainings}")
    return "\n".join(lines)
