"""Which natural image goes with which generated one."""

from collections import Counter

import numpy as np
import pytest

from synthgap.generation.natural_choice import drawn


@pytest.mark.parametrize("count", [1, 6, 7, 20, 21])
def test_none_is_taken_twice_as_long_as_there_are_others(count: int) -> None:
    found = Counter(drawn(count, 7, 0, "crane").tolist())
    assert sum(found.values()) == count
    assert set(found) <= set(range(7))
    times = [found[number] for number in range(7)]
    assert max(times) - min(times) <= 1


def test_more_images_leave_the_choice_of_the_first() -> None:
    whole = drawn(30, 7, 0, "crane")
    for count in (1, 7, 8, 29):
        assert np.array_equal(drawn(count, 7, 0, "crane"), whole[:count])


def test_seed_class_and_round_draw_other_orders() -> None:
    whole = drawn(200, 100, 0, "crane")
    others = [drawn(100, 100, 1, "crane"), drawn(100, 100, 0, "machine"), whole[100:]]
    assert all(not np.array_equal(whole[:100], other) for other in others)
    # Neither is the order that of the table: by chance one image lies where it was.
    assert np.sum(whole[:100] == np.arange(100)) < 10


def test_every_image_comes_first_as_often() -> None:
    firsts = Counter(int(drawn(1, 4, seed, "crane")[0]) for seed in range(2000))
    # Three standard deviations of a binomial of 2,000 with a quarter.
    assert all(abs(times - 500) < 60 for times in firsts.values())
