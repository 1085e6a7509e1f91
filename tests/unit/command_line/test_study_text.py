"""Whatever folders are called, the file that is written says so when it is read again."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from synthgap.command_line.encoders import Chosen
from synthgap.command_line.matching import class_ids, readable
from synthgap.command_line.study_text import (
    Class,
    Parts,
    commented,
    limited,
    mapping,
    printable,
    scalar,
    study_text,
)
from synthgap.study.parsing import parse_model

FOLDERS = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60
).filter(lambda name: name.strip() not in ("", ".", ".."))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_a_scalar(text):
    assert yaml.safe_load(scalar(text)) == text
    assert yaml.safe_load(mapping({"key": text, text: 1})) == {"key": text, text: 1} | (
        {"key": 1} if text == "key" else {}
    )


@given(st.text())
def test_any_text_is_a_comment(text):
    text = text.encode(errors="ignore").decode()
    assert yaml.safe_load("\n".join([*commented(text), "a: 1"])) == {"a": 1}
    assert printable(text).isprintable()


def parts(labels, **changes):
    ids = class_ids(labels)
    return Parts(
        **{
            "study": "mine",
            "classes": [
                Class(ids[label], readable(label), label, {"natural": 9}) for label in labels
            ],
            "natural": {"kind": "folder", "images": "photos", "val_per_class": 5},
            "natural_comment": "Parted.",
            "generators": {"made": {"kind": "folder", "images": "made"}},
            "encoder": Chosen("clip", "clip", {"folder": "clip"}, "It was named."),
            "n": 5,
            "reasons": ["Because."],
            "left_out": [f"{label}: too few" for label in labels],
        }
        | changes
    )


@given(st.lists(FOLDERS, unique=True, min_size=1, max_size=8))
def test_the_file_is_a_study_of_these_folders(labels):
    study = parse_model(yaml.safe_load(study_text(parts(labels))), "mine.yaml")
    assert [one.folder or one.class_id for one in study.classes] == labels
    assert study.measures.n == 5
    assert study.results == "results/mine"


def test_every_choice_has_a_comment():
    lines = study_text(parts(["a {x}", "ä: b # c"])).splitlines()
    for number, line in enumerate(lines):
        top = line and not line[0].isspace() and not line.startswith("#")
        assert not top or lines[number - 1].startswith("#"), line


def test_long_lists_end_in_a_count():
    assert limited(map(str, range(5)), 3) == ["0", "1", "and 3 more"]
    assert limited("abc", 3) == ["a", "b", "c"]
