"""What the names in a module mean: a statement of it, a definition elsewhere, or a package."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

LOCAL = ""
"""Stands for a name that means a variable, a parameter or the like."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Statement(NamedTuple):
    """A statement at the top of a module: a definition, a constant."""

    module: Path
    number: int


class Whole(NamedTuple):
    """All statements of a module."""

    module: Path


class Found(NamedTuple):
    """What a dotted name means."""

    meaning: "tuple[Statement, ...] | Whole | str"
    """Statements that bind it, a module, or the dotted name of what lies outside of the package."""
    rest: tuple[str, ...] = ()
    """Attributes of it that follow."""


@dataclass(frozen=True)
class Module:
    """A module's statements, and what its names are bound to."""

    path: Path
    statements: Sequence[ast.stmt]
    bound: dict[str, list[int]] = field(default_factory=dict)
    """Of each name the numbers of the statements that bind it."""
    imported: dict[str, str] = field(default_factory=dict)
    """Of each imported name the dotted name of what it means."""
    loose: tuple[int, ...] = ()
    """Statements that bind no name, but do something when the module is loaded."""


@cache
def module_at(path: Path) -> Module:
    """Parse a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    bound: dict[str, list[int]] = {}
    imported: dict[str, str] = {}
    loose = []
    for number, statement in enumerate(tree.body):
        names = names_bound_by([statement])
        for name, meaning in names.items():
            if meaning == LOCAL:
                bound.setdefault(name, []).append(number)
            else:
                imported[name] = meaning
        if not names and not is_text(statement) and not _is_for_others(statement):
            loose.append(number)
    return Module(path, tree.body, bound, imported, tuple(loose))


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring or another bare string."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_for_others(statement: ast.stmt) -> bool:
    """Whether a statement is for type checkers, or for those who run the module."""
    if not isinstance(statement, ast.If):
        return False
    condition = ast.unparse(statement.test)
    return "TYPE_CHECKING" in condition or condition.startswith("__name__ ==")


class Package:
    """The modules of a package, by their names."""

    def __init__(self, root: Path) -> None:
        """Name the package by its folder."""
        self.root = root

    def find(self, dotted: str) -> Found:
        """Say what a dotted name means.

        Raises:
            LookupError: it should be in the package, but nothing binds it.
        """
        top, *parts = dotted.split(".")
        if top != self.root.name:
            return Found(dotted)
        place = self.root
        for number, part in enumerate(parts):
            if file := _file_of(place / part):
                # A package's own names come before its modules.
                own = _file_of(place)
                if own and part in module_at(own).bound:
                    return self.within(own, part, tuple(parts[number + 1 :]))
                place = place / part
                if file.name != "__init__.py":
                    return self._in_module(file, parts[number + 1 :], dotted)
                continue
            own = _file_of(place)
            return self._in_module(own, parts[number:], dotted) if own else self._missing(dotted)
        own = _file_of(place)
        return Found(Whole(own)) if own else self._missing(dotted)

    def _in_module(self, file: Path, names: Sequence[str], dotted: str) -> Found:
        if not names:
            return Found(Whole(file))
        module = module_at(file)
        if names[0] not in module.bound and names[0] not in module.imported:
            return self._missing(dotted)
        return self.within(file, names[0], tuple(names[1:]))

    def within(self, file: Path, name: str, rest: tuple[str, ...] = ()) -> Found:
        """Say what a name means at the top of a module."""
        module = module_at(file)
        if name in module.bound:
            return Found(tuple(Statement(file, number) for number in module.bound[name]), rest)
        return self.find(".".join([module.imported[name], *rest]))

    def _missing(self, dotted: str) -> Found:
        raise LookupError(f"{dotted}: nothing in {self.root} binds this name")


@cache
def _file_of(stem: Path) -> Path | None:
    for path in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


def names_bound_by(body: Sequence[ast.AST]) -> dict[str, str]:
    """Of each name that statements bind in their own scope what it was imported as, or `LOCAL`."""
    bound: dict[str, str] = {}
    elsewhere: set[str] = set()
    for node in _in_scope(body):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                bound.setdefault(name, LOCAL)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.setdefault(node.name, LOCAL)
            case ast.Import(names=aliases):
                for alias in aliases:
                    whole = alias.name if alias.asname else alias.name.split(".")[0]
                    bound[alias.asname or whole] = whole
            case ast.ImportFrom(module=module, names=aliases) if module != "__future__":
                for alias in aliases:
                    bound[alias.asname or alias.name] = f"{module}.{alias.name}"
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                elsewhere |= set(names)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchMapping(rest=str(name))
            ):
                bound.setdefault(name, LOCAL)
    return {name: meaning for name, meaning in bound.items() if name not in elsewhere}


def _in_scope(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of scopes inside it."""
    pending = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            continue
        if isinstance(node, COMPREHENSIONS):
            # `:=` binds outside of it.
            pending += [each.target for each in ast.walk(node) if isinstance(each, ast.NamedExpr)]
            continue
        pending += reversed(list(ast.iter_child_nodes(node)))
