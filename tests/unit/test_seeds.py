import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgap.seeds import generator, image_seed


@pytest.mark.parametrize(
    ("study_seed", "class_id", "index", "expected"),
    [
        (0, "digit-3", 7, 5091527432278970152),
        (0, "digit-3", 8, 2463053056474912757),
        (0, "n02012849", 0, 4583686518628746759),
        (1, "digit-3", 7, 4683837746233728346),
    ],
)
def test_seeds_of_images_never_change(study_seed, class_id, index, expected):
    """These numbers stand in people's image tables: another scheme would make all images anew."""
    assert image_seed(study_seed, class_id, index) == expected


def test_nothing_but_study_class_and_index_decides_a_seed():
    assert list(inspect.signature(image_seed).parameters) == ["study_seed", "class_id", "index"]


@given(st.integers(0, 2**40), st.text(max_size=20), st.integers(0, 10**6))
def test_seeds_fit_torchs_generator_and_parquets_int64(study_seed, class_id, index):
    assert 0 <= image_seed(study_seed, class_id, index) < 2**63


def test_seeds_differ_between_images():
    seeds = {image_seed(0, f"class-{c}", index) for c in range(50) for index in range(200)}
    assert len(seeds) == 50 * 200


def test_a_class_that_ends_in_a_digit_is_not_taken_for_another():
    assert image_seed(0, "a1", 1) != image_seed(0, "a", 11)


def test_generators_repeat_for_one_purpose_and_differ_between_purposes():
    one, again = (generator("bootstrap", "crane").random(4) for _ in range(2))
    assert np.array_equal(one, again)
    for other in (generator("subsample", "crane"), generator("bootstrap", "maillot")):
        assert not np.array_equal(one, other.random(4))
