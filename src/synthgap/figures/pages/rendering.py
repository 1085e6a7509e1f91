"""Pages: templates that are filled with what stands in tables."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, meta

from synthgap.files import replacing

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


def write_page(path: str | Path, page: str, **values: object) -> None:
    """Fill a page's template and write it.

    Args:
        path: where to, HTML.
        page: name of the template, without its ending.
        values: what the template calls by these names.
    """
    text = _environment().get_template(_file(page)).render(values)
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")


def templates_of(page: str) -> list[Path]:
    """The files that a page's template consists of: its own, and those that it extends and imports.

    Raises:
        FileNotFoundError: there is no such template.
    """
    found: list[str] = []
    pending = [_file(page)]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found.append(name)
        parsed = _environment().parse((TEMPLATES / name).read_text(encoding="utf-8"))
        # Names that are computed would be None; no template has any.
        pending += [each for each in meta.find_referenced_templates(parsed) if each]
    return [TEMPLATES / name for name in sorted(found)]


def _file(page: str) -> str:
    return f"{page}.html.jinja"
