"""What limits a study: all classes of all sources in one line, and what would do."""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from encoding import encode, noise
from hypothesis import given
from hypothesis import strategies as st

from synthgap.errors import InputError
from synthgap.image_sets.found import Found, Split, part_of
from synthgap.image_sets.shortage import (
    Stock,
    enough,
    few,
    shortage,
    shortage_when_read,
    size_of,
)
from synthgap.study.parsing import parse_study, read_yaml

TINY = read_yaml(Path(__file__).parents[2] / "studies/tiny.yaml")


def parts(val_per_class: int, **counts: int) -> dict[str, Stock]:
    return {
        f"natural-{part}": Stock("photos", counts, Split(part=part, val_per_class=val_per_class))
        for part in ("train", "val")
    }


@given(st.integers(0, 40), st.integers(1, 40))
def test_parts_are_as_large_as_the_split_makes_them(count, val_per_class):
    listed = [Found(f"{number}.png", "") for number in range(count)]
    for part in ("train", "val"):
        split = Split(part=part, val_per_class=val_per_class)
        assert size_of(count, split) == len(part_of(listed, split))
    assert size_of(count, None) == count


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=5),
    st.lists(st.integers(0, 30), min_size=0, max_size=5),
    st.integers(1, 20),
    st.integers(2, 20),
)
def test_what_is_said_to_work_works_and_one_more_does_not(natural, made, val_per_class, least):
    def stocks(val: int, asked: int) -> dict[str, Stock]:
        def capped(counts: Sequence[int], most: int) -> dict[str, int]:
            return {f"c{place}": min(count, most) for place, count in enumerate(counts)}

        split = Split(part="val", val_per_class=val)
        found = parts(val, **capped(natural, enough(asked, split)))
        return found | {"made": Stock("made", capped(made, enough(asked, None)))}

    def works(val: int, n: int) -> bool:
        return all(val >= n and count - val >= n for count in natural) and all(
            count >= n for count in made
        )

    said = shortage("measures.n", least, stocks(val_per_class, least))
    assert (said is None) == works(val_per_class, least)
    if said is None:
        return
    assert "\n" not in said
    tail = said.rpartition("; ")[2]
    if tail.startswith("none works"):
        assert not works(val_per_class, 2)
        # Nor with another split.
        assert not any(works(val, 2) for val in range(1, 30))
        return
    numbers = tail.removeprefix("the largest that works is ")
    alone, _, with_val = numbers.partition(", or ")
    if "val_per_class" in alone:
        alone, with_val = "", alone
    if alone:
        assert int(alone) >= 2
        assert works(val_per_class, int(alone))
        assert not works(val_per_class, int(alone) + 1)
    if with_val:
        even = int(with_val.rpartition(" ")[2])
        assert with_val == f"{even} with val_per_class: {even}"
        assert even >= 2
        assert even >= 2
        assert works(even, even)
        assert even == least or not any(works(val, even + 1) for val in range(1, 40))


def test_one_line_names_the_classes_of_all_sources():
    stocks = parts(10, crane=60, heron=40, owl=55)
    stocks["dalle"] = Stock("made", {"crane": 50, "heron": 7, "owl": 50}, note="images end in .png")
    assert shortage("measures.n", 50, stocks) == (
        "measures.n is 50, but natural-train has fewer in 2 of 3 classes of photos besides the 10 "
        "of natural-val (val_per_class): heron 30, owl 45; natural-val has 10 of each class of "
        "photos (val_per_class); dalle has fewer in 1 of 3 classes of made: heron 7 (images end in "
        ".png); the largest that works is 7"
    )


def test_a_part_that_is_made_too_small_is_not_the_folders_fault():
    """Fifty images, of which natural-val takes one: nothing is wrong with the folder."""
    assert shortage("measures.n", 2, parts(1, plain=50)) == (
        "measures.n is 2, but natural-val has 1 of each class of photos (val_per_class); the "
        "largest that works is 2 with val_per_class: 2"
    )


