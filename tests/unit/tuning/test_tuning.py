"""Fine-tuning of a CLIP's projections: what changes, what does not, and where to."""

from pathlib import Path

import numpy as np
import pytest
import tiny_encoders
import torch
from PIL import Image
from safetensors.numpy import load_file

from synthgap.errors import InputError
from synthgap.models import Checkpoint
from synthgap.objectives.spec import Objective
from synthgap.objectives.terms import squared_gap
from synthgap.tuning.projections import tune_projections, unit
from synthgap.tuning.spec import Tuning

TRAINED = {"visual_projection.weight", "text_projection.weight", "logit_scale"}
WORDS = ("zero", "one", "two", "three", "loop", "loop", "eight", "seven")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoders.clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    rng = np.random.default_rng(0)
    rows = ["file,caption"]
    for number, word in enumerate(WORDS):
        pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((32, 32)).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{word}")
    (folder / "pairs.csv").write_text("\n".join(rows) + "\n")
    return folder / "pairs.csv"


def tuned(model: Path, pairs: Path, folder: Path, **spec: object) -> Path:
    tune_projections(
        Checkpoint(str(model), None, "tiny"),
        pairs,
        Tuning(**{"steps": 30, "batch_size": 8, **spec}),
        folder,
        1,
    )
    return folder


def gap(folder: Path, pairs: Path) -> float:
    """Squared, of the pairs, by transformers' own way to features."""
    from transformers import CLIPModel, CLIPProcessor

    opened, processor = CLIPModel.from_pretrained(folder), CLIPProcessor.from_pretrained(folder)
    images = [Image.open(pairs.parent / f"{number}.png") for number in range(len(WORDS))]
    inputs = processor(text=list(WORDS), images=images, return_tensors="pt", padding=True)
    with torch.inference_mode():
        found = opened.eval()(**inputs)
    return squared_gap(unit(found.image_embeds), unit(found.text_embeds)).item()


def test_only_projections_and_temperature_change_and_the_gap_term_lowers_the_gap(
    model, pairs, tmp_path
):
    plain = tuned(model, pairs, tmp_path / "plain")
    without_gap = tuned(model, pairs, tmp_path / "gap", objective=Objective(gap=10))
    before = load_file(model / "model.safetensors")
    for folder in (plain, without_gap):
        after = load_file(folder / "model.safetensors")
        assert after.keys() == before.keys()
        changed = {name for name in before if not np.array_equal(before[name], after[name])}
        assert changed == TRAINED
    assert gap(without_gap, pairs) < gap(model, pairs) / 4
    assert gap(without_gap, pairs) < gap(plain, pairs) / 2


def test_twice_gives_the_same_bytes(model, pairs, tmp_path):
    first, second = (tuned(model, pairs, tmp_path / name, steps=2) for name in ("a", "b"))
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes(), file.name


def test_other_models_are_refused(pairs, tmp_path):
    siglip = tiny_encoders.siglip(tmp_path / "siglip")
    with pytest.raises(InputError, match="SiglipModel is not a CLIP whose projections can be"):
        tuned(siglip, pairs, tmp_path / "tuned")
    with pytest.raises(InputError, match="cannot be opened as a CLIP"):
        tuned(tmp_path / "nothing", pairs, tmp_path / "tuned")


def test_an_unreadable_image_ends_it_in_one_line(model, pairs, tmp_path):
    (tmp_path / "x.png").write_bytes(b"")
    (tmp_path / "pairs.csv").write_text("file,caption\nx.png,zero\nx.png,one\n")
    with pytest.raises(InputError, match=r"pairs\.csv: line 2: .*x\.png cannot be used"):
        tuned(model, tmp_path / "pairs.csv", tmp_path / "tuned", batch_size=2)
    assert not (tmp_path / "tuned").exists()
