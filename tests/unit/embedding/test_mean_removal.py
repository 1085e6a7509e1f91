"""The encoder without its means: what is taken from which embeddings."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tiny_encoders
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.preprocessing import normalize

from synthgap import tables
from synthgap.embedding.clip import ClipEncoder
from synthgap.embedding.mean_removal import remove_mean, without_mean, write_means
from synthgap.errors import InputError
from synthgap.models import Checkpoint, ModelSource

WORDS = ("zero", "one", "loop")


def table_of(path: Path, points: np.ndarray) -> Path:
    rows = pa.table(
        {
            "class_id": ["crane"] * len(points),
            "index": pa.array(range(len(points)), pa.int32()),
            "key": [str(number) for number in range(len(points))],
        }
    )
    tables.write_embeddings(path, rows, points, {})
    return path


def means_of(path: Path, image: np.ndarray, prompt: np.ndarray) -> Path:
    rows = [
        {"of": of, "pairs": 2, "mean": mean.tolist()}
        for of, mean in {"image": image, "prompt": prompt}.items()
    ]
    tables.write(pa.Table.from_pylist(rows), path, {})
    return path


@given(st.integers(2, 6), st.integers(2, 5), st.integers(0, 99))
def test_what_is_left_has_no_mean_and_the_differences_stay(n, d, seed):
    points = normalize(np.random.default_rng(seed).normal(size=(n, d)))
    left = without_mean(points, points.mean(axis=0))
    assert np.allclose(left.mean(axis=0), 0)
    assert np.allclose(left[0] - left[-1], points[0] - points[-1])


def test_each_kind_is_moved_by_its_own_mean_and_scaled_again(tmp_path):
    rng = np.random.default_rng(0)
    points = normalize(rng.normal(size=(5, 3)))
    image, prompt = rng.normal(size=3) / 4, rng.normal(size=3) / 4
    means = means_of(tmp_path / "means.parquet", image, prompt)
    before = table_of(tmp_path / "before.parquet", points)
    for of, mean in (("image", image), ("prompt", prompt)):
        remove_mean(before, means, of, tmp_path / f"{of}.parquet", {})
        found = tables.read(tmp_path / f"{of}.parquet")
        assert np.allclose(tables.embeddings_in(found), normalize(points - mean), atol=1e-6)
        assert np.allclose(found["norm"], np.linalg.norm(points - mean, axis=1), atol=1e-6)
        assert found["key"].to_pylist() == tables.read(before)["key"].to_pylist()


def test_an_embedding_that_is_the_mean_has_nothing_left(tmp_path):
    points = np.eye(2)
    means = means_of(tmp_path / "means.parquet", points[1], points[1])
    before = table_of(tmp_path / "before.parquet", points)
    with pytest.raises(InputError, match="no usable embedding for image 1 of class crane"):
        remove_mean(before, means, "image", tmp_path / "after.parquet", {})


def test_means_are_those_of_the_unit_embeddings_of_the_pairs(tmp_path):
    import torch
    from transformers import CLIPModel, CLIPProcessor

    model = tiny_encoders.clip(tmp_path / "clip")
    images = [Image.new("RGB", (32, 32), colour) for colour in ("red", "teal", "white")]
    rows = ["file,caption"]
    for number, image in enumerate(images):
        image.save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{WORDS[number]}")
    (tmp_path / "pairs.csv").write_text("\n".join(rows) + "\n")
    write_means(
        tmp_path / "means.parquet",
        pairs=tmp_path / "pairs.csv",
        encoder=ClipEncoder(kind="clip", model=ModelSource(folder=str(model)), batch_size=2),
        checkpoint=Checkpoint(str(model), None, "tiny"),
        threads=1,
        metadata={},
    )
    found = {row["of"]: row for row in tables.read(tmp_path / "means.parquet").to_pylist()}
    opened, processor = CLIPModel.from_pretrained(model), CLIPProcessor.from_pretrained(model)
    inputs = processor(text=list(WORDS), images=images, return_tensors="pt", padding=True)
    with torch.inference_mode():
        whole = opened.eval()(**inputs)
    for of, embeds in (("image", whole.image_embeds), ("prompt", whole.text_embeds)):
        assert found[of]["pairs"] == 3
        assert np.allclose(found[of]["mean"], embeds.numpy().mean(axis=0), atol=1e-5)
