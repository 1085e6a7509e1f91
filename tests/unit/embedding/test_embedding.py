import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tiny_encoders
import torch
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModel,
    CLIPModel,
    CLIPProcessor,
    SiglipModel,
    SiglipProcessor,
    ViTForImageClassification,
)

from synthgap import models, tables
from synthgap.embedding import transformers_model
from synthgap.embedding.clip import ClipEncoder
from synthgap.embedding.embedding_tables import embed_image_table, embed_prompts
from synthgap.embedding.vision import OpenVision, VisionEncoder
from synthgap.errors import InputError
from synthgap.jobs.ahead import ahead
from synthgap.models import Checkpoint, ModelSource

SIZES = [(224, 224), (640, 480), (97, 333), (1200, 900), (60, 40), (512, 512), (301, 225)]
"""Width and height: as the model wants it, large, tall, small."""

TEXTS = ["six", "zero, one closed ring standing tall", "loop " * 60]
"""The last one exceeds every context."""


def picture(number: int, width: int, height: int) -> Image.Image:
    """A smooth picture with all colours, and some grain."""
    rng = np.random.default_rng(number)
    coarse = Image.fromarray(rng.integers(0, 256, (7, 5, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=int)
    grain = rng.integers(-8, 9, smooth.shape)
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Pictures of several sizes, modes and formats."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = []
    for number, size in enumerate(SIZES):
        path = folder / f"{number}.{'jpg' if number % 2 else 'png'}"
        picture(number, *size).save(path)
        paths.append(path)
    for mode in ("L", "CMYK"):
        path = folder / f"{mode}.{'png' if mode == 'L' else 'jpg'}"
        picture(50, 320, 200).convert(mode).save(path)
        paths.append(path)
    return paths


@pytest.fixture(scope="module")
def images(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as an image table: some by their path, some by their bytes."""
    rows = [
        {
            "image": {"bytes": path.read_bytes() if number % 3 else None, "path": str(path)},
            "class_id": "crane",
            "index": number,
            "key": path.name,
        }
        for number, path in enumerate(files)
    ]
    path = tmp_path_factory.mktemp("tables") / "crane.parquet"
    tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), path, {})
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny encoder, made once."""
    made: dict[str, Path] = {}

    def of(name: str) -> Path:
        if name not in made:
            made[name] = getattr(tiny_encoders, name)(tmp_path_factory.mktemp(name))
        return made[name]

    return of


def embedded(
    images: Path, model: Path, path: Path, kind: str, threads: int = 2, **spec: Any
) -> np.ndarray:
    encoder = {"clip": ClipEncoder, "vision": VisionEncoder}[kind]
    embed_image_table(
        images,
        path,
        encoder=encoder(kind=kind, model=ModelSource(folder=str(model)), **spec),
        checkpoint=Checkpoint(str(model), None, "tiny"),
        threads=threads,
        metadata={"study": "test"},
    )
    assert tables.read(path, ["key"])["key"].to_pylist() == tables.read(images)["key"].to_pylist()
    return tables.read_embeddings(path)


def embedded_texts(texts: Sequence[str], model: Path, path: Path, **spec: Any) -> np.ndarray:
    embed_prompts(
        {"crane": texts},
        path,
        encoder=ClipEncoder(kind="clip", model=ModelSource(folder=str(model)), **spec),
        checkpoint=Checkpoint(str(model), None, "tiny"),
        threads=2,
        metadata={"study": "test"},
    )
    return tables.read_embeddings(path)


def unit(features: torch.Tensor) -> np.ndarray:
    return torch.nn.functional.normalize(features, dim=1).numpy()


def opened(files: list[Path]) -> list[Image.Image]:
    return [Image.open(path).convert("RGB") for path in files]


def spread(embeddings: np.ndarray) -> float:
    """Largest distance from the mean: a test of equality means nothing if all rows are alike."""
    return float(np.linalg.norm(embeddings - embeddings.mean(axis=0), axis=1).max())


class TestAgainstThePlainLoop:
    """The library's own loop, one image at a time and all at once."""

    @pytest.mark.parametrize(
        ("name", "model_class", "processor_class"),
        [
            ("clip", CLIPModel, CLIPProcessor),
            ("open_clip", CLIPModel, CLIPProcessor),
            ("siglip", SiglipModel, SiglipProcessor),
        ],
    )
    @torch.no_grad()
    def test_images_and_texts(
        self, name, model_class, processor_class, files, images, folder, tmp_path, capsys
    ):
        found = embedded(images, folder(name), tmp_path / "images.parquet", "clip")
        model = model_class.from_pretrained(folder(name)).eval()
        processor = processor_class.from_pretrained(folder(name))
        alone = np.concatenate(
            [
                unit(
                    model.get_image_features(
                        **processor(images=image, return_tensors="pt")
                    ).pooler_output
                )
                for image in opened(files)
            ]
        )
        together = unit(
            model.get_image_features(
                **processor(images=opened(files), return_tensors="pt")
            ).pooler_output
        )
        assert spread(found) > 0.05
        assert np.abs(found - alone).max() <= 1e-5
        assert np.abs(found - together).max() <= 1e-5

        found = embedded_texts(TEXTS, folder(name), tmp_path / "texts.parquet")
        cut = tiny_encoders.CONTEXT
        long = len(processor.tokenizer(TEXTS[-1])["input_ids"])
        assert capsys.readouterr().out.splitlines() == [
            f"crane: a prompt has {long} tokens, the limit is {cut}, and what is beyond is cut off"
        ]
        padding = "max_length" if name == "siglip" else True
        inputs = processor(
            text=TEXTS,
            return_tensors="pt",
            padding=padding,
            truncation=True,
            max_length=tiny_encoders.CONTEXT,
        )
        expected = unit(model.get_text_features(**inputs).pooler_output)
        assert spread(found) > 0.05
        assert np.abs(found - expected).max() <= 1e-5
        # SigLIP embeds a short text otherwise if it is not padded to the full context.
        short = embedded_texts(TEXTS[:1], folder(name), tmp_path / "short.parquet")
        assert np.abs(short - expected[:1]).max() <= 1e-5

    @pytest.mark.parametrize("name", ["dinov2", "dinov2_with_registers", "dinov3", "vit"])
    @torch.no_grad()
    def test_images_alone(self, name, files, images, folder, tmp_path):
        found = embedded(images, folder(name), tmp_path / "images.parquet", "vision")
        model = AutoModel.from_pretrained(folder(name)).eval()
        processor = AutoImageProcessor.from_pretrained(folder(name))
        alone = [
            unit(model(**processor(images=image, return_tensors="pt")).pooler_output)
            for image in opened(files)
        ]
        together = unit(model(**processor(images=opened(files), return_tensors="pt")).pooler_output)
        assert spread(found) > 0.05
        assert np.abs(found - np.concatenate(alone)).max() <= 1e-5
        assert np.abs(found - together).max() <= 1e-5

    @torch.no_grad()
    def test_a_siglip2_that_keeps_the_shape_of_images(self, files, images, folder, tmp_path):
        found = embedded(images, folder("siglip2"), tmp_path / "images.parquet", "clip")
        model = AutoModel.from_pretrained(folder("siglip2")).eval()
        processor = AutoImageProcessor.from_pretrained(folder("siglip2"))
        inputs = processor(images=opened(files), return_tensors="pt")
        assert set(inputs) > {"pixel_values"}
        expected = unit(model.get_image_features(**inputs).pooler_output)
        assert spread(found) > 0.05
        assert np.abs(found - expected).max() <= 1e-5

    @torch.no_grad()
    def test_the_class_token_where_no_pooling_was_trained(self, files, images, folder, tmp_path):
        name = "vit_with_classifier"
        found = embedded(images, folder(name), tmp_path / "images.parquet", "vision")
        model = ViTForImageClassification.from_pretrained(folder(name)).eval()
        processor = AutoImageProcessor.from_pretrained(folder(name))
        inputs = processor(images=opened(files), return_tensors="pt")
        expected = model.vit(**inputs).last_hidden_state[:, 0]
        assert np.abs(found - unit(expected)).max() <= 1e-5


@pytest.mark.parametrize(("batch_size", "threads"), [(1, 1), (3, 4), (4, 2), (64, 3)])
@pytest.mark.parametrize(("name", "kind"), [("clip", "clip"), ("dinov2", "vision")])
def test_batch_size_and_threads_decide_nothing(
    name, kind, batch_size, threads, images, folder, tmp_path
):
    expected = embedded(images, folder(name), tmp_path / "a.parquet", kind, threads=1, batch_size=8)
    found = embedded(
        images, folder(name), tmp_path / "b.parquet", kind, threads=threads, batch_size=batch_size
    )
    assert np.abs(found - expected).max() <= 1e-6
    if kind == "clip":
        texts = [
            embedded_texts(TEXTS, folder(name), tmp_path / "c.parquet", batch_size=size)
            for size in (8, batch_size)
        ]
        assert np.abs(texts[0] - texts[1]).max() <= 1e-6


@pytest.mark.parametrize("batch_size", [1, 3, 4, 64])
def test_no_batch_is_larger_than_asked_for(batch_size, images, folder, tmp_path, monkeypatch):
    sizes = []
    compute = OpenVision.image_features

    def recording(self, inputs):
        sizes.append(len(inputs["pixel_values"]))
        return compute(self, inputs)

    monkeypatch.setattr(OpenVision, "image_features", recording)
    embedded(images, folder("dinov2"), tmp_path / "a.parquet", "vision", batch_size=batch_size)
    rows = tables.read(images).num_rows
    assert sizes == [min(batch_size, rows - start) for start in range(0, rows, batch_size)]


@pytest.mark.parametrize(("dtype", "least"), [("bfloat16", 0.9995), ("float16", 0.99999)])
@pytest.mark.parametrize(
    ("name", "kind"), [("clip", "clip"), ("siglip", "clip"), ("dinov2", "vision")]
)
def test_half_precision_stays_near(name, kind, dtype, least, images, folder, tmp_path):
    """The tolerance that docs/ARCHITECTURE.md states."""
    exact = embedded(images, folder(name), tmp_path / "a.parquet", kind)
    found = embedded(images, folder(name), tmp_path / "b.parquet", kind, dtype=dtype)
    assert np.sum(exact * found, axis=1).min() >= least
    # It was computed in that format, and normalised in float32.
    assert np.abs(exact - found).max() > 1e-5
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-6


class TestWhatIsNoEncoder:
    @pytest.mark.parametrize(
        ("name", "kind", "message"),
        [
            (
                "dinov2",
                "clip",
                "Dinov2Model is not an encoder of images and texts; write kind: vis",
            ),
            ("clip", "vision", "CLIPModel embeds texts as well; write kind: clip"),
            ("siglip", "vision", "SiglipModel embeds texts as well; write kind: clip"),
        ],
    )
    def test_names_the_other_kind(self, name, kind, message, images, folder, tmp_path):
        with pytest.raises(InputError, match=message) as raised:
            embedded(images, folder(name), tmp_path / "a.parquet", kind)
        assert "\n" not in str(raised.value)
        assert str(folder(name)) in str(raised.value)

    @pytest.mark.parametrize("kind", ["clip", "vision"])
    def test_a_folder_without_a_model(self, kind, images, tmp_path):
        with pytest.raises(InputError, match="cannot be opened as an encoder of images") as raised:
            embedded(images, tmp_path, tmp_path / "a.parquet", kind)
        assert "\n" not in str(raised.value)

    def test_weights_that_are_missing_are_not_made_up(self, images, folder, tmp_path):
        from safetensors.torch import load_file, save_file

        source = folder("clip")
        model = tmp_path / "model"
        model.mkdir()
        for file in source.iterdir():
            (model / file.name).write_bytes(file.read_bytes())
        weights = load_file(model / "model.safetensors")
        del weights["visual_projection.weight"]
        save_file(weights, model / "model.safetensors", {"format": "pt"})
        with pytest.raises(InputError, match=r"holds no weights for visual_projection\.weight"):
            embedded(images, model, tmp_path / "a.parquet", "clip")

    def test_a_clip_without_its_tokenizer(self, images, folder, tmp_path):
        model = tmp_path / "model"
        model.mkdir()
        for file in folder("clip").iterdir():
            if "token" not in file.name:
                (model / file.name).write_bytes(file.read_bytes())
        with pytest.raises(InputError, match="add the tokenizer's files"):
            embedded(images, model, tmp_path / "a.parquet", "clip")


def test_a_picture_that_cannot_be_opened_ends_in_one_line(images, folder, tmp_path):
    rows = tables.read(images).to_pylist()
    rows[4]["image"] = {"bytes": b"no picture", "path": "crane/4"}
    damaged = tmp_path / "damaged.parquet"
    tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), damaged, {})
    with pytest.raises(InputError, match="crane/4: cannot be used as an image"):
        embedded(damaged, folder("dinov2"), tmp_path / "a.parquet", "vision")
    assert not (tmp_path / "a.parquet").exists()


@pytest.mark.parametrize("encoder", [ClipEncoder, VisionEncoder])
@pytest.mark.parametrize(("device", "computing"), [("cuda", 1), ("cpu", 3)])
def test_on_a_gpu_every_job_computes_on_one_thread(
    encoder, device, computing, folder, monkeypatch, request
):
    before = torch.get_num_threads()
    request.addfinalizer(lambda: (models.release(), torch.set_num_threads(before)))

    def best_device(threads):
        torch.set_num_threads(threads)
        return torch.device(device)

    loaded = []
    monkeypatch.setattr(transformers_model, "best_device", best_device)
    monkeypatch.setattr(encoder, "_load", lambda *given: loaded.append(given) or len(loaded))
    spec = encoder(
        kind=encoder.model_fields["kind"].annotation.__args__[0],
        model=ModelSource(folder=str(folder("dinov2"))),
    )
    checkpoint = Checkpoint(str(folder("dinov2")), None, "same")
    for _ in range(2):
        spec.open(checkpoint, threads=3)
        assert torch.get_num_threads() == computing
    assert len(loaded) == 1


class TestAhead:
    def test_keeps_order_and_its_distance(self):
        drawn, taken = [], []

        def items():
            for number in range(20):
                drawn.append(number)
                yield number

        for result in ahead(lambda number: number**2, items(), threads=4, most=5):
            taken.append(result)
            assert len(drawn) - len(taken) < 5
        assert taken == [number**2 for number in range(20)]

    def test_an_error_comes_in_its_place_and_ends_the_rest(self):
        computed = []

        def root(number):
            computed.append(number)
            if number < 0:
                raise ValueError("negative")
            time.sleep(0.01)
            return number

        found = ahead(root, [1, 2, -1, *range(100)], threads=1, most=50)
        assert [next(found), next(found)] == [1, 2]
        with pytest.raises(ValueError, match="negative"):
            next(found)
        assert len(computed) < 40
