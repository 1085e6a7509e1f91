"""What to try next of each class with a defect: what the study has shown, else what it could."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from synthgap.described import Columns, described_table, with_interval
from synthgap.diagnosis.verdicts import CAUSES
from synthgap.summary import changes
from synthgap.summary.causes import CAUSE, DEFECT, NAMES
from synthgap.summary.changes import Change, Changeable
from synthgap.summary.standing import BY_HAND, SHOWN, UNTESTED
from synthgap.summary.yaml_text import yaml_text

MOST = 3
"""Untested proposals for a class and defect."""

COLUMNS: Columns = {
    "encoder": (pa.string(), "model whose embeddings the verdict is of"),
    "source": (pa.string(), "the variant"),
    "class_id": (pa.string(), "the class"),
    "name": (pa.string(), "the class's name; names may collide"),
    "cause": CAUSE,
    "defect": DEFECT,
    **with_interval("value", "; ".join(f"{cause}: {text}" for cause, text in CAUSES.items())),
    "natural": (pa.float64(), "the same value of natural images"),
    "place": (pa.int64(), "1 is to be tried first of what is proposed for the class and defect"),
    "status": (
        pa.string(),
        f"{SHOWN}: in another variant of the study the class was not found to have the defect; "
        f"{UNTESTED}: nobody knows; {BY_HAND}: nothing that the study could run",
    ),
    "proposal": (pa.string(), "what to try, in words"),
    "variant": (pa.string(), "the variant that shows it, or that is to be added"),
    **with_interval("variant_value", "the value of the class there, of what was shown"),
    "other_defects": (pa.string(), "what the class is found to have there, of what was shown"),
    "prompt": (pa.string(), "the first prompt of the class there"),
    "fragment": (pa.string(), "what to add to the study file, as YAML; empty where it is there"),
    "command": (pa.string(), "what tries just that, once it is added"),
}


class Command(NamedTuple):
    """How a part of the study is made."""

    words: Sequence[str]
    """Snakemake on the study's file."""
    results: str
    """The study's folder."""
    encoder: str
    """In whose space a class is measured."""
    classifier: str | None = None
    """What is trained first, if anything."""
    seed: int = 0
    """With which seed."""

    def of_class(self, variant: str, class_id: str) -> str:
        """Make and measure the images of one class of a variant."""
        return self._with(
            f"{self.results}/images/{variant}/{class_id}.parquet",
            f"{self.results}/measures/{self.encoder}/{variant}/{class_id}.parquet",
        )

    def of_training(self, training_set: str) -> str:
        """Train once on a training set."""
        folder = f"{self.results}/classifiers/{self.classifier}/{training_set}/seed{self.seed}"
        return self._with(f"{folder}/predictions.parquet")

    def _with(self, *targets: str) -> str:
        # Targets come first: --configfile takes any number of values.
        first, *others = self.words
        return shlex.join([first, *targets, *others])


def proposals_table(diagnosis: pd.DataFrame, study: Changeable, command: Command) -> pa.Table:
    """Propose something for each class, variant and cause that the class suffers from.

    What another variant of the study shows comes before all that is untested, and alone: that the
    class is not found to have the defect there. Of several the one with fewest other defects is
    taken, then the one nearest to natural images.

    Args:
        diagnosis: `summary/diagnosis`; of encoders the command's is taken.
        study: how its variants can be changed.
        command: how a part of it is made.
    """
    own = diagnosis[diagnosis["encoder"] == command.encoder]
    rows: list[dict[str, Any]] = []
    for _, group in own.groupby("class_id", sort=False):
        of_class = _OfClass(
            [{str(key): row[key] for key in row} for row in group.to_dict("records")]
        )
        for row in of_class.suffering():
            found = list(_proposals(row, of_class, study, command))
            rows += [
                {**row, "defect": NAMES[row["cause"]], "place": place, **proposal}
                for place, proposal in enumerate(found, 1)
            ]
    order = {name: number for number, name in enumerate(study.variants)}
    # As the summary of the diagnosis has them: variant by variant.
    rows.sort(key=lambda row: order[row["source"]])
    return described_table(rows, COLUMNS)


