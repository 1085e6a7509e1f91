"""What a study may call its files and folders."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from synthgap.places import Place, Told

PLACE, TOLD = TypeAdapter(Place), TypeAdapter(Told)


@given(
    st.text(min_size=1).filter(lambda path: path.strip() and path[0] != "~" and "\0" not in path)
)
def test_what_is_only_read_may_be_called_anything(path: str) -> None:
    assert PLACE.validate_python(path) == path


@pytest.mark.parametrize("path", ["", " ", "a\0b", "~/photos", "~me"])
def test_what_is_no_path_is_refused(path: str) -> None:
    for place in (PLACE, TOLD):
        with pytest.raises(ValidationError, match=r"cannot be a file or folder|home folder"):
            place.validate_python(path)


@pytest.mark.parametrize("character", [*"{}<>", "\n", "\t"])
def test_what_snakemake_takes_for_something_else_is_named(character: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TOLD.validate_python(f"a{character}b")
    assert repr(character) in str(caught.value)


@pytest.mark.parametrize(
    "character", sorted({*string.printable} - {*"{}<>~/."} - {*string.whitespace})
)
def test_all_else_may_be_in_the_name_of_results(character: str) -> None:
    assert TOLD.validate_python(f"a{character}/b") == f"a{character}/b"