def test_the_smallest_classes_are_named_first():
    counts = {f"c{number}": number for number in range(20, 0, -1)}
    said = shortage("measures.n", 30, {"made": Stock("made", counts)})
    assert "20 of 20 classes of made: c1 1, c2 2, c3 3, c4 4, c5 5 and 15 more; none works" in said
    assert few(["a"]) == "a"


@pytest.mark.parametrize(
    ("usable", "unreadable", "split", "said"),
    [
        (2, 0, None, None),
        (
            1, 1, Split(part="val", val_per_class=2),
            "natural-val's part of p has 1 usable image (1 cannot be read), but measures.n is 2; "
            "none works; raise val_per_class, which is 2",
        ),
        (
            0, 0, Split(part="train", val_per_class=9),
            "natural-train's part of p has 0 usable images, but measures.n is 2; none works; add "
            "images, or lower val_per_class, which is 9",
        ),
    ],
)  # fmt: skip
def test_what_remains_after_reading_names_the_part(usable, unreadable, split, said):
    assert shortage_when_read("p", usable, unreadable, 2, split) == said


class TestStudy:
    @pytest.fixture
    def study(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """Two classes in folders of 9 and 4 images, and synthetic ones of 5 and 6."""
        monkeypatch.chdir(tmp_path)
        counts = {"photos/a": 9, "photos/b": 4, "made/a": 5, "made/b": 6}
        for folder, count in counts.items():
            Path(folder).mkdir(parents=True)
            for number in range(count):
                Path(folder, f"{number}.png").write_bytes(encode(noise(4, 4, seed=number)))
        data = copy.deepcopy(TINY)
        for key in ("miniature", "training_sets", "classifiers", "report", "prompts"):
            data.pop(key, None)
        return {
            **data,
            "classes": [{"class_id": name, "name": name} for name in "ab"],
            "natural": {"kind": "folder", "images": "photos", "val_per_class": 2},
            "generators": {"made": {"kind": "folder", "images": "made"}},
            "variants": {"made": {"generator": "made"}},
            "encoders": {
                "clip": {"kind": "clip", "model": {"repository": "a/b", "revision": "0" * 40}}
            },
            "measures": {"n": 2},
        }

    def test_all_sources_are_counted_before_the_first_job(self, study):
        assert parse_study(study, "s.yaml").measures.n == 2
        study["measures"]["n"] = 6
        with pytest.raises(InputError) as caught:
            parse_study(study, "s.yaml")
        endings = str(caught.value).partition("(images")[2].partition(")")[0]
        assert str(caught.value).replace(f" (images{endings})", "") == (
            "s.yaml: measures.n is 6, but natural-train has fewer in 1 of 2 classes of photos "
            "besides the 2 of natural-val (val_per_class): b 2; natural-val has 2 of each class of "
            "photos (val_per_class); made has fewer in 1 of 2 classes of made: a 5; the largest "
            "that works is 2"
        )
        assert ".webp" in endings

    def test_shares_of_training_sets_are_counted_too(self, study):
        study["training_sets"] = {
            "mix": {"images_per_class": 10, "proportions": {"natural-train": 0.4, "made": 0.6}}
        }
        study["classifiers"] = TINY["classifiers"]
        with pytest.raises(InputError) as caught:
            parse_study(study, "s.yaml")
        assert "the share of natural-train in training_sets.mix is 4, but" in str(caught.value)
        assert "b 2 (images end" in str(caught.value)
        assert str(caught.value).endswith("; the largest that works is 2")

    @pytest.mark.parametrize("file", ["/dev/zero", "pipe.yaml", "gone.yaml", "."])
    def test_a_study_that_is_no_file_is_not_waited_for(self, study, file):
        import os

        os.mkfifo("pipe.yaml")
        with pytest.raises(InputError, match="cannot be read"):
            read_yaml(file)
