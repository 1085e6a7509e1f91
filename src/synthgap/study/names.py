"""Names of a study that would meet each other, on a disk or on the command line."""

from collections.abc import Iterable, Mapping

NATURAL_TRAIN, NATURAL_VAL = "natural-train", "natural-val"
"""The natural sources; every other source is a variant."""

RESERVED = (NATURAL_TRAIN, NATURAL_VAL, "prompts")
"""Names of folders beside those of the variants."""

TARGETS = ("all", "images", "embeddings", "measures", "classifiers", "summary", "export")
"""Stages that `snakemake` is given by name."""

NOT_ENCODERS = ("classes", *TARGETS)
"""Names that stand for something else where an encoder's may stand."""

SUFFIXES = (".csv", ".fingerprint", ".html", ".log", ".parquet", ".png")
"""Of files that lie beside the folders of variants and encoders."""


def check_names(
    where: str, names: Iterable[str], taken: Iterable[str] = (), *, folders: bool = False
) -> None:
    """Refuse names that are taken, or that some disks take for one.

    Args:
        where: the section that gives them.
        names: of its entries.
        taken: names that mean something else.
        folders: whether they name folders beside which files lie.

    Raises:
        ValueError: macOS and Windows do not tell two names apart by case, or a name is taken.
    """
    before: dict[str, str] = {}
    reserved = {name.casefold() for name in taken}
    for name in names:
        if name.casefold() in reserved:
            raise ValueError(f"{where}.{name}: the name is taken; choose another")
        if folders and name.casefold().endswith(SUFFIXES):
            raise ValueError(
                f"{where}.{name}: names a folder, but ends as a file does; choose another name"
            )
        other = before.setdefault(name.casefold(), name)
        if other != name:
            raise ValueError(
                f"{where}: {other} and {name} differ in case alone, which many disks ignore; "
                "choose another name for one of them"
            )


def check_class_ids(folders: Mapping[str, str]) -> None:
    """Refuse class ids that some disks take for one.

    Args:
        folders: of each class id what the class is called in image sets, if anything else.

    Raises:
        ValueError: two differ in case alone.
    """
    before: dict[str, str] = {}
    for class_id, folder in folders.items():
        other = before.setdefault(class_id.casefold(), class_id)
        if other != class_id:
            raise ValueError(
                f"classes: the class_ids {other} and {class_id} differ in case alone, which many "
                f"disks ignore; write another for one of them, and folder: "
                f"{folder or class_id} beside it"
            )
