import io
import itertools
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from synthgap.classes import Category
from synthgap.image_sets.digits import CLASS_IDS, SIZE, enlarge, scans
from synthgap.image_sets.natural import DigitSet

PARTS = ("web", "train", "val")
FIRST_THREES = {"web": [691, 918, 213], "train": [1639, 859, 193], "val": [1378, 1758, 219]}
"""The first scans of each part of digit-3: another cut would mix what models have seen."""

DIGITS = DigitSet(kind="digits", train_per_class=4, val_per_class=3)


class TestDigits:
    @pytest.mark.parametrize("class_id", CLASS_IDS)
    def test_parts_are_disjoint_and_complete(self, class_id):
        numbers = [[scan.number for scan in scans(part, class_id, 50, 40)] for part in PARTS]
        together = sorted(itertools.chain(*numbers))
        digits = load_digits()
        of_class = np.flatnonzero(digits.target == CLASS_IDS.index(class_id))
        assert together == of_class.tolist()
        assert [len(part) for part in numbers[1:]] == [50, 40]

    def test_the_largest_sets_leave_something_for_the_web(self):
        counts = np.bincount(load_digits().target)
        assert counts.min() == 174
        left = [len(list(scans("web", class_id, 100, 60))) for class_id in CLASS_IDS]
        assert left == (counts - 160).tolist()

    def test_a_larger_train_set_keeps_its_first_scans_and_all_of_val(self):
        def numbers(part: Any, train: int) -> list[int]:
            return [scan.number for scan in scans(part, "digit-4", train, 20)]

        assert numbers("train", 30)[:10] == numbers("train", 10)
        assert numbers("val", 30) == numbers("val", 10)

    def test_the_order_never_changes(self):
        found = {
            part: [scan.number for scan in scans(part, "digit-3", 50, 40)][:3] for part in PARTS
        }
        assert found == FIRST_THREES

    def test_scans_show_the_digits_enlarged(self):
        scan = next(scans("train", "digit-0", 5, 5))
        assert (scan.image.size, scan.image.mode) == ((SIZE, SIZE), "RGB")
        original = load_digits().images[scan.number]
        assert np.array_equal(np.asarray(scan.image), np.asarray(enlarge(original)))
        small = np.asarray(scan.image.convert("L").resize((8, 8), Image.Resampling.BOX))
        assert np.corrcoef(small.ravel(), original.ravel())[0, 1] > 0.97

    def test_levels_from_0_to_16_become_bytes_from_0_to_255(self):
        assert enlarge(np.zeros((8, 8))).getextrema() == ((0, 0),) * 3
        assert enlarge(np.full((8, 8), 16.0)).getextrema() == ((255, 255),) * 3

    def test_the_set_yields_the_scans_of_its_part_as_png(self):
        for part in ("train", "val"):
            found = list(DIGITS.part(part).found(Category(class_id="digit-5", name="five")))
            expected = list(scans(part, "digit-5", 4, 3))
            assert [image.path for image in found] == [
                f"digits/{scan.number}.png" for scan in expected
            ]
            for image, scan in zip(found, expected, strict=True):
                shown = Image.open(io.BytesIO(image.content))
                assert shown.format == "PNG"
                assert np.array_equal(np.asarray(shown), np.asarray(scan.image))

    def test_a_part_depends_on_its_own_numbers_alone(self):
        more = DigitSet(kind="digits", train_per_class=9, val_per_class=3)
        assert more.part("val") == DIGITS.part("val")
        assert more.part("train") != DIGITS.part("train")

    def test_an_unknown_class_is_named(self):
        part, nine = DIGITS.part("train"), Category(class_id="digit-9", name="x")
        assert part.problem((nine,)) is None
        assert part.counts((nine,), 99) == {"digit-9": 4}
        crane = Category(class_id="crane", name="x")
        assert "no class crane; they have digit-0 to digit-9" in part.problem((nine, crane))
