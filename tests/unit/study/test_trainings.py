import copy
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from synthgap.errors import InputError
from synthgap.study.parsing import parse_study, read_yaml

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")
"""3 classes with 6 images of each variant and 8 of natural-train."""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(training_set: Any, batch_size: int, **changes: Any) -> str | None:
    data = copy.deepcopy(TINY) | changes
    data["training_sets"] = {"set": training_set}
    data["classifiers"]["resnet"]["batch_size"] = batch_size
    try:
        parse_study(data, "study.yaml")
    except InputError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("training_set", "images"),
    [
        (["natural-train"], 24),
        (["disamb"], 18),
        (["natural-train", "disamb"], 42),
        ({"images_per_class": 5, "proportions": {"disamb": 0.4, "natural-train": 0.6}}, 15),
    ],
)
def test_a_batch_larger_than_its_training_set_is_refused(training_set, images):
    assert refusal(training_set, images) is None
    assert refusal(training_set, images + 1) == (
        f"study.yaml: classifiers.resnet.batch_size: a step takes {images + 1} images, but "
        f"training_sets.set has {images}; lower it"
    )


@pytest.mark.parametrize("kind", ["folder", "table"])
def test_images_made_elsewhere_are_counted(kind):
    rows = ["class_id,file"]
    for category in TINY["classes"]:
        folder = Path("made", category["class_id"])
        folder.mkdir(parents=True)
        for number in range(7):
            Image.new("RGB", (8, 8)).save(folder / f"{number}.png")
            rows.append(f"{category['class_id']},{category['class_id']}/{number}.png")
        (folder / "notes.txt").touch()
    Path("made/list.csv").write_text("\n".join([*rows, ""]))
    place = {"images": "made"} if kind == "folder" else {"table": "made/list.csv"}
    changes = {
        "generators": {"made": {"kind": "folder", **place}},
        "variants": {"made": {"generator": "made"}},
    }
    assert refusal(["made"], 21, **changes) is None
    assert "takes 22 images, but training_sets.set has 21" in (
        refusal(["made"], 22, **changes) or ""
    )


def test_a_single_class_is_not_trained_on():
    message = refusal(["natural-train"], 2, classes=TINY["classes"][:1])
    assert message == (
        "study.yaml: classifiers.resnet: a single class is nothing to tell apart; add classes"
    )


def test_shapes_of_crops_stand_in_order():
    data = copy.deepcopy(TINY)
    data["classifiers"]["resnet"]["crop_ratio"] = [2, 1]
    with pytest.raises(InputError, match="the narrowest shape 2 is wider than the widest 1; put"):
        parse_study(data, "study.yaml")
