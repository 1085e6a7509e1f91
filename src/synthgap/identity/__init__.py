"""The identity of code: a hash that a changed formula alters and a moved module does not.

Snakemake's own code trigger compares file times and does not follow imports. Rules pass
`code_identity` of their script as a parameter instead, so that exactly the jobs whose computation
changed run again. What counts is the definitions (functions, classes, constants) that are reached
from the script, each by what it computes: not where it lies, how or as what it is imported, or what
else lies beside it.
"""

import hashlib
from functools import cache
from pathlib import Path

from synthgap.identity.forms import MARK, Form, Reference, form_of
from synthgap.identity.names import Package, Statement, Whole, module_at

PLUMBING = frozenset(
    {
        "classes",
        "errors",
        "files",
        "generation.batches",
        "generation.compiling",
        "generation.found_sizes",
        "identity",
        "jobs",
        "limits",
        "places",
        "refusals",
        "section",
    }
)
"""Modules and folders of them that decide no result: keys checked, errors shown, files replaced,
work handed on. Their definitions count by name alone."""

PACKAGE_ROOT = Path(__file__).resolve().parents[1]


def code_identity(source: str | Path | type) -> str:
    """Hash a script, or a definition, with all definitions of this project that it reaches.

    Args:
        source: path of a script; class of this project; or dotted name of one of its modules or
            definitions (`synthgap.tables`, `synthgap.tables.read`).

    Returns:
        16 hexadecimal digits.

    Raises:
        LookupError: there is no such module or definition, or one that is imported does not exist.
    """
    digest = hashlib.sha256()
    for text in reached(source).values():
        digest.update(f"{text}\n{MARK}\n".encode())
    return digest.hexdigest()[:16]


def reached(source: str | Path | type) -> dict[Statement | Whole, str]:
    """Number the definitions that count for a source as they are met, and say what they compute.

    Args:
        source: as in `code_identity`.

    Returns:
        Of each its form, in which other definitions stand as their numbers.
    """
    order: list[Statement | Whole] = []
    numbers: dict[Statement | Whole, int] = {}

    def numbered(reference: Reference) -> str:
        every = [reference] if isinstance(reference, Whole) else reference
        for each in every:
            if each not in numbers:
                numbers[each] = len(order)
                order.append(each)
        return MARK + "+".join(str(numbers[each]) for each in every) + MARK

    numbered(_start(source))
    texts: dict[Statement | Whole, str] = {}
    for each in order:
        if isinstance(each, Statement) and (loose := module_at(each.module).loose):
            # What a module does when it is loaded counts with whatever is taken from it.
            numbered(tuple(Statement(each.module, number) for number in loose))
        form = _form(PACKAGE_ROOT, each)
        parts = form.text.split(MARK)
        # Every second part is the number of a reference.
        parts[1::2] = [numbered(form.references[int(part)]) for part in parts[1::2]]
        texts[each] = "".join(parts)
    return texts


def is_plumbing(module: Path) -> bool:
    """Whether a module of the package decides no result."""
    return _is_plumbing(PACKAGE_ROOT, module)


@cache
def _is_plumbing(root: Path, module: Path) -> bool:
    return any(module.with_suffix("").is_relative_to(stem) for stem in _plumbing(root))


def _start(source: str | Path | type) -> Reference:
    if isinstance(source, Path):
        return Whole(source.resolve())
    if isinstance(source, type):
        source = f"{source.__module__}.{source.__qualname__}"
    found = Package(PACKAGE_ROOT).find(source)
    if isinstance(found.meaning, str) or found.rest:
        raise LookupError(f"{source} is no module or definition of this project")
    return found.meaning


@cache
def _form(root: Path, each: Statement | Whole) -> Form:
    every = range(len(module_at(each.module).statements))
    statements = [each.number] if isinstance(each, Statement) else every
    return form_of(Package(root), each.module, statements, is_plumbing)


@cache
def _plumbing(root: Path) -> tuple[Path, ...]:
    return tuple(root.joinpath(*name.split(".")) for name in PLUMBING)
