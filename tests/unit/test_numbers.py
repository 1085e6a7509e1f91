import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgap.numbers import MINUS, NOTHING, Written, decimals_for, in_row, number

ordinary = st.floats(-1e6, 1e6)


@given(ordinary, st.integers(0, 6), st.booleans())
def test_a_number_can_be_read_back_to_its_last_decimal(value, decimals, signed):
    text = number(value, decimals, signed=signed)
    assert float(text.replace(MINUS, "-")) == pytest.approx(value, abs=0.5001 * 10**-decimals)
    assert len(text.partition(".")[2]) == decimals
    assert "-" not in text


@given(ordinary, st.integers(0, 6))
def test_a_sign_says_what_is_left_after_rounding(value, decimals):
    text = number(value, decimals, signed=True)
    assert text[0] == (MINUS if round(value, decimals) < 0 else "+")
    assert number(value, decimals) == text.removeprefix("+")


@pytest.mark.parametrize("nothing", [None, math.nan, float("nan")])
def test_nothing_is_a_dash_without_an_interval(nothing):
    assert number(nothing) == NOTHING
    row = {"x": nothing, "x_low": 0.1, "x_high": 0.2}
    assert in_row(row, "x") == Written(NOTHING, "")
    assert in_row({}, "x") == Written(NOTHING, "")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "−0.046 [−0.072, 0.020]"),
        ({"signed": True}, "−0.046 [−0.072, +0.020]"),
        ({"decimals": 1}, "0.0 [−0.1, 0.0]"),
    ],
)
def test_an_interval_is_written_as_its_number_is(arguments, expected):
    row = {"x": -0.0462, "x_low": -0.0721, "x_high": 0.0201}
    assert str(in_row(row, "x", **arguments)) == expected


@given(st.lists(st.floats(1e-6, 1e6), min_size=1))
def test_the_largest_of_a_row_has_three_digits(values):
    decimals = decimals_for([*values, math.nan, -values[0]])
    shown = number(max(values), decimals).replace(".", "").lstrip("0")
    # Rounding up may add one, as 9.996 becomes 10.00.
    assert len(shown) in (3, 4) or decimals == 0


def test_a_row_without_numbers_or_of_zeros_has_some_decimals():
    assert decimals_for([]) == decimals_for([math.nan]) == decimals_for([0.0]) == 2
