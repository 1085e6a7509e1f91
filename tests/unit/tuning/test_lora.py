"""Training a LoRA: against a loop on diffusers and peft alone, and what comes of its file."""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pyarrow as pa
import pytest
import torch
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image
from safetensors.torch import load_file

from synthgap import models, tables
from synthgap.errors import InputError
from synthgap.generation.adapted_pipeline import AdaptedGenerator
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.pictures import Request, encoded
from synthgap.models import Checkpoint
from synthgap.tuning.lora import FILE, draw, train_lora
from synthgap.tuning.spec import LoRATraining
from tests import pipelines

PROMPTS = {"crane": ["a crane", "a tall bird"], "digger": ["a machine"]}
PREDICTIONS = ["epsilon", "v_prediction"]
QUICK: dict[str, Any] = {"steps": 3, "batch_size": 4, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A random Stable Diffusion that predicts noise, and the same one predicting velocity."""
    root = tmp_path_factory.mktemp("pipelines")
    found = {name: pipelines.save("sd", root / name) for name in PREDICTIONS}
    folder = found["v_prediction"]
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folder)
    pipeline.scheduler.register_to_config(prediction_type="v_prediction")
    pipeline.save_pretrained(folder)
    return found


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of two classes four images of 24 × 16 pixels each, all alike but for a little noise."""
    folder = tmp_path_factory.mktemp("natural")
    rng = np.random.default_rng(0)
    stripes = np.tile(np.array([40, 220], np.uint8).repeat(2), 6)[None, :, None]
    found = {}
    for class_id in PROMPTS:
        rows = []
        for number in range(4):
            pixels = np.broadcast_to(stripes, (16, 24, 3)) + rng.integers(0, 20, (16, 24, 3))
            rows.append(
                {
                    "image": {
                        "bytes": encoded(pixels.astype(np.uint8), "png", 100),
                        "path": f"{number}.png",
                    },
                    "class_id": class_id,
                    "index": number,
                    "key": f"{class_id}{number}",
                    "sha256": "",
                }
            )
        found[class_id] = folder / f"{class_id}.parquet"
        tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), found[class_id], {})
    return found


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    yield
    models.release()


def trained(model: Path, images: dict[str, Path], folder: Path, **spec: Any) -> Path:
    train_lora(
        Checkpoint(str(model), None, "f"),
        images,
        PROMPTS,
        LoRATraining(**{**QUICK, **spec}),
        size=(16, 16),
        bfloat16=False,
        folder=folder,
        threads=1,
    )
    return folder / FILE


def squares(images: dict[str, Path]) -> torch.Tensor:
    """All images in their order, cut to the middle square by hand: 8×3×16×16 in -1..1."""
    rows = [row for table in images.values() for row in tables.read(table).to_pylist()]
    found = []
    for row in rows:
        image = Image.open(pa.BufferReader(row["image"]["bytes"])).crop((4, 0, 20, 16))
        found.append(torch.from_numpy(np.asarray(image).astype(np.float32) / 127.5 - 1))
    return torch.stack(found).permute(0, 3, 1, 2)


def embedded(pipeline: Any, texts: Any) -> torch.Tensor:
    tokens = pipeline.tokenizer(
        list(texts), padding="max_length", truncation=True, return_tensors="pt"
    )
    with torch.no_grad():
        found: torch.Tensor = pipeline.text_encoder(tokens.input_ids)[0]
    return found


