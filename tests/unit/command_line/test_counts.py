import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgap.command_line.counts import ONE_PLACE, choose
from synthgap.command_line.matching import Matched
from synthgap.errors import InputError

COUNTS = st.integers(min_value=10, max_value=3000)
SHOWN = {ONE_PLACE: "photos", "made": "made", "natural-train": "a", "natural-val": "b"}


def one(name, **images):
    return Matched(dict.fromkeys(images, name), images)


def usable(images):
    """What remains of some images if as many cannot be read as the study allows."""
    return images - int(0.01 * images)


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=6))
def test_every_part_has_n_even_where_some_cannot_be_read(counts):
    classes = [one(str(k), natural=a, made=b) for k, (a, b) in enumerate(counts)]
    chosen = choose(classes, SHOWN)
    n, val = chosen.n, chosen.val_per_class
    assert val is not None
    for natural, made in counts:
        assert usable(val) >= n
        assert usable(natural - val) >= n
        assert usable(made) >= n
    # No larger n has room in the class that limits it, one unreadable image in a hundred or not.
    assert any(
        made < n + 2 + made // 100 or natural // 2 < n + 2 + n // 100 for natural, made in counts
    )


def test_natural_images_are_parted_so_that_both_parts_have_n():
    chosen = choose([one("crane", natural=24, made=50)], SHOWN)
    assert (chosen.n, chosen.val_per_class) == (12, 12)
    assert "photos allows no more: it has 24 images of crane, which are parted" in chosen.reasons[1]
    assert chosen.warning is not None


def test_what_is_made_may_be_the_limit():
    chosen = choose([one("crane", natural=900, made=60), one("heron", natural=900, made=90)], SHOWN)
    assert (chosen.n, chosen.val_per_class) == (60, 60)
    assert "made allows no more: it has 60 images of crane." in chosen.reasons
    assert "Without this class n could be 90." in chosen.reasons
    assert chosen.warning is None


def test_two_places_are_not_parted():
    images = {"natural-train": 40, "natural-val": 20, "made": 40}
    chosen = choose([Matched(dict.fromkeys(images, "crane"), images)], SHOWN)
    assert (chosen.n, chosen.val_per_class) == (20, None)


def test_classes_that_are_too_small_are_left_out():
    classes = [
        one("crane", natural=5, made=50),
        one("heron", natural=6, made=5),
        one("stork", natural=9, made=3),
        one("ibis", natural=9, made=1),
    ]
    chosen = choose(classes, SHOWN)
    assert [each.labels["made"] for each in chosen.classes] == ["heron", "stork"]
    assert chosen.n == 3
    assert chosen.left_out == [
        "crane: 5 images in photos; it needs 6, since natural images are parted in two",
        "ibis: 1 image in made; it needs 3",
    ]


def test_a_class_that_is_left_alone_needs_every_vote():
    small = one("crane", natural=50, made=2)
    chosen = choose([small, one("heron", natural=10, made=5)], SHOWN)
    assert ([each.labels["made"] for each in chosen.classes], chosen.n) == (["heron"], 5)
    with pytest.raises(InputError, match="crane: 2 images in made; it needs 3"):
        choose([small, one("heron", natural=10, made=4)], SHOWN)


def test_too_few_of_everything_is_refused():
    with pytest.raises(InputError, match="crane: 4 images in made; it needs 5"):
        choose([one("crane", natural=50, made=4)], SHOWN)
