"""How the numbers came about: models, seeds and versions, as the files themselves say."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from synthgap import __version__
from synthgap.numbers import counted
from synthgap.report.facts import Facts
from synthgap.report.rendering import rendered
from synthgap.tables import metadata_of

CITATION = (
    "The synthgap authors: synthgap, version {version}. Method: D. Marwood, S. Baluja, Y. Alon: "
    "Diversity and Diffusion: Observations on Synthetic Image Distributions with Stable Diffusion, "
    "arXiv 2311.00056 (2023)."
)


class Origin(NamedTuple):
    """What a kind of table was made by."""

    what: str
    spec: str
    """What was asked for, with the model's identity where there is one."""
    versions: str
    code: str


def origin(what: str, table: str | Path) -> Origin:
    """Read from a table what made it."""
    metadata = metadata_of(table)
    spec: Mapping[str, Any] = json.loads(metadata.get("spec", "{}"))
    versions: Mapping[str, str] = json.loads(metadata.get("versions", "{}"))
    return Origin(
        what,
        "; ".join(f"{key}: {_said(value)}" for key, value in spec.items()),
        ", ".join(f"{package} {version}" for package, version in versions.items()),
        metadata.get("code", ""),
    )


def methods(facts: Facts, tables: Mapping[str, str | Path], checkout: str | Path) -> Markup:
    """Fill the section of methods.

    Args:
        facts: the study.
        tables: of each name a table that shows how its kind was made.
        checkout: where the workflow lies, for its commit.
    """
    commit = commit_of(checkout)
    return rendered(
        "methods",
        facts=facts,
        text=text_of(facts, commit),
        citation=CITATION.format(version=__version__),
        rows=[origin(what, table) for what, table in tables.items()],
        version=__version__,
        commit=f"commit {commit}" if commit else "not run from a checkout of Git",
    )


def text_of(facts: Facts, commit: str | None) -> str:
    """Write a paragraph of methods that can be copied into a paper."""
    sets = ", ".join(
        variant.name
        + ("" if variant.guidance_scale is None else f" (guidance {variant.guidance_scale:g})")
        for variant in facts.variants
    )
    by = f"synthgap {__version__}" + (f" (commit {commit})" if commit else "")
    compared = counted(len(facts.variants), "synthetic image set")
    trained = (
        " Classifiers were trained on each set alone, or on the mixtures that the study names, and "
        "tested on natural images that nothing else used."
        if facts.trains
        else ""
    )
    opened = f" {facts.open_question}" if facts.open_question else ""
    return (
        f"We compared {compared} ({sets}) with natural images of the same "
        f"{counted(len(facts.classes), 'class', 'classes')} by {by}. All images were embedded with "
        f"{facts.encoder} and scaled to unit length; of every set {facts.n} images of each class, "
        "chosen once by seed, were measured. Diversity of a class is the mean squared distance of "
        "its embeddings from their mean; shift is the distance between means of halves of the "
        "synthetic and the natural set, read beside that between two halves of the natural set. "
        "Intervals are 95 % intervals by resampling images within classes, with the same draws in "
        "every set, so that differences are paired. A class was called defective where its images "
        "differ from natural ones further than random partings of both do, at a false-discovery "
        f"rate of 5 % over the classes.{trained}{opened}"
    )


def commit_of(checkout: str | Path) -> str | None:
    """The commit of a checkout, with a plus where files differ from it; None if there is none."""
    if not Path(checkout, ".git").exists():
        return None
    try:
        commit = _git(checkout, "rev-parse", "--short=12", "HEAD")
        changed = _git(checkout, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+" if changed else "")


def _git(checkout: str | Path, *arguments: str) -> str:
    run = subprocess.run(
        ["git", "-C", str(checkout), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return run.stdout.strip()


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_said(each)}" for key, each in value.items() if each is not None)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_said, value))
    return "none" if value is None else str(value)