def levels(times: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Shares of image and noise at steps of Stable Diffusion's schedule, by its formula."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    kept = torch.cumprod(1 - betas, 0)[times][:, None, None, None]
    return kept.sqrt(), (1 - kept).sqrt()


def error(
    pipeline: Any, latents: torch.Tensor, noise: torch.Tensor, times: torch.Tensor, texts: Any
) -> torch.Tensor:
    signal, noisy = levels(times)
    target = noise
    if pipeline.scheduler.config.get("prediction_type") == "v_prediction":
        target = signal * noise - noisy * latents
    guess = pipeline.unet(signal * latents + noisy * noise, times, embedded(pipeline, texts)).sample
    return ((guess - target) ** 2).mean()


def by_hand(model: Path, images: dict[str, Path], spec: LoRATraining) -> dict[str, torch.Tensor]:
    """The same training on diffusers, peft and torch alone; what is drawn is taken over."""
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(model)
    pixels = squares(images)
    steps = draw(spec, {"crane": 4, "digger": 4}, PROMPTS, 1000, np.random.default_rng(spec.seed))
    torch.manual_seed(spec.seed)
    pipeline.unet.requires_grad_(False)
    pipeline.unet.add_adapter(
        LoraConfig(
            r=spec.rank,
            lora_alpha=spec.rank,
            init_lora_weights="gaussian",
            target_modules=["to_k", "to_q", "to_v", "to_out.0"],
        )
    )
    layers = [each for each in pipeline.unet.parameters() if each.requires_grad]
    descent = torch.optim.AdamW(layers, lr=0, betas=(0.9, 0.98), weight_decay=0.01)
    for number, step in enumerate(steps):
        with torch.no_grad():
            found = pipeline.vae.encode(pixels[step.images]).latent_dist
            latents = found.mean + found.std * torch.randn(found.mean.shape)
            latents = latents * pipeline.vae.config.scaling_factor
        noise = torch.randn(latents.shape)
        loss = error(pipeline, latents, noise, torch.from_numpy(step.times), step.texts)
        descent.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(layers, 1.0)
        rate = 0.5 + 0.5 * math.cos(math.pi * number / spec.steps)
        descent.param_groups[0]["lr"] = spec.learning_rate * rate
        descent.step()
    return get_peft_model_state_dict(pipeline.unet)


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_weights_are_those_of_a_loop_on_diffusers_and_peft(prediction, folders, images, tmp_path):
    spec = LoRATraining(**QUICK, rank=2, caption_dropout=0.3, seed=3)
    file = trained(folders[prediction], images, tmp_path / "lora", **spec.model_dump())
    found = load_file(file)
    expected = {
        f"unet.{name}".replace("lora_A", "lora.down").replace("lora_B", "lora.up"): weight
        for name, weight in by_hand(folders[prediction], images, spec).items()
    }
    renamed = {
        name.replace("lora_A", "lora.down").replace("lora_B", "lora.up"): weight
        for name, weight in found.items()
    }
    assert renamed.keys() == expected.keys()
    for name, weight in renamed.items():
        assert weight.dtype == torch.float32
        assert 2 in weight.shape
        # AdamW makes much of the rounding of gradients that are nearly zero.
        assert (weight - expected[name]).norm() < 1e-2 * expected[name].norm()
    assert any("up" in name and weight.abs().max() > 0.01 for name, weight in renamed.items())


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_training_lowers_the_loss_of_the_pipeline_that_loads_it(
    prediction, folders, images, tmp_path
):
    file = trained(folders[prediction], images, tmp_path / "lora", steps=40, rank=8)
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folders[prediction])
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        clean = pipeline.vae.encode(squares(images)).latent_dist.mean.repeat(8, 1, 1, 1)
        clean = clean * pipeline.vae.config.scaling_factor
        noise = torch.randn(clean.shape, generator=generator)
        times = torch.randint(1000, (len(clean),), generator=generator)
        texts = [PROMPTS["crane"][0]] * 4 + [PROMPTS["digger"][0]] * 4
        before = error(pipeline, clean, noise, times, texts * 8)
        pipeline.load_lora_weights(file.parent)
        after = error(pipeline, clean, noise, times, texts * 8)
    assert after < 0.95 * before


def test_twice_gives_the_same_bytes_and_another_seed_others(folders, images, tmp_path):
    one, two, other = (
        trained(folders["epsilon"], images, tmp_path / name, seed=seed).read_bytes()
        for name, seed in (("one", 0), ("two", 0), ("other", 1))
    )
    assert one == two != other
    assert {path.name for path in (tmp_path / "one").iterdir()} == {FILE}


def made(folder: Path, **spec: Any) -> np.ndarray:
    known = {"num_inference_steps": 2, "height": 16, "width": 16, "model": {"folder": "x"}}
    kind = AdaptedGenerator if spec else DiffusersGenerator
    generator = kind(**known, **spec, kind="adapted" if spec else "diffusers")
    requests = [Request("a crane", 1), Request("a machine", 2)]
    found = generator.images(Checkpoint(str(folder), None, "f"), 2.5, requests, threads=1)
    return np.stack([picture.pixels for picture in found]).astype(int)


def test_generators_load_it_and_with_scale_0_make_the_images_of_before(folders, images, tmp_path):
    model = folders["v_prediction"]
    file = str(trained(model, images, tmp_path / "lora"))
    plain = made(model)
    assert not np.array_equal(made(model, loras=[{"file": file}]), plain)
    assert np.array_equal(made(model, loras=[{"file": file, "scale": 0}]), plain)


