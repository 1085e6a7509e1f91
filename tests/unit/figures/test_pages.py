"""What holds for every page: its template, its look, and what it may know."""

import subprocess
import sys
from pathlib import Path

import pytest

from synthgap.figures.pages import rendering
from synthgap.figures.pages.rendering import TEMPLATES, templates_of, write_page

ROOT = Path(__file__).resolve().parents[3]
PARTS = {"base.html.jinja", "cells.html.jinja"}
PAGES = sorted(
    file.name.removesuffix(".html.jinja") for file in TEMPLATES.iterdir() if file.name not in PARTS
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_consists_of_its_template_and_of_what_that_uses(page):
    names = {file.name for file in templates_of(page)}
    assert names - {"cells.html.jinja"} == {f"{page}.html.jinja", "base.html.jinja"}


@pytest.mark.parametrize("page", PAGES)
def test_every_table_scrolls_where_the_screen_is_narrow(page):
    text = "".join(file.read_text() for file in templates_of(page))
    assert text.count("<table>") == text.count("<div class=wide>\n<table>") > 0


def test_every_page_has_a_rule_that_depends_on_its_templates():
    rules = "".join(file.read_text() for file in (ROOT / "rules").glob("*.smk"))
    for page in PAGES:
        assert f'templates("{page}")' in rules


def test_a_template_that_is_not_there_is_found_before_any_job_runs():
    with pytest.raises(FileNotFoundError):
        templates_of("nothing")


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Writes a page of a template, and reads it."""
    monkeypatch.setattr(rendering, "TEMPLATES", tmp_path)
    rendering._environment.cache_clear()

    def written(template, **values):
        (tmp_path / "new.html.jinja").write_text(template)
        write_page(tmp_path / "new.html", "new", **values)
        return (tmp_path / "new.html").read_text()

    yield written
    rendering._environment.cache_clear()


def test_what_fills_a_page_is_text_and_no_markup(page):
    assert page("<p>{{ name }}</p>\n", name="<b>crane") == "<p>&lt;b&gt;crane</p>\n"


def test_what_a_template_lacks_is_no_empty_page(page):
    with pytest.raises(Exception, match="nmae"):
        page("{{ nmae }}", name="crane")


def test_figures_know_no_stage():
    """They draw what stands in tables."""
    code = (
        "import pkgutil, synthgap.figures as f, sys, importlib\n"
        "for m in pkgutil.walk_packages(f.__path__, 'synthgap.figures.'):\n"
        "    importlib.import_module(m.name)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    stages = "prompts generation embedding measures training diagnosis embedding_classifiers"
    loaded = {name.split(".")[1] for name in done.stdout.split() if name.startswith("synthgap.")}
    assert "figures" in loaded
    assert not set(stages.split()) & loaded
