"""Groups of classes in a study file: how they are given, and what is refused in one line."""

import copy
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.study.model import Study
from synthgap.study.parsing import parse_model, read_yaml

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def study(groups: Any) -> Study:
    return parse_model({**copy.deepcopy(TINY), "groups": groups}, "study.yaml")


def test_classes_of_a_group_stand_in_the_order_of_the_study():
    found = study({"loops": ["digit-9", "digit-6"], "South Asia": ["digit-0"]})
    assert found.members == {"loops": ["digit-6", "digit-9"], "South Asia": ["digit-0"]}
    assert list(found.members) == ["loops", "South Asia"]


def test_a_study_without_groups_says_nothing_of_them():
    found = parse_model(copy.deepcopy(TINY), "study.yaml")
    assert found.members == {}
    assert "groups" not in found.model_dump(exclude_unset=True)


def test_a_file_lists_the_classes_of_each_group():
    rows = "class_id;group;remark\ndigit-9;hard;\ndigit-0;round;or not\ndigit-6;hard;\n"
    Path("groups.csv").write_text(rows)
    assert study({"file": "groups.csv"}).members == {
        "hard": ["digit-6", "digit-9"],
        "round": ["digit-0"],
    }


def test_a_group_may_be_called_file():
    assert study({"file": ["digit-0"]}).members == {"file": ["digit-0"]}


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (
            {"hard": ["digit-7"]},
            "groups.hard: the study has no class digit-7; write a class_id that stands in classes",
        ),
        (
            {"hard": ["digit-6", "digit-6"]},
            "groups.hard: digit-6 stands in it twice; drop one of them",
        ),
        ({"hard": []}, "groups.hard: must hold at least 1, not 0"),
        ({"hard": "digit-6"}, "groups.hard: must be a list, not 'digit-6'"),
        ({"": ["digit-6"]}, "groups: the name must not be empty"),
        (
            {2024: ["digit-6"]},
            "groups: the name must be text, not 2024; put it in quotes: without them YAML reads "
            "007 as 7",
        ),
        (["digit-6"], "groups: must be a mapping, not a list"),
        ({"file": "none.csv"}, "groups: none.csv: cannot be read (No such file or directory)"),
        ({"file": "some.csv", "hard": ["digit-6"]}, "groups: unknown key hard; known are file"),
        ({"file": "some.csv"}, "groups: some.csv: line 3: no group; give each row one"),
        ({"file": "empty.csv"}, "groups: empty.csv: has no rows under its header"),
        (
            {"file": "classes.csv"},
            "groups: classes.csv: no column group; needed are group, class_id",
        ),
    ],
)
def test_mistakes_are_said_in_one_line(groups, said):
    Path("some.csv").write_text("group,class_id\nhard,digit-6\n,digit-9\n")
    Path("empty.csv").write_text("group,class_id\n")
    Path("classes.csv").write_text("class_id,name\ndigit-6,six\n")
    with pytest.raises(InputError) as found:
        study(groups)
    assert str(found.value).startswith(f"study.yaml: {said}")
    assert "\n" not in str(found.value)


def test_a_class_itself_has_no_key_for_its_groups():
    with pytest.raises(ValidationError, match="unknown key groups"):
        Category.model_validate({"class_id": "a", "name": "a", "groups": ["hard"]})