def test_what_is_drawn_has_prompts_of_its_class_and_no_image_twice_before_all():
    spec = LoRATraining(steps=400, batch_size=5, caption_dropout=0.25)
    steps = draw(spec, {"crane": 3, "digger": 4}, PROMPTS, 10, np.random.default_rng(0))
    numbers = np.concatenate([step.images for step in steps])
    texts = [text for step in steps for text in step.texts]
    times = np.concatenate([step.times for step in steps])
    assert len(steps) == 400
    assert len(numbers) == len(texts) == len(times) == 2_000
    for start in range(0, 1_995, 7):
        assert sorted(numbers[start : start + 7]) == list(range(7))
    of_class = {
        "crane": [text for number, text in zip(numbers, texts, strict=True) if number < 3],
        "digger": [text for number, text in zip(numbers, texts, strict=True) if number >= 3],
    }
    for class_id, found in of_class.items():
        counts = Counter(found)
        assert counts.keys() == {"", *PROMPTS[class_id]}
        shares = [0.25, *[0.75 / len(PROMPTS[class_id])] * len(PROMPTS[class_id])]
        for text, share in zip(["", *PROMPTS[class_id]], shares, strict=True):
            assert abs(counts[text] / len(found) - share) < 5 * (share / len(found)) ** 0.5
    assert set(times.tolist()) == set(range(10))


def test_other_pipelines_are_refused_in_one_line(images, folders, tmp_path):
    painting = diffusers.StableDiffusionPipeline.from_pretrained(folders["epsilon"])
    painting.unet = pipelines.unet(in_channels=9)
    painting.save_pretrained(tmp_path / "painting")
    sample = diffusers.StableDiffusionPipeline.from_pretrained(folders["epsilon"])
    sample.scheduler.register_to_config(prediction_type="sample")
    sample.save_pretrained(tmp_path / "sample")
    (tmp_path / "empty").mkdir()
    refused = {
        pipelines.save("sdxl", tmp_path / "sdxl"): "for StableDiffusionXLPipeline, only for a Stab",
        pipelines.save("pixart", tmp_path / "pixart"): "for PixArtAlphaPipeline, only for a Stable",
        tmp_path / "painting": "takes 9 channels and not its latents' 4",
        tmp_path / "sample": "predicts sample, only for those of epsilon or v_prediction",
        tmp_path / "empty": "cannot be opened as a StableDiffusionPipeline",
    }
    for model, said in refused.items():
        with pytest.raises(InputError, match=said) as caught:
            trained(model, images, tmp_path / "lora")
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "lora").exists()


def test_an_image_that_is_gone_ends_it_in_one_line(folders, images, tmp_path):
    row = tables.read(images["digger"]).to_pylist()[0]
    gone = {**row, "image": {"bytes": None, "path": str(tmp_path / "gone.png")}}
    table = tmp_path / "digger.parquet"
    tables.write(pa.Table.from_pylist([gone], schema=tables.IMAGES), table, {})
    with pytest.raises(InputError, match=r"gone\.png: cannot be read any more"):
        trained(folders["epsilon"], {**images, "digger": table}, tmp_path / "lora", batch_size=8)
    assert not (tmp_path / "lora").exists()


def test_one_that_diverges_says_its_name_and_what_to_do(folders, images, tmp_path, monkeypatch):
    def none(guess: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return (guess - target).sum() * math.nan

    monkeypatch.setattr(torch.nn.functional, "mse_loss", none)
    said = r"the LoRA own has diverged at step 1: lower its learning_rate"
    with pytest.raises(InputError, match=said) as caught:
        trained(folders["epsilon"], images, tmp_path / "own")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "own").exists()


def test_what_does_not_fit_into_memory_is_said_in_one_line(folders, images, tmp_path, monkeypatch):
    def full(*rest: Any, **more: Any) -> None:
        raise torch.OutOfMemoryError("no room")

    for part in ("to", "encode_prompt"):
        with monkeypatch.context() as changed:
            changed.setattr(diffusers.StableDiffusionPipeline, part, full)
            with pytest.raises(InputError, match=r"a step of \d+ images of 16×16 does not fit"):
                trained(folders["epsilon"], images, tmp_path / "lora")


def test_the_log_ends_with_the_loss_of_each_tenth(folders, images, tmp_path, capsys):
    trained(folders["epsilon"], images, tmp_path / "lora", steps=20)
    said = capsys.readouterr().out.splitlines()[-1]
    start, _, losses = said.partition(": ")
    assert start == "mean loss of each tenth of 20 steps"
    assert len(losses.split(", ")) == 10
    assert all(0 < float(loss) < 10 for loss in losses.split(", "))
