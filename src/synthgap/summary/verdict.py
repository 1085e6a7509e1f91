"""The verdict: which variant comes closest to natural images, and what is wrong with each.

Sentences for a stranger, made of tables alone. What an interval does not decide is called so.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from synthgap.numbers import with_interval
from synthgap.summary.causes import DEFECTS, NAMES
from synthgap.summary.said_of_leaks import sentences

BASELINE = "natural-train"
"""What variants are compared with."""

ACCURACIES = {
    "top1": "classifier top-1",
    "knn_accuracy": "5-NN accuracy",
    "centroid_accuracy": "centroid accuracy",
}
"""By what variants are ranked: the first of these that all variants have."""

LISTED = 5
"""Variants that a sentence names; of more it says how many."""


class OverAll(NamedTuple):
    """A measure over all classes that tells of a defect where no single class decides it."""

    column: str
    sign: int
    """Of a difference that tells of it."""


OVER_ALL = {
    "diversity": OverAll("centroid_distance", -1),
    "concept": OverAll("centroid_shift", 1),
}
"""Of causes."""


class Seeds(NamedTuple):
    """How many replicates of a study there are, and what differs between them."""

    replicates: int
    unit: str

    def __str__(self) -> str:
        """How many of what."""
        return f"{self.replicates} {self.unit}"


class Difference(NamedTuple):
    """How much higher one source is than another, with its 95 % interval."""

    value: float
    low: float
    high: float
    agreeing: int = 0
    """Of several replicates of the study how many alone decide it, in this direction."""
    seeds: Seeds | None = None

    @property
    def sign(self) -> int:
        """1 or -1 where the interval decides it, else 0; also where there is no interval."""
        return int(self.low > 0) - int(self.high < 0)

    @property
    def empty(self) -> bool:
        """Whether it says nothing: not measured, or everything right whatever the images."""
        return pd.isna(self.value) or self.value == self.low == self.high == 0

    @property
    def reversed(self) -> "Difference":
        """How much higher the other is."""
        return self._replace(value=-self.value, low=-self.high, high=-self.low)

    def written(self, *, signed: bool = False) -> str:
        """With its interval."""
        return str(with_interval(self.value, self.low, self.high, signed=signed))

    @property
    def by_replicates(self) -> str:
        """In how many replicates it is decided; nothing where there is only one."""
        if self.seeds is None:
            return ""
        return f"decided in {self.agreeing} of {self.seeds}"

    def __str__(self) -> str:
        """With its sign and interval, and in how many replicates it is decided."""
        said = self.written(signed=True)
        return f"{said}; {self.by_replicates}" if self.seeds else said


NONE = Difference(float("nan"), float("nan"), float("nan"))
"""Where nothing was measured."""


class Differences(dict[tuple[str, str, str], Difference]):
    """By measure and two sources: how much higher the second is than the first."""

    def __missing__(self, key: tuple[str, str, str]) -> Difference:
        """What was not measured decides nothing."""
        return NONE


def verdict(
    variants: pd.DataFrame,
    differences: pd.DataFrame,
    causes: pd.DataFrame,
    encoder: str,
    leaks: pd.DataFrame | None = None,
) -> list[str]:
    """Say which variant comes closest to natural images, and of each what is wrong with it.

    A difference is decided where its paired 95 % interval leaves zero out; a defect where the
    diagnosis finds it. Of tables over replicates (`over_replicates`) the interval covers these,
    too, and a class has a defect where all of them find it.

    Args:
        variants: `summary/variants`, a row a source and encoder.
        differences: `summary/differences`, a row a measure and pair of sources.
        causes: `summary/causes`, a row an encoder, variant and cause.
        encoder: whose space is spoken of.
        leaks: `summary/leaks`, if it is there.

    Returns:
        Sentences: the ranking, where there are two variants or more; one a variant, in the order
        of the study; which sources decidedly copy natural images; what could not be measured, if
        there is any; of replicates that these are spoken of.
    """
    of_encoder = variants[variants["encoder"] == encoder]
    sources = [name for name in of_encoder["source"] if not name.startswith("natural-")]
    classifier = of_encoder["classifier"].iloc[0] if "classifier" in of_encoder else None
    found = _differences(differences, encoder, classifier)
    judged = causes[causes["encoder"] == encoder]
    return [
        *_ranking(sources, found),
        *(_of_variant(source, judged[judged["source"] == source], found) for source in sources),
        *([] if leaks is None else sentences(leaks)),
        *_unmeasured(judged),
        *_of_replicates(_seeds_in(judged)),
    ]


def ranked_by(variants: pd.DataFrame, differences: pd.DataFrame, encoder: str) -> str | None:
    """Choose the accuracy by which variants are ranked: the first that all have and that tells.

    Args:
        variants: `summary/variants`, a row a source and encoder.
        differences: `summary/differences`.
        encoder: whose space is spoken of.

    Returns:
        A column of `variants`; None where no accuracy was measured of all, or all are right
        whatever the images.
    """
    rows = variants[variants["encoder"] == encoder]
    sources = [name for name in rows["source"] if not name.startswith("natural-")]
    classifier = rows["classifier"].iloc[0] if "classifier" in rows else None
    return _ranked_by(sources, _differences(differences, encoder, classifier))


def _ranked_by(sources: Sequence[str], found: Differences) -> str | None:
    for measure in ACCURACIES:
        of_sources = [found[measure, BASELINE, one] for one in sources]
        if not any(pd.isna(each.value) for each in of_sources) and not all(
            each.empty for each in of_sources
        ):
            return measure
    return None


def _differences(table: pd.DataFrame, encoder: str, classifier: str | None) -> Differences:
    """What is known of an encoder and of the classifier beside it, either way round."""
    trained = table["encoder"].isna() & (table["classifier"] == classifier)
    found = Differences()
    for row in table[(table["encoder"] == encoder) | trained].to_dict("records"):
        value, low, high = (row[f"difference{end}"] for end in ("", "_low", "_high"))
        measure, one, other = row["measure"], row["source"], row["other"]
        difference = Difference(value, low, high)
        if "replicates" in row:
            seeds = Seeds(int(row["replicates"]), row["unit"])
            difference = Difference(value, low, high, int(row["agreeing"]), seeds)
        found[measure, one, other] = difference
        found[measure, other, one] = difference.reversed
    return found


def _seeds_in(table: pd.DataFrame) -> Seeds | None:
    """The replicates that a table speaks of; None where it is that of one."""
    if "replicates" not in table or table.empty:
        return None
    return Seeds(int(table["replicates"].max()), table["unit"].iloc[0])


def _of_replicates(seeds: Seeds | None) -> list[str]:
    """Say that numbers are means."""
    if seeds is None:
        return []
    return [f"Numbers are means over {seeds}, which intervals cover beside the draw of images."]


def _ranking(sources: Sequence[str], found: Differences) -> list[str]:
    """Name the variant that stands highest, if it stands decidedly above every other."""
    measure = _ranked_by(sources, found)
    if len(sources) < 2 or measure is None:
        return []
    title = ACCURACIES[measure]
    first, *others = sorted(sources, key=lambda one: -found[measure, BASELINE, one].value)
    beside = [one for one in others if found[measure, one, first].sign != 1]
    if beside:
        return [
            f"Not decided: {_listed([first, *beside])} comes closest to natural images in {title} "
            f"({first} minus {beside[0]}: {found[measure, beside[0], first]})."
        ]
    better = found[measure, BASELINE, first].sign == 1
    standing = "does better than" if better else "comes closest to"
    return [
        f"{first} {standing} natural images in {title}; the next is {others[0]}, lower by "
        f"{_plainly(found[measure, others[0], first])}."
    ]


def _plainly(difference: Difference, then: str = "") -> str:
    """A difference without its sign, what it is, and in how many replicates it is decided."""
    said = f"{difference.written()}{then}"
    return f"{said} ({difference.by_replicates})" if difference.seeds else said


def _of_variant(source: str, causes: pd.DataFrame, found: Differences) -> str:
    counts = {
        row["cause"]: (row["suffer"], row["classes"])
        for row in causes.to_dict("records")
        if row["classes"]
    }
    ever = {row["cause"]: row["ever"] for row in causes.to_dict("records") if "ever" in row}
    seeds = _seeds_in(causes)
    parts = [
        *_accuracy(source, found),
        *_defects(source, counts, found, ever, seeds),
    ]
    return f"{source}: {'; '.join(parts) or 'nothing could be measured'}."


def _accuracy(source: str, found: Differences) -> list[str]:
    """Say how far a variant is from natural images in the first accuracy that it has."""
    for measure, title in ACCURACIES.items():
        difference = found[measure, BASELINE, source]
        if difference.empty:
            continue
        if difference.sign == 0:
            return [f"not decided whether below natural images in {title} ({difference})"]
        if difference.sign > 0:
            return [_plainly(difference, f" above natural images in {title}")]
        return [_plainly(found[measure, source, BASELINE], f" below natural images in {title}")]
    return []


def _defects(
    source: str,
    counts: Mapping[str, tuple[int, int]],
    found: Differences,
    ever: Mapping[str, int],
    seeds: Seeds | None,
) -> list[str]:
    """Say in how many classes a variant has each defect, then what only all together decide.

    Of replicates first in how many all have it, then in how many only some.
    """
    more = {
        cause: (ever.get(cause, suffer) - suffer, classes)
        for cause, (suffer, classes) in counts.items()
    }
    always, sometimes = _counts(counts), _counts(more)
    of_all = "" if seeds is None else f"in all {seeds} "
    said = [f"{of_all}{always}"] if always else []
    said += [f"in some but not all of {seeds} {sometimes}"] if sometimes else []
    together = [
        NAMES[cause]
        for cause, (column, sign) in OVER_ALL.items()
        if not any(each.get(cause, (0, 0))[0] for each in (counts, more))
        and found[column, BASELINE, source].sign == sign
    ]
    if together:
        said.append(
            f"over all classes together its images are {' and '.join(together)}, "
            "though in no single one decidedly"
        )
    elif counts and not said:
        classes = max(classes for _, classes in counts.values())
        of_any = "" if seeds is None else f", in any of {seeds}"
        said.append(f"no defect is decided in any of {classes} classes{of_any}")
    return said


def _counts(counts: Mapping[str, tuple[int, int]]) -> str:
    """Word in how many classes there is each defect; nothing where there is none."""
    parts: list[str] = []
    last_subject, last_classes = "", 0
    for cause, defect in DEFECTS.items():
        suffer, classes = counts.get(cause, (0, 0))
        if not suffer:
            continue
        of_all = "" if classes == last_classes else f" of {classes} classes"
        subject = "" if defect.subject == last_subject else f"{defect.subject} "
        parts.append(f"in {suffer}{of_all} {subject}{defect.predicate}")
        last_subject, last_classes = defect.subject, classes
    return ", ".join(parts)


def _unmeasured(causes: pd.DataFrame) -> list[str]:
    """Say which defects could not be looked for, and in which variants."""
    said = []
    for cause, name in NAMES.items():
        rows = causes[causes["cause"] == cause]
        missing = list(rows.loc[rows["classes"] == 0, "source"])
        if missing:
            of_some = f" ({', '.join(missing)})" if len(missing) < len(rows) else ""
            said.append(f"{name}{of_some}")
    return [f"Not measured: {', '.join(said)}."] if said else []


def _listed(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    shown = list(names[:LISTED])
    if len(names) > LISTED:
        shown.append(f"{len(names) - LISTED} more")
    return f"{', '.join(shown[:-1])} or {shown[-1]}"
