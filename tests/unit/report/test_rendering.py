"""What holds for every template of the report, and what figures and report may import."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from synthgap.report import rendering
from synthgap.report.rendering import TEMPLATES, rendered, sources

PACKAGE = Path(rendering.__file__).parent

SECTIONS = sorted(
    file.name
    for file in TEMPLATES.iterdir()
    if file.name not in {"cells.html.jinja", "index.html.jinja"}
)


@pytest.mark.parametrize("template", [*SECTIONS, "index.html.jinja", "cells.html.jinja"])
def test_every_table_scrolls_where_the_screen_is_narrow(template):
    text = (TEMPLATES / template).read_text()
    inside = re.findall(r"<div class=(?:wide|\"wide [^\"]*\")[^>]*>\s*<table", text)
    assert text.count("<table") == len(inside)


@pytest.mark.parametrize("template", SECTIONS)
def test_headings_of_a_section_lie_below_those_of_the_page(template):
    assert not re.search(r"<h[12]\b", (TEMPLATES / template).read_text())


def test_a_report_depends_on_every_file_that_lies_beside_the_program():
    code = {"__pycache__", "sections"}
    files = {
        path
        for folder in PACKAGE.iterdir()
        if folder.is_dir() and folder.name not in {*code, "vendor"}
        for path in folder.rglob("*")
    }
    # The libraries' table has their hashes.
    assert set(sources()) == {*files, PACKAGE / "vendor/README.md"}
    assert all(path.is_file() for path in files)


def test_no_such_file_is_compared_by_time_alone():
    """As Snakemake does with larger ones, so that a fresh checkout would be another report."""
    assert [path.name for path in sources() if path.stat().st_size >= 1_000_000] == []


@pytest.fixture
def filled(tmp_path, monkeypatch):
    """Fills a template."""
    monkeypatch.setattr(rendering, "TEMPLATES", tmp_path)
    rendering._environment.cache_clear()

    def of(template, **values):
        (tmp_path / "new.html.jinja").write_text(template)
        return rendered("new", **values)

    yield of
    rendering._environment.cache_clear()


def test_what_fills_a_template_is_text_and_no_markup(filled):
    assert filled("<p>{{ name }}</p>\n", name="<b>crane") == "<p>&lt;b&gt;crane</p>\n"


def test_what_was_filled_is_markup_in_another_template(filled):
    inner = filled("<p>{{ name }}</p>", name="<b>crane")
    assert filled("<div>{{ inner }}</div>", inner=inner) == "<div><p>&lt;b&gt;crane</p></div>"


def test_what_a_template_lacks_is_no_empty_page(filled):
    with pytest.raises(Exception, match="nmae"):
        filled("{{ nmae }}", name="crane")


@pytest.mark.parametrize("room", ["figures", "report"])
def test_what_shows_tables_knows_no_stage(room):
    code = (
        f"import pkgutil, synthgap.{room} as f, sys, importlib\n"
        f"for m in pkgutil.walk_packages(f.__path__, 'synthgap.{room}.'):\n"
        "    importlib.import_module(m.name)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    stages = "prompts generation embedding measures training diagnosis embedding_classifiers"
    loaded = {name.split(".")[1] for name in done.stdout.split() if name.startswith("synthgap.")}
    assert room in loaded
    assert not set(stages.split()) & loaded
