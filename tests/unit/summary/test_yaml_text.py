"""YAML for people to copy: a library reads back what was meant."""

import math
import string
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from synthgap.summary.yaml_text import yaml_text

# Beyond the basic plane JSON escapes by pairs, which YAML reads as two characters: of what is not
# printable there, no study file has any.
TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]))
NAMES = st.text(string.ascii_letters + string.digits + "._-", min_size=1) | st.sampled_from(
    ["no", "On", "null", "1.5", "1e5", "~", "2024-01-01", "0x1f"]
)
VALUES = st.recursive(
    TEXTS
    | NAMES
    | st.booleans()
    | st.none()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(st.dictionaries(NAMES, VALUES, min_size=1))
def test_a_library_reads_what_was_written(entries: dict[str, Any]):
    assert yaml.safe_load(yaml_text({"generators": entries})) == {"generators": entries}


def test_emoji_and_other_scripts_stay_as_they_are():
    text = yaml_text({"prompts": {"a": {"template": "{name} 😀 größe שלום: #"}}})
    assert "😀 größe שלום" in text
    assert yaml.safe_load(text)["prompts"]["a"]["template"] == "{name} 😀 größe שלום: #"


def test_small_numbers_stay_numbers():
    found = yaml.safe_load(yaml_text({"variants": {"a": {"guidance_scale": 1e-5}}}))
    assert math.isclose(found["variants"]["a"]["guidance_scale"], 1e-5)
