import hashlib
import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from synthgap import tables
from synthgap.errors import InputError
from synthgap.images import pictures
from synthgap.natural.digit_set import SMALLEST_CLASS, DigitSet
from synthgap.natural.digits import CLASS_IDS, SIZE, enlarge, scans
from synthgap.natural.image_folder import ImageFolder
from synthgap.natural.table import write_images

PARTS = ("web", "train", "val")
FIRST_THREES = {"web": [691, 918, 213], "train": [1639, 859, 193], "val": [1378, 1758, 219]}
"""The first scans of each part of digit-3: another cut would mix what models have seen."""


def picture(path: Path, grey: int = 100, mode: str = "RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), (grey, grey, grey)).convert(mode).save(path)
    return path


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
        assert counts.min() == SMALLEST_CLASS
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

    def test_table_holds_bytes_and_opens_with_pictures(self, tmp_path):
        path = tmp_path / "digit-5.parquet"
        spec = {"kind": "digits", "train_per_class": 4, "val_per_class": 3}
        assert write_images(path, spec, "train", "digit-5", {"study": "t"}) == 4
        table = tables.read(path)
        assert table.schema.equals(tables.IMAGES)
        rows = table.to_pylist()
        assert [row["index"] for row in rows] == [0, 1, 2, 3]
        assert {(row["class_id"], row["prompt"], row["seed"]) for row in rows} == {
            ("digit-5", None, None)
        }
        assert len({row["key"] for row in rows}) == 4
        for row, shown, scan in zip(
            rows, pictures(table), scans("train", "digit-5", 4, 3), strict=True
        ):
            assert row["sha256"] == hashlib.sha256(row["image"]["bytes"]).hexdigest()
            assert np.array_equal(np.asarray(shown), np.asarray(scan.image))

    def test_an_unknown_class_is_named(self):
        digits = DigitSet(kind="digits", train_per_class=2, val_per_class=1)
        assert digits.problem(("digit-0", "digit-9"), 1) is None
        assert "no class crane; they have digit-0 to digit-9" in str(digits.problem(("crane",), 1))
        assert "1 images a class in the smaller part" in str(digits.problem(("digit-0",), 2))
        assert digits.folder("train", "digit-0") is None


class TestImageFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> ImageFolder:
        for name in ("train/crane/b.PNG", "train/crane/a.jpg", "val/crane/c.webp"):
            picture(tmp_path / name)
        (tmp_path / "train/crane/notes.txt").write_text("no image")
        return ImageFolder(kind="folder", train=str(tmp_path / "train"), val=str(tmp_path / "val"))

    def test_lists_images_by_name_with_their_hash_and_copies_nothing(self, folder, tmp_path):
        found = list(folder.images("train", "crane"))
        assert [Path(image.path).name for image in found] == ["a.jpg", "b.PNG"]
        for image in found:
            assert image.content is None
            assert image.sha256 == hashlib.sha256(Path(image.path).read_bytes()).hexdigest()
        assert folder.folder("val", "crane") == str(tmp_path / "val" / "crane")

    def test_table_names_files_and_opens_with_pictures(self, folder, tmp_path):
        path = tmp_path / "crane.parquet"
        assert write_images(path, folder.model_dump(), "train", "crane", {}) == 2
        table = tables.read(path)
        assert [cell["bytes"] for cell in table["image"].to_pylist()] == [None, None]
        assert [image.size for image in pictures(table)] == [(8, 6), (8, 6)]

    def test_keys_follow_the_content(self, folder, tmp_path):
        keys = []
        for grey in (100, 101, 100):
            picture(tmp_path / "train/crane/b.PNG", grey)
            write_images(tmp_path / "t.parquet", folder.model_dump(), "train", "crane", {})
            keys.append(tables.read(tmp_path / "t.parquet")["key"].to_pylist())
        assert keys[0] == keys[2]
        assert [one == other for one, other in zip(*keys[:2], strict=True)] == [True, False]

    def test_a_damaged_file_is_refused_by_name(self, folder, tmp_path):
        good = picture(tmp_path / "train/crane/b.PNG").read_bytes()
        for bad in (b"", b"no image", good[: len(good) // 2]):
            (tmp_path / "train/crane/b.PNG").write_bytes(bad)
            with pytest.raises(InputError, match=r"crane/b.PNG: not a readable image") as caught:
                list(folder.images("train", "crane"))
            assert "\n" not in str(caught.value)

    def test_a_folder_with_too_few_images_is_refused_and_kinds_are_named(self, folder, tmp_path):
        (tmp_path / "val/crane/c.webp").unlink()
        problem = str(folder.problem(("crane",), 1))
        assert "val/crane holds 0 images" in problem
        assert ".jpeg, .jpg" in problem
        assert "measures.n is 1" in problem

    def test_missing_folders_are_named(self, folder, tmp_path):
        assert folder.problem(("crane",), 1) is None
        assert "no folder maillot in" in str(folder.problem(("crane", "maillot"), 1))
        gone = folder.model_copy(update={"val": str(tmp_path / "gone")})
        assert gone.problem(("crane",), 1) == f"no folder {tmp_path}/gone"

    @pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1"])
    def test_pictures_of_any_mode_are_shown_in_rgb(self, folder, tmp_path, mode):
        picture(tmp_path / "val/crane/c.png", mode=mode)
        (tmp_path / "val/crane/c.webp").unlink()
        write_images(tmp_path / "t.parquet", folder.model_dump(), "val", "crane", {})
        (shown,) = pictures(tables.read(tmp_path / "t.parquet"))
        assert shown.mode == "RGB"


def test_bytes_of_a_scan_are_a_png():
    image = next(iter(DigitSet(kind="digits", train_per_class=2, val_per_class=1).images(
        "val", "digit-1")))  # fmt: skip
    assert image.content is not None
    assert Image.open(io.BytesIO(image.content)).format == "PNG"
