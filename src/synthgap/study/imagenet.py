"""The classes of ImageNet-1K as class files: `python -m synthgap.study.imagenet`.

Ids, names and definitions are WordNet's, as timm carries them. A class's name is its first lemma,
so that two classes are "crane"; the order is that of the labels 0 to 999. A test fails when the
files have drifted.
"""

import csv
import io
from collections import Counter
from pathlib import Path

from synthgap.classes import Category
from synthgap.files import replacing

CONFIG = Path(__file__).resolve().parents[3] / "config"
STRIDE = 10
"""Of a hundred classes one in ten, but for the places that homonyms take."""


def imagenet_1k() -> list[Category]:
    """The 1,000 classes in the order of their labels.

    >>> imagenet_1k()[517].definition
    'lifts and moves heavy objects; lifting tackle is suspended from a pivoted boom that rotates \
around a vertical axis'
    """
    from timm.data import ImageNetInfo

    info = ImageNetInfo("imagenet-1k")
    classes = []
    for label, class_id in enumerate(info.label_names()):
        lemmas = info.index_to_description(label)
        definition = info.index_to_description(label, detailed=True).removeprefix(f"{lemmas}: ")
        name = lemmas.split(",")[0].strip()
        classes.append(Category(class_id=class_id, name=name, definition=definition))
    return classes


def imagenet_100() -> list[Category]:
    """A hundred of them: all that share their name with another, and others at equal strides.

    This is a choice of ours, not the subset that the literature calls ImageNet-100.
    """
    classes = imagenet_1k()
    named = Counter(category.name.casefold() for category in classes)
    homonyms = [category for category in classes if named[category.name.casefold()] > 1]
    others = [category for category in classes if category not in homonyms]
    chosen = [*homonyms, *others[::STRIDE][: 100 - len(homonyms)]]
    return sorted(chosen, key=classes.index)


FILES = {"imagenet-1k.csv": imagenet_1k, "imagenet-100.csv": imagenet_100}
"""Class files and what stands in them."""


def content(classes: list[Category]) -> str:
    """Write classes as CSV."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["class_id", "name", "definition"])
    rows.writerows([category.class_id, category.name, category.definition] for category in classes)
    return text.getvalue()


def main() -> None:
    """Write the files."""
    for name, classes in FILES.items():
        with replacing(CONFIG / name) as beside:
            beside.write_text(content(classes()), encoding="utf-8")


if __name__ == "__main__":
    main()
