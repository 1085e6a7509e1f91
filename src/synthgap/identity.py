"""The identity of code: a hash that a changed formula alters and a changed comment does not.

Snakemake's own code trigger compares file times and does not follow imports. Rules pass
`code_identity` of their script as a parameter instead, so that exactly the jobs whose computation
changed run again.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PLUMBING = frozenset(
    {
        "classes.py",
        "device_claims.py",
        "embedding/ahead.py",
        "errors.py",
        "files.py",
        "generation/batches.py",
        "generation/compiling.py",
        "generation/found_sizes.py",
        "job.py",
        "runs.py",
        "section.py",
        "sockets.py",
        "workers.py",
    }
)
"""Modules that decide no result: keys checked, errors shown, files replaced, work handed on."""

PACKAGE_ROOT = Path(__file__).resolve().parent


def code_identity(*sources: str | Path) -> str:
    """Hash scripts or modules together with the project's modules that they import.

    Args:
        sources: paths of scripts, or names of modules of this project (`synthgap.tables`).

    Returns:
        16 hexadecimal digits, the same after a comment, a docstring or the formatting has changed.
    """
    pending = {_path_of(source) for source in sources}
    seen: dict[str, str] = {}
    while pending:
        path = pending.pop()
        name = _name_of(path)
        if name not in seen and name not in PLUMBING:
            seen[name] = _normal_form(path)
            pending |= set(_imports(path))
    digest = hashlib.sha256()
    for name in sorted(seen):
        digest.update(f"{name}\n{seen[name]}\n".encode())
    return digest.hexdigest()[:16]


def _path_of(source: str | Path) -> Path:
    if isinstance(source, str) and not source.endswith(".py"):
        path = _module_path(source)
        if path is None:
            raise ModuleNotFoundError(f"{source} is no module of this project")
        return path
    return Path(source).resolve()


def _name_of(path: Path) -> str:
    """Name a file independently of where the project lies."""
    if path.is_relative_to(PACKAGE_ROOT):
        return path.relative_to(PACKAGE_ROOT).as_posix()
    return f"script/{path.name}"


def _module_path(name: str) -> Path | None:
    package, *parts = name.split(".")
    if package != PACKAGE_ROOT.name:
        return None
    stem = PACKAGE_ROOT.joinpath(*parts)
    for path in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def _normal_form(path: Path) -> str:
    tree = _WithoutStrings().visit(_tree(path))
    return ast.unparse(ast.fix_missing_locations(tree))


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    names = set(_imported_names(_tree(path)))
    return tuple(found for name in sorted(names) if (found := _module_path(name)) is not None)


def _imported_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from submodules
            # A package's own __init__ counts only where a name is taken from it.
            if not all(_module_path(name) for name in submodules):
                yield node.module


class _WithoutStrings(ast.NodeTransformer):
    """Drops what a reader is told: docstrings, other bare strings, the messages of errors."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                kept = [s for s in statements if not _is_bare_string(s)]
                if field == "body" and not kept and not isinstance(node, ast.Module):
                    kept = [ast.Pass()]
                setattr(node, field, kept)
        return node


def _is_bare_string(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
