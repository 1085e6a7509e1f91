"""What to try next: each change once, and what is copied of it."""

import re
from typing import Any

import pandas as pd

from synthgap.report.sections.proposals import NAMED, SHOWN_CHANGES, proposals_section


def proposal(class_id: str, text: str = "lower it", **more: Any) -> dict[str, Any]:
    return {
        "source": "disamb",
        "class_id": class_id,
        "name": f"<b>{class_id}</b>",
        "cause": "diversity",
        "value": 0.25,
        "value_low": 0.2,
        "value_high": 0.3,
        "natural": 1.0,
        "place": 1,
        "status": "untested",
        "proposal": text,
        "variant_value": None,
        "variant_value_low": None,
        "variant_value_high": None,
        "prompt": f"a photo of {class_id}",
        "fragment": "variants:\n  new: {}\n",
        "command": f"snakemake results/images/new/{class_id}.parquet",
    } | more


def page(rows: list[dict[str, Any]]) -> str:
    return str(proposals_section(pd.DataFrame(rows)))


def test_a_change_stands_once_with_its_classes_and_the_texts_of_the_first():
    said = page([proposal("crane"), proposal("heron"), proposal("crane", cause="concept")])
    assert said.count("<div class=proposal>") == 2
    assert "2 classes: crane &lt;b&gt;crane&lt;/b&gt;, heron" in said
    assert "crane: 0.250 [0.200, 0.300], natural images 1.000" in said
    assert "Prompt: a photo of crane" in said
    assert said.count("snakemake results/images/new/crane.parquet") == 2
    assert "heron.parquet" not in said
    assert "3 classes" not in said
    assert "2 classes of variants" in said


def test_each_text_that_is_copied_is_there():
    said = page([proposal("crane"), proposal("heron", "raise it", fragment=None)])
    copied = re.findall(r'data-of="([\w-]+)"', said)
    assert copied == ["fragment-0", "command-0", "command-1"]
    assert re.findall(r'<pre id="([\w-]+)"', said) == copied


def test_what_was_shown_comes_first_then_what_is_for_most_classes():
    rows = [
        proposal("crane", "by hand", status="by hand", command=None, fragment=None, prompt=None),
        proposal("crane", "rarely", cause="concept"),
        *(proposal(name, "often") for name in ("heron", "stork")),
        proposal(
            *("egret", "as elsewhere"),
            status="shown",
            variant_value=0.9,
            variant_value_low=0.8,
            variant_value_high=1.0,
        ),
    ]
    said = page(rows)
    places = [said.index(text) for text in ("as elsewhere", "often", "rarely", "by hand")]
    assert places == sorted(places)
    assert "there 0.900 [0.800, 1.000]" in said


def test_second_proposals_are_counted():
    said = page([proposal("crane"), proposal("crane", "else", place=2)])
    assert said.count("<div class=proposal>") == 1
    assert "1 further stand beside their class" in said


def test_of_a_thousand_classes_a_part_is_shown_and_said():
    said = page([proposal(f"n{number:04d}") for number in range(1000)])
    assert "1000 classes: n0000" in said
    assert f"and {1000 - NAMED} more" in said
    said = page([proposal(f"n{number:04d}", f"change {number}") for number in range(1000)])
    assert said.count("<div class=proposal>") == SHOWN_CHANGES
    assert f"Of 1000 changes {SHOWN_CHANGES} are shown" in said
    # None crowds out what nobody knows.
    both = [proposal(f"n{number}", f"shown {number}", status="shown") for number in range(99)]
    said = page([*both, proposal("crane", "try this")])
    assert "try this" in said
