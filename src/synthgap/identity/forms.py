"""The form of a statement in which only what it computes is left.

Comments, formatting, docstrings, messages of errors, imports and annotations of functions are gone;
a name stands for what it means, whatever it is called here.
"""

import ast
import pickle
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from synthgap.identity.names import (
    COMPREHENSIONS,
    LOCAL,
    Found,
    Package,
    Statement,
    Whole,
    is_text,
    module_at,
    names_bound_by,
)

Reference = tuple[Statement, ...] | Whole

MARK = "\N{VERTICAL BAR WITH HORIZONTAL STROKE}"
"""Around the number of a reference. No source has it; inside of an f-string, what cannot be printed
would be escaped."""


class Form(NamedTuple):
    """Text with references to statements or modules of the package."""

    text: str
    """Reference i stands as its number between two `MARK`."""
    references: tuple[Reference, ...]


def form_of(
    package: Package,
    path: Path,
    statements: Sequence[int],
    is_plumbing: Callable[[Path], bool],
) -> Form:
    """Give the form of some statements of a module.

    Args:
        package: where names are looked up.
        path: of the module.
        statements: their numbers.
        is_plumbing: whether a module's definitions count by their names alone.
    """
    module = module_at(path)
    writer = _Writer(package, path, is_plumbing)
    lines = []
    for number in statements:
        written = writer.visit(_copied(module.statements[number]))
        if isinstance(written, ast.FunctionDef) and len(statements) == 1:
            # Others refer to it by its number.
            written.name = "_"
        if written is not None and not is_text(module.statements[number]):
            lines.append(ast.unparse(ast.fix_missing_locations(written)))
    return Form("\n".join(lines), tuple(writer.references))


def _copied(statement: ast.stmt) -> ast.stmt:
    """A copy to be rewritten; `copy.deepcopy` takes several times as long."""
    copied: ast.stmt = pickle.loads(pickle.dumps(statement, pickle.HIGHEST_PROTOCOL))
    return copied


class _Scope(NamedTuple):
    names: dict[str, str]
    of_class: bool = False


