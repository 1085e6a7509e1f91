"""The page of the answer."""

import pandas as pd

from synthgap.figures.pages.answer import write_answer
from synthgap.summary.copied_images import COLUMNS

VARIANTS = pd.DataFrame(
    {
        "source": ["natural-train", "made"],
        "encoder": "clip",
        "n": 5,
        "images": [9, 7],
        "centroid_shift_baseline": 0.1,
    }
)


def page(tmp_path, made_copies):
    copies = pd.DataFrame(
        [
            ["natural-train", None, 9, 9, 0, 0, None, 0, 0],
            ["made", None, 7, 7, 0, 0, made_copies, 0, made_copies],
            ["made", "crane", 7, 7, 0, 0, made_copies, 0, made_copies],
        ],
        columns=list(COLUMNS),
    )
    write_answer(tmp_path / "answer.html", "study", "what for", VARIANTS, copies)
    return (tmp_path / "answer.html").read_text()


def test_it_says_in_a_sentence_which_sources_hold_copies(tmp_path):
    text = page(tmp_path, 4)
    said = "made: 4 of 7 images are copies, byte for byte (4 of natural-train)."
    assert text.count("<li>") == text.count(f"<li>{said}</li>") == 1


def test_it_says_nothing_where_there_are_none(tmp_path):
    assert "copies" not in page(tmp_path, 0).lower()
