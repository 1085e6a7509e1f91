"""The page itself: the verdict and every section, as far as it needs no script."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from synthgap.numbers import Written
from synthgap.report.facts import Facts
from synthgap.report.rendering import rendered
from synthgap.report.verdict_view import Axis, Line, defects


class Worst(NamedTuple):
    """The class that suffers most, as the first screen shows it."""

    class_id: str
    name: str
    variant: str
    defects: list[str]
    reason: str
    advice: str
    picture: str
    """Natural images over synthetic ones, a file of the report."""
    images: int
    """Images in a row of it."""


MOST_SENTENCES = 6
"""On single variants, which leave the table below them on the first screen."""


class Section(NamedTuple):
    """A part that opens at a click."""

    key: str
    title: str
    meaning: str
    """What it is, in a line."""
    content: Markup


class Page(NamedTuple):
    """What the page says."""

    facts: Facts
    sentences: Sequence[str]
    warnings: Sequence[str]
    lines: Sequence[Line]
    axis: Axis | None
    worst: Worst | None
    headline: dict[str, list[Written]]
    geometry: Sequence[str]
    sections: Sequence[Section]
    methods: Markup
    charts: Sequence[str]
    """Names of the charts that lie in the report as SVG."""
    version: str

    @property
    def folded(self) -> Sequence[str]:
        """Sentences on single variants that wait for a click, where there are many: the table below
        them says the same in less room."""
        if len(self.facts.variants) <= MOST_SENTENCES:
            return []
        # A second one on a variant says that it copies, which the table does not.
        of_each = (
            next((each for each in self.sentences if each.startswith(f"{variant.name}: ")), None)
            for variant in self.facts.variants
        )
        return [sentence for sentence in of_each if sentence is not None]

    def write(self, path: Path) -> None:
        """Write it as HTML."""
        rows = list(zip(*self.headline.values(), strict=True))
        text = rendered("index", page=self, rows=rows, defects=defects(), style=Markup(_style()))
        path.write_text(text, encoding="utf-8")


def _style() -> str:
    return (Path(__file__).parent / "app/style.css").read_text(encoding="utf-8")