class _Writer(ast.NodeTransformer):
    """Rewrites a statement and notes what it refers to."""

    def __init__(self, package: Package, path: Path, is_plumbing: Callable[[Path], bool]) -> None:
        self.package, self.path, self.is_plumbing = package, path, is_plumbing
        self.scopes: list[_Scope] = []
        self.references: list[Reference] = []

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(node, name, None)
            if isinstance(statements, list):
                kept = [each for each in statements if not is_text(each)]
                if name == "body" and not kept and not isinstance(node, ast.Module):
                    kept = [ast.Pass()]
                setattr(node, name, kept)
        return node

    # Scopes.

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.returns = None
        self._arguments(node.args)
        names = {**names_bound_by(node.body), **_parameters(node.args)}
        self.scopes.append(_Scope(names))
        node.body = self._body(node.body)
        self.scopes.pop()
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.visit_FunctionDef(node)

    def _body(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        visited = (self.visit(each) for each in statements if not is_text(each))
        return [each for each in visited if each is not None] or [ast.Pass()]

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._arguments(node.args)
        self.scopes.append(_Scope(_parameters(node.args)))
        node.body = self.visit(node.body)
        self.scopes.pop()
        return node

    def _arguments(self, arguments: ast.arguments) -> None:
        """Defaults are computed outside; annotations decide nothing."""
        arguments.defaults = [self.visit(each) for each in arguments.defaults]
        arguments.kw_defaults = [each and self.visit(each) for each in arguments.kw_defaults]
        for parameter in _all_parameters(arguments):
            parameter.annotation = None

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.bases = [self.visit(each) for each in node.bases]
        node.keywords = [self.visit(each) for each in node.keywords]
        self.scopes.append(_Scope(names_bound_by(node.body), of_class=True))
        node.body = self._body(node.body)
        self.scopes.pop()
        return node

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, COMPREHENSIONS):
            return super().visit(node)
        first, *others = node.generators
        first.iter = self.visit(first.iter)
        targets = [each.target for each in node.generators]
        self.scopes.append(_Scope(names_bound_by(targets)))
        for generator in others:
            generator.iter = self.visit(generator.iter)
        for generator in node.generators:
            generator.ifs = [self.visit(each) for each in generator.ifs]
        for part in ("key", "value", "elt"):
            if hasattr(node, part):
                setattr(node, part, self.visit(getattr(node, part)))
        self.scopes.pop()
        return node

    # What decides nothing.

    def visit_Import(self, node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if self.scopes and self.scopes[-1].of_class:
            return self._field(node)
        if node.value is None:
            return None
        return self.visit(ast.Assign([node.target], node.value))

    def _field(self, node: ast.AnnAssign) -> ast.AST:
        """A field of a class: its name, its default, and the definitions of its annotation.

        What a key of a section may be decides no result: what it is, a job's parameters say.
        """
        written = self.visit(node.annotation)
        references: list[ast.expr] = [
            each for each in ast.walk(written) if isinstance(each, ast.Name) and MARK in each.id
        ]
        node.annotation = ast.Tuple(references, ast.Load())
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "Field":
            defaults = ("default", "default_factory")
            node.value.keywords = [each for each in node.value.keywords if each.arg in defaults]
        node.value = node.value and self.visit(node.value)
        return node

    # Names.

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(node.ctx, ast.Store) and self.scopes and self.scopes[-1].of_class:
            return node
        return self._meant(node.id, (), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        attributes: list[str] = [node.attr]
        start = node.value
        while isinstance(start, ast.Attribute):
            attributes.append(start.attr)
            start = start.value
        if isinstance(start, ast.Name) and isinstance(node.ctx, ast.Load):
            return self._meant(start.id, tuple(reversed(attributes)), node)
        return self.generic_visit(node)

    def _meant(self, name: str, attributes: tuple[str, ...], node: ast.expr) -> ast.expr:
        """Put what a name with attributes means in its place."""
        imported = self._imported(name)
        if imported == LOCAL:
            return node
        if imported is not None:
            found = self.package.find(".".join([imported, *attributes]))
        elif name in module_at(self.path).bound:
            found = self.package.within(self.path, name, attributes)
        elif name == "__name__":
            # Whoever says it runs the module, or looks into it.
            found = Found(Whole(self.path), attributes)
        else:
            return node
        written: ast.expr = ast.Name(self._written(found.meaning), ast.Load())
        for attribute in found.rest:
            written = ast.Attribute(written, attribute, ast.Load())
        return written

    def _imported(self, name: str) -> str | None:
        """What a name was imported as, `LOCAL`, or None for one of the module or of Python."""
        for scope in reversed(self.scopes):
            # A class's methods do not see its names, and its statements only once they are bound.
            if name in scope.names and not (scope.of_class and scope.names[name] == LOCAL):
                return scope.names[name]
        return module_at(self.path).imported.get(name)

    def _written(self, meaning: Reference | str) -> str:
        if isinstance(meaning, str):
            return meaning
        path = meaning.module if isinstance(meaning, Whole) else meaning[0].module
        if self.is_plumbing(path):
            return f"plumbing.{_name_of(meaning)}"
        self.references.append(meaning)
        return f"{MARK}{len(self.references) - 1}{MARK}"


@cache
def _name_of(meaning: Reference) -> str:
    """Name of a definition wherever it is; a module's is nothing."""
    if isinstance(meaning, Whole):
        return "module"
    statement = module_at(meaning[0].module).statements[meaning[0].number]
    return "+".join(names_bound_by([statement]))


def _all_parameters(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*every, *(each for each in (arguments.vararg, arguments.kwarg) if each)]


def _parameters(arguments: ast.arguments) -> dict[str, str]:
    return {parameter.arg: LOCAL for parameter in _all_parameters(arguments)}
