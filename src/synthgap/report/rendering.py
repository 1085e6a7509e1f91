"""Pages: templates that are filled with what stands in tables."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    """All pages' templates. Whatever they are filled with is text and no markup."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def rendered(template: str, **values: object) -> Markup:
    """Fill a template.

    Args:
        template: its name, without its ending.
        values: what the template calls by these names.
    """
    return Markup(_environment().get_template(f"{template}.html.jinja").render(values))


def sources() -> list[Path]:
    """The files that decide what a report looks like, beside its data and its code.

    Of the libraries it is their table, which has their hashes: Snakemake compares files above 1 MB
    by time alone, and would write the report anew in every fresh checkout.
    """
    here = Path(__file__).parent
    return [
        *sorted(path for folder in ("templates", "app") for path in (here / folder).iterdir()),
        here / "vendor/README.md",
    ]
