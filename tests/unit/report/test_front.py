"""The first text of Snakemake's report, against the two programs that read it."""

import re

import docutils.core
import docutils.nodes
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgap.numbers import Written
from synthgap.report.front import front, plain

NAMES = (
    *("{{7*7}}", "{% raw %}", "{# a #}", "}}", "*a*", "**a**", "|x|", "`x`_", "`x`", "``x``"),
    *("__", "a_", "_a", "a__", "a_b_", "_", "\u202etxt", "[1]_", ":d:`e`", "http://a.b/c_d"),
    *("a@b.c", "1. one", "(a) one", "A. Bird", "- a", "+", "• a", "‣ a", "⁃", ".. note:: a"),
    *("a::", "::", "====", "| a", ">>> 1", ":field: a", "-a b", "--long=1 b", "a\\b", "\\", "\\*"),
    *("'*'", '"*a"', "<b>&amp;", "0.199 [−0.060, 0.140]", "e\u0301", "flamingo 🦩 שלום", "$x$"),
)


def document(text):
    """What docutils makes of a template that Jinja has filled."""
    filled = jinja2.Template(text).render()
    settings = {"halt_level": 2, "report_level": 2, "warning_stream": False}
    return docutils.core.publish_doctree(filled, settings_overrides=settings)


def read(name):
    """A name that was written, as a reader sees it: alone, in bold, in a list and in a table."""
    written = plain(name)
    table = f".. list-table::\n\n   * - {written}\n     - b\n"
    found = document(f"{written}\n\n**{written}**\n\n- {written}\n\n{table}")
    return [
        part.astext()
        for part in found.findall(docutils.nodes.paragraph)
        # What docutils remarks without marking anything.
        if getattr(part.parent, "attributes", {}).get("level") != 1
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_as_it_is_written(name):
    assert read(name) == [name, name, name, name, "b"]


# Nothing that a study file holds: surrogates, and control characters but for blanks.
@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12))
def test_any_text_is_read_as_it_is_written(text):
    name = " ".join(text.split())
    if name:
        assert read(text) == [name, name, name, name, "b"]


def test_lines_become_one():
    assert read("two\nlines\t\u2028and more ")[0] == "two lines and more"


def test_the_text_has_name_verdict_and_table():
    found = document(
        front(
            "{{7*7}} *birds*",
            ["made_ comes closest.", "other: 0.2 [0.1, 0.3] below."],
            {
                "source": [Written("natural-train"), Written("made_")],
                "5-NN accuracy": [Written("0.9", "[0.8, 1.0]"), Written("0.5")],
            },
        )
    )
    title = next(iter(found.findall(docutils.nodes.strong)))
    assert title.astext() == "{{7*7}} *birds*"
    assert [item.astext() for item in found.findall(docutils.nodes.list_item)] == [
        "made_ comes closest.",
        "other: 0.2 [0.1, 0.3] below.",
    ]
    rows = [
        [entry.astext() for entry in row.findall(docutils.nodes.entry)]
        for row in found.findall(docutils.nodes.row)
    ]
    assert rows == [
        ["source", "5-NN accuracy"],
        ["natural-train", "0.9 [0.8, 1.0]"],
        ["made_", "0.5"],
    ]
    links = [link["refuri"] for link in found.findall(docutils.nodes.reference)]
    assert links == ["https://arxiv.org/abs/2311.00056"]
    assert not re.search(r"\\", found.astext())
