"""The page itself, as far as it needs no script."""

import html
import re
from html.parser import HTMLParser

import pytest
from markupsafe import Markup
from reported import facts

from synthgap.numbers import Written
from synthgap.report.page import Page, Section, Worst
from synthgap.report.verdict_view import Axis, Bar, Interval, Line

HOSTILE = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}\u202e"

PLACE = Interval("0.500 [0.400, 0.600]", 50.0, 40.0, 20.0)

LINES = [
    Line("natural-train", True, [], PLACE),
    Line(
        "made",
        False,
        [
            Bar("ambiguity", "≟", "2 of 8 have an ambiguous prompt", "2 of 8", 25.0, measured=True),
            Bar("adherence", "⊘", "not measured", "–", 0.0, measured=False),
        ],
        PLACE,
    ),
]

WORST = Worst(
    "c1", "crane", "made", ["too alike"], "a third as wide", "more prompts", "worst.webp", 4
)

PAGE = Page(
    facts=facts(),
    sentences=["made comes closest.", "Not decided: the rest."],
    warnings=["made: 4 of 7 images are copies."],
    lines=LINES,
    axis=Axis("5-NN accuracy", "0.10", "0.90", PLACE),
    worst=WORST,
    headline={"source": [Written("made")], "5-NN accuracy": [Written("0.5", "[0.4, 0.6]")]},
    geometry=[],
    sections=[Section("flags", "Flagged images", "no pictures", Markup("<h4>Copies</h4>"))],
    methods=Markup("<p>by synthgap</p>"),
    charts=["accuracy"],
    version="1.2.3",
)


@pytest.fixture
def written(tmp_path):
    def of(**changes):
        PAGE._replace(**changes).write(tmp_path / "index.html")
        return (tmp_path / "index.html").read_text(encoding="utf-8")

    return of


def seen(page):
    """What a reader sees, a space between elements."""
    body = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def elements(page):
    """The elements of a page and their attributes by name, as Python's parser reads them."""
    found = set()

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.update((tag, name) for name, _ in [("", ""), *attrs])

    Parser().feed(page)
    return found


def test_the_first_screen_has_verdict_counts_and_accuracies(written):
    text = seen(written())
    for words in (
        *("made comes closest.", "made: 4 of 7 images are copies.", "2 of 8", "too alike"),
        *("0.500 [0.400, 0.600]", "5-NN accuracy", "a third as wide", "Try: more prompts"),
    ):
        assert words in text


def test_of_many_variants_the_sentences_wait_for_a_click(written):
    names = [f"v{number}" for number in range(9)]
    said = [
        "v3 comes closest.",
        *(f"{name}: 0.1 below." for name in names),
        "v1: 9 of 9 are copies.",
    ]
    page = written(facts=facts(variants=names), sentences=said)
    before, folded = page.split("<details class=folded>")
    assert "9 variants in a sentence" in folded
    assert [sentence in seen(before) for sentence in said] == [True, *[False] * 9, True]
    assert all(sentence in seen(folded.split("</details>")[0]) for sentence in said[1:-1])
    few = written(facts=facts(variants=names[:6]), sentences=[said[0], *said[1:7]])
    assert "class=folded" not in few.split("<style")[0] + few.split("</style>")[-1]


def test_what_is_not_decided_looks_otherwise(written):
    page = written()
    assert re.findall(r"<li class=open[^>]*>(.*?)</li>", page) == ["Not decided: the rest."]
    assert page.count("<li class=open") == 1
    assert len(re.findall(r"<td class=\"[^\"]*unmeasured", page)) == 1


def test_numbers_have_their_intervals_and_sections_their_content(written):
    page = written()
    assert "<td>0.5<br><span class=interval>[0.4, 0.6]</span></td>" in page
    assert "<h4>Copies</h4>" in page
    assert "<p>by synthgap</p>" in page
    assert "Written by synthgap 1.2.3" in page


def test_without_accuracy_or_defect_there_is_no_such_thing(written):
    lines = [line._replace(accuracy=None) for line in LINES]
    page = written(axis=None, worst=None, warnings=[], lines=lines)
    assert "<figure" not in page
    assert "class=axis" not in page
    assert "class=warning" not in page
    assert "None" not in seen(page)


def test_names_are_text_and_no_markup(written):
    named = facts([HOSTILE], [HOSTILE])._replace(study=HOSTILE, description=HOSTILE, text=HOSTILE)
    page = written(
        facts=named,
        sentences=[HOSTILE],
        warnings=[HOSTILE],
        worst=Worst(HOSTILE, HOSTILE, HOSTILE, [HOSTILE], HOSTILE, HOSTILE, "worst.webp", 1),
        lines=[line._replace(source=HOSTILE) for line in LINES],
        headline={HOSTILE: [Written(HOSTILE, HOSTILE)]},
        geometry=[HOSTILE],
        sections=[Section("a", HOSTILE, HOSTILE, Markup())],
    )
    usual = written()
    assert elements(page) <= elements(usual)
    assert page.count("<script") == usual.count("<script")
    assert seen(page).count(HOSTILE) > 10


def test_an_unquoted_attribute_holds_no_name(written):
    """Names may stand in attributes between quotes alone."""
    page = written(worst=WORST._replace(class_id="a b>c", name='"x" y', variant="z' w"))
    (link,) = re.findall(r'<a href="(#class=[^"]*)"', page)
    assert html.unescape(link) == "#class=a%20b%3Ec&variant=z%27%20w"


def test_nothing_is_loaded_from_a_network(written):
    loads = re.findall(r"(?:src|href)=[\"']?([^\"' >]+)", written())
    assert loads
    assert not [place for place in loads if re.match(r"(\w+:)?//", place)]
