"""Check a study file without Snakemake: `python -m synthgap.study my-study.yaml`."""

import sys

from synthgap.errors import InputError
from synthgap.study.notices import notices
from synthgap.study.parsing import parse_study, read_yaml
from synthgap.training import recipe


def main(file: str) -> None:
    """Say what a study file describes, and what timm says of its classifiers.

    Raises:
        InputError: something in it is wrong.
    """
    study = parse_study(read_yaml(file), file)
    for notice in notices(study):
        print(f"synthgap: {notice}", file=sys.stderr)
    made = [name for name in study.variants if study.image_set(name) is None]
    images = len(made) * len(study.classes) * (study.images_per_class or 0)
    lines = [
        f"{file}: {len(study.classes)} classes, {len(study.variants)} variants, "
        f"{images} images to generate"
    ]
    for name, spec in study.classifiers.items():
        try:
            parameters = recipe.check(spec, len(study.classes))
        except InputError as error:
            raise InputError(f"{file}: classifiers.{name}: {error}") from error
        trainings = len(study.training_sets) * len(spec.seeds)
        lines.append(f"{name}: {parameters / 1e6:.3g} million parameters, {trainings} trainings")
    print("\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("synthgap: name one study file, as in `python -m synthgap.study my-study.yaml`")
    try:
        main(sys.argv[1])
    except InputError as error:
        sys.exit(f"synthgap: {error}")
