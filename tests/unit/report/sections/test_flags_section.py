import re

import pandas as pd

from synthgap.report.sections.flags import SHOWN, flags_section
from synthgap.summary.copied_images import COLUMNS as COPIES
from synthgap.summary.flagged_images import COLUMNS

FLAGS = pd.DataFrame(
    [
        ["plain", "crane", 4, 3, 2, 0, 1, 0],
        ["plain", "maillot", 2, 1, 0, 1, 0, 0],
        ["other", "crane", 2, 0, 0, 0, 0, 0],
    ],
    columns=list(COLUMNS),
)


def copies(*rows: list[object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COPIES))


NO_COPIES = copies(["plain", None, 6, 6, 0, 0, 0, 0, 0], ["plain", "crane", 6, 6, 0, 0, 0, 0, 0])


def test_the_section_lists_what_is_flagged():
    text = flags_section(FLAGS, NO_COPIES)
    assert "4 of the 8 images, natural ones among them," in text
    sources, classes, _ = text.split("<h3>")
    assert cells(sources) == [
        ["plain", "6", "4", "2", "1", "1", "0"],
        ["other", "2", "0", "0", "0", "0", "0"],
    ]
    assert [row[:2] for row in cells(classes)] == [["plain", "crane"], ["plain", "maillot"]]


def cells(section: str) -> list[list[str]]:
    rows = [re.findall("<td>(.*?)</td>", row) for row in section.split("<tr>")]
    return [row for row in rows if row]


def test_the_section_says_when_nothing_is_flagged():
    text = flags_section(FLAGS[FLAGS["source"] == "other"], NO_COPIES)
    assert "None of the 2 images is flagged." in text
    assert "No image is a copy" in text
    assert "<table" not in text


def test_the_section_lists_copies_by_source_and_class():
    found = copies(
        ["natural-train", None, 9, 8, 1, 0, None, 2, 3],
        ["natural-train", "<owl>", 5, 5, 0, 0, None, 1, 1],
        ["natural-train", "crane", 4, 3, 1, 0, None, 1, 2],
        ["natural-train", "kite", 4, 4, 0, 0, None, 0, 0],
        ["made", None, 7, 7, 0, 0, 0, 0, 0],
    )
    # As Parquet's whole numbers with empty cells become floats.
    found["of_natural_train"] = found["of_natural_train"].astype(float)
    text = flags_section(FLAGS, found)
    _, _, sources, classes = text.split("<h3>")
    assert cells(sources) == [
        ["natural-train", "9", "8", "1", "0", "–", "2", "3"],
        ["made", "7", "7", "0", "0", "0", "0", "0"],
    ]
    assert cells(classes) == [
        ["natural-train", "crane", "4", "3", "1", "0", "–", "1", "2"],
        ["natural-train", "&lt;owl&gt;", "5", "5", "0", "0", "–", "1", "1"],
    ]


def test_the_section_stays_short():
    row = FLAGS.iloc[[0]]
    many = pd.concat([row.assign(class_id=f"<c{n}>", flagged=n + 1) for n in range(100)])
    text = flags_section(many, NO_COPIES)
    assert f"the first {SHOWN} of 100" in text
    assert text.index("&lt;c99&gt;") < text.index("&lt;c98&gt;")
    assert "&lt;c1&gt;" not in text
