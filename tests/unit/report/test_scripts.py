"""Data of the page: scripts that any name may stand in."""

import json
import math
import re

import numpy as np
import pytest

from synthgap.report.scripts import tidy, write_script


def written(tmp_path, value):
    """What the script puts into the page's data, and its text."""
    write_script(tmp_path / "data/study.js", "study", value)
    text = (tmp_path / "data/study.js").read_text(encoding="ascii")
    (found,) = re.findall(r"^SG\.study = (.*);\n$", text, re.DOTALL)
    return json.loads(found), text


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


def test_what_is_no_number_is_null(tmp_path):
    value = {"a": [math.nan, math.inf, -math.inf, 1.5], "b": (math.nan, {"c": np.float64("nan")})}
    found, text = written(tmp_path, value)
    assert found == {"a": [None, None, None, 1.5], "b": [None, {"c": None}]}
    json.loads(text[len("SG.study = ") : -2], parse_constant=refuse)


@pytest.mark.parametrize(
    "name",
    [
        *("</script><img src=x onerror=alert(1)>", "<!--", "]]>", "\u2028\u2029", '"\\', "'"),
        *("flamingo 🦩 שלום", "\u202e", "two\nlines", "{{ 7*7 }}"),
    ],
)
def test_a_name_is_itself_and_ends_no_script(tmp_path, name):
    found, text = written(tmp_path, [name, {name: name}])
    assert found == [name, {name: name}]
    assert text.count("\n") == 1
    # A file of its own, which an end tag does not end; beyond ASCII nothing can be misread.
    assert text.isascii()


def test_a_place_may_have_a_number(tmp_path):
    write_script(tmp_path / "3.js", "class[3]", {"a": 1})
    assert (tmp_path / "3.js").read_text() == 'SG.class[3] = {"a":1};\n'


def test_numbers_keep_what_is_seen_and_whole_ones_all():
    assert tidy([0.1234567, 123456.7, 1e-9, -2.00001, 0.0]) == [0.12346, 123460.0, 1e-9, -2.0, 0.0]
    assert tidy([2**40 + 1, True, "0.1234567", None]) == [2**40 + 1, True, "0.1234567", None]
