import copy
from pathlib import Path
from typing import Any

import pytest

from synthgap.errors import InputError
from synthgap.study.names import TARGETS
from synthgap.study.parsing import parse_study, read_yaml, refuse_repeated_keys

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(data: Any) -> str:
    with pytest.raises(InputError) as caught:
        parse_study(data, "study.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix("study.yaml: ")


def named(section: str, *names: str) -> dict[str, Any]:
    """The tiny study with copies of a section's first entry under other names."""
    data = copy.deepcopy(TINY)
    entry = next(iter(data[section].values()))
    data[section] |= dict.fromkeys(names, entry)
    return data


@pytest.mark.parametrize(
    "section", ["variants", "encoders", "generators", "training_sets", "classifiers"]
)
def test_names_that_differ_in_case_alone_are_refused(section):
    message = refused(named(section, "other", "Other"))
    assert message.startswith(f"{section}: other and Other differ in case alone, which many disks")


def test_class_ids_that_differ_in_case_alone_are_refused():
    data = copy.deepcopy(TINY)
    data["classes"].append({**data["classes"][0], "class_id": "Digit-0"})
    message = refused(data)
    assert message.startswith("classes: the class_ids digit-0 and Digit-0 differ in case alone")
    assert message.endswith("folder: Digit-0 beside it")


@pytest.mark.parametrize("name", ["natural-train", "Natural-Val", "prompts", "PROMPTS"])
def test_a_variant_takes_no_folder_of_anything_else(name):
    assert refused(named("variants", name)) == (
        f"variants.{name}: the name is taken; choose another"
    )


@pytest.mark.parametrize("name", ["classes", "Classes", *TARGETS])
def test_an_encoder_takes_no_name_of_a_folder_or_target(name):
    assert refused(named("encoders", name)) == (
        f"encoders.{name}: the name is taken; choose another"
    )


@pytest.mark.parametrize("section", ["variants", "encoders"])
@pytest.mark.parametrize("name", ["clip.parquet", "answer.HTML", "clip.log"])
def test_a_folder_does_not_end_as_the_files_beside_it(section, name):
    assert refused(named(section, name)).startswith(f"{section}.{name}: names a folder, but ends")


@pytest.mark.parametrize("name", ["disamb2.5", "all", "images", "v1.5", "x" * 200])
def test_ordinary_names_are_accepted(name):
    parse_study(named("variants", name), "study.yaml")


REPEATED = [
    ("study: a\nseed: 1\nstudy: b\n", "line 3: the key study stands in line 1 already"),
    (
        "variants:\n  a: {x: 1}\n  b: {x: 1}\n  a: {x: 2}\n",
        "line 4: the key a stands in line 2 already",
    ),
    ("a:\n  - {b: 1, c: 2,\n     b: 3}\n", "line 3: the key b stands in line 2 already"),
    ('{"study": "a",\n "study": "b"}', "line 2: the key study stands in line 1 already"),
    ("a: &x [*x]\nb: 1\nb: 2\n", "line 3: the key b stands in line 2 already"),
]


@pytest.mark.parametrize(("text", "fragment"), REPEATED)
def test_a_repeated_key_is_refused_with_its_line(text, fragment):
    Path("study.yaml").write_text(text)
    for check in (read_yaml, refuse_repeated_keys):
        with pytest.raises(InputError) as caught:
            check("study.yaml")
        assert str(caught.value) == f"study.yaml: {fragment}; drop one of them"


@pytest.mark.parametrize(
    "text",
    [
        "base: &b {x: 1}\na: {<<: *b, x: 2}\nc: {<<: *b, <<: *b}\n",
        "a: {b: 1}\nc: {b: 1}\n",
        '{\n\t"a": 1,\n\t"b": 2\n}',
        "- a\n- a\n",
        "",
    ],
)
def test_what_repeats_no_key_passes(text):
    Path("study.yaml").write_text(text)
    refuse_repeated_keys("study.yaml")


def test_a_file_that_cannot_be_read_is_not_this_checks_matter():
    refuse_repeated_keys("none.yaml")