class _OfClass:
    """What is known of one class in all variants."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self.rows = rows
        self.defects = {row["source"]: 0 for row in rows}
        for row in self.suffering():
            self.defects[row["source"]] += 1

    def suffering(self) -> Iterator[dict[str, Any]]:
        """The rows of causes that the class suffers from."""
        return (row for row in self.rows if _is(row["suffers"], True))

    def shown(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The row of the variant that shows best how the class is without a defect."""
        others = [
            each
            for each in self.rows
            if each["cause"] == row["cause"] and _is(each["suffers"], False)
        ]
        return min(others, key=self._rank, default=None)

    def _rank(self, row: Mapping[str, Any]) -> tuple[int, float]:
        value, natural = row["value"], row["natural"]
        far = float("inf") if pd.isna(value) or pd.isna(natural) else abs(value - natural)
        return self.defects[row["source"]], far

    def others_of(self, source: str) -> list[str]:
        """The names of the defects that the class has in a variant."""
        return [NAMES[row["cause"]] for row in self.suffering() if row["source"] == source]


def _is(value: Any, wanted: bool) -> bool:
    # What could not be measured is neither.
    return not pd.isna(value) and bool(value) is wanted


def _proposals(
    row: Mapping[str, Any], of_class: _OfClass, study: Changeable, command: Command
) -> Iterator[dict[str, Any]]:
    class_id = row["class_id"]
    shown = of_class.shown(row)
    if shown is not None:
        yield _shown(shown, of_class, study, command)
        return
    base = _base(study, row["source"])
    found = () if base is None else _changes(study, base, row)
    untested = [change for change in found if change is not None][:MOST]
    if row["cause"] == "concept":
        training = changes.natural(study, row["source"])
        untested += [] if training is None else [training]
    for change in untested:
        if change.variant is not None:
            made = command.of_class(change.variant, class_id)
        else:
            made = command.of_training(change.training_set or "")
        yield {
            "status": UNTESTED,
            "proposal": change.text,
            "variant": change.variant,
            "prompt": change.prompt,
            "fragment": yaml_text(change.added),
            "command": made,
        }
    if not untested:
        # What the verdict itself says.
        recipe = study.variants[row["source"]].prompts
        yield {
            "status": BY_HAND,
            "proposal": row["advice"],
            "prompt": changes.prompt_of(study, recipe, class_id),
        }


def _shown(
    shown: Mapping[str, Any], of_class: _OfClass, study: Changeable, command: Command
) -> dict[str, Any]:
    source, class_id = shown["source"], shown["class_id"]
    recipe = study.variants[_base(study, source) or source].prompts
    return {
        "status": SHOWN,
        "proposal": f"take its images from {source}, where it is not found to have the defect",
        "variant": source,
        "other_defects": ", ".join(of_class.others_of(source)),
        **{f"variant_value{end}": shown[f"value{end}"] for end in ("", "_low", "_high")},
        "prompt": changes.prompt_of(study, recipe, class_id),
        "command": command.of_class(source, class_id),
    }


def _base(study: Changeable, source: str) -> str | None:
    """The variant whose settings made the images of one; None if nothing of the study did."""
    origins = study.variants[source].origins or (source,)
    return next((name for name in origins if study.variants[name].generated), None)


def _changes(study: Changeable, base: str, row: Mapping[str, Any]) -> Iterator[Change | None]:
    """What may mend a cause, in the order in which it should be tried."""
    class_id, cause = row["class_id"], row["cause"]
    if cause == "ambiguity":
        yield changes.definition(study, base, class_id)
        yield changes.captions(study, base, class_id)
        yield changes.without(study, base, class_id, row["other_class"])
    elif cause == "adherence":
        yield changes.scale(study, base, class_id, higher=True)
        yield changes.definition(study, base, class_id)
        yield changes.other_generator(study, base, class_id)
    elif cause == "diversity":
        yield changes.scale(study, base, class_id, higher=False)
        yield changes.contexts(study, base, class_id)
        yield changes.captions(study, base, class_id)
    else:
        yield changes.beginning(study, base, class_id)
        yield changes.captions(study, base, class_id)
        yield changes.other_generator(study, base, class_id)
