import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgap.classes import PATH_SAFE
from synthgap.command_line.matching import LONGEST, class_ids, matched, path_safe, readable

LABELS = st.lists(st.text(min_size=1, max_size=300), unique=True, max_size=20)


@given(LABELS)
def test_ids_are_safe_in_paths_and_unique_where_capitals_do_not_count(labels):
    ids = class_ids(labels)
    assert list(ids) == labels
    for label, class_id in ids.items():
        assert re.fullmatch(PATH_SAFE.strip("^$"), class_id)
        assert len(class_id) <= LONGEST + 4
        # The study refuses a class whose folder is another class's id.
        assert label not in set(ids.values()) - {class_id}
    assert len({class_id.casefold() for class_id in ids.values()}) == len(labels)


@given(st.lists(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True), unique=True))
def test_what_is_safe_is_its_own_id(labels):
    assert class_ids(labels) == {label: label for label in labels}


@pytest.mark.parametrize("text", ["", "...", "鶴", "-", "{}", "\n"])
def test_what_is_not_safe_at_all_has_another_name(text):
    assert path_safe(text, "class") == "class"


def test_names_are_for_people():
    assert readable("Ka\u0308fer_rund") == "Käfer rund"


def test_classes_match_over_spellings():
    found = matched(
        {
            "natural": {"Grey Heron": 3, "Käfer": 2, "crane": 1},
            "made": {"grey_heron": 4, "Ka\u0308fer": 5, "Crane": 6},
        }
    )
    assert [dict(one.labels) for one in found.classes] == [
        {"natural": "crane", "made": "Crane"},
        {"natural": "Grey Heron", "made": "grey_heron"},
        {"natural": "Käfer", "made": "Ka\u0308fer"},
    ]
    assert found.classes[0].images == {"natural": 1, "made": 6}
    assert found.left_out == []


def test_two_of_one_name_go_by_the_exact_one():
    found = matched({"natural": {"Crane": 3, "crane": 2}, "made": {"crane": 4, "heron": 1}})
    assert [dict(one.labels) for one in found.classes] == [{"natural": "crane", "made": "crane"}]
    assert found.left_out == [
        "Crane: no images in made (natural has several that are spelled alike: Crane, crane)",
        "heron: no images in natural",
    ]


def test_an_empty_class_is_left_out():
    found = matched({"natural": {"crane": 0, "heron": 2}, "made": {"crane": 4, "heron": 2}})
    assert [one.labels["made"] for one in found.classes] == ["heron"]
    assert found.left_out == ["crane: no images in natural"]
