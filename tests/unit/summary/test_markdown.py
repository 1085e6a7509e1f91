"""Names and prompts stay text in Markdown, as a reader of CommonMark sees them."""

import pytest

from synthgap.summary.markdown import plain, quoted, table


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("crane", "crane"),
        ("*crane*", r"\*crane\*"),
        ("<script>", r"\<script\>"),
        ("[here](http://elsewhere)", r"\[here\](http://elsewhere)"),
        ("[1](http://elsewhere)", r"[1\](http://elsewhere)"),
        ("[1]: http://elsewhere", r"[1\]: http://elsewhere"),
        ("+0.1 [−0.2, +0.4]", "+0.1 [−0.2, +0.4]"),
        ("two\nlines", "two lines"),
        ("a|b", r"a\|b"),
    ],
)
def test_nothing_in_a_plain_text_is_markup(text, written):
    assert plain(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a loop", "`a loop`"),
        ("`rm`", "`` `rm` ``"),
        ("a ``` b", "```` a ``` b ````"),
        ("two\n# lines", "`two # lines`"),
    ],
)
def test_quoted_text_ends_where_it_ends(text, written):
    assert quoted(text) == written


def test_a_table_has_as_many_cells_in_every_row():
    lines = table(["source", "a|b"], [["x|y", "1\n2"], ["z", ""]]).splitlines()
    assert lines[1] == "|---|---|"
    assert len(lines) == 4
    assert {line.replace(r"\|", "").count("|") for line in lines} == {3}
