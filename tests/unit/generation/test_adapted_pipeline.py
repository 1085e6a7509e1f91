"""Pipelines adapted by natural images and further weights, against diffusers called directly."""

import functools
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
from pydantic import ValidationError
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from synthgap import models, tables
from synthgap.errors import InputError
from synthgap.generation.adapted_pipeline import AdaptedGenerator
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.natural_choice import NaturalImages, choose
from synthgap.generation.pictures import Request, encoded
from synthgap.models import Checkpoint
from synthgap.seeds import image_seed
from tests import pipelines
from tests.pipelines import ARGUMENTS, WORDS

STEPS = 6
REQUESTS = [Request(WORDS[number % 3], image_seed(0, "crane", number)) for number in range(4)]
FROM_IMAGES = ["sd", "sdxl", "sd3", "flux"]
KNOWN: dict[str, Any] = {
    "kind": "adapted",
    "num_inference_steps": STEPS,
    "height": 16,
    "width": 16,
    "model": {"folder": "x"},
}
FROM_NATURAL = {"image_to_image": {"strength": 0.6}}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("adapted")
    return {family: pipelines.save(family, root / family) for family in [*FROM_IMAGES, "pixart"]}


@pytest.fixture(scope="module")
def natural(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Three natural images of 24 × 16 pixels, and what goes with which."""
    folder = tmp_path_factory.mktemp("natural")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(3):
        content = encoded(rng.integers(0, 256, (16, 24, 3), np.uint8), "png", 100)
        rows.append(
            {
                "image": {"bytes": content, "path": f"{number}.png"},
                "class_id": "crane",
                "index": number,
                "key": f"key{number}",
                "sha256": f"hash{number}",
            }
        )
    table, choices = folder / "natural.parquet", folder / "choices.parquet"
    tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), table, {})
    choose(table, choices, class_id="crane", count=4, study_seed=0, metadata={})
    return table, choices


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    yield
    models.release()


def make(
    folder: Path,
    natural: tuple[Path, Path] | None = None,
    scale: float = 7.5,
    requests: list[Request] = REQUESTS,
    **spec: Any,
) -> np.ndarray:
    given = {**KNOWN, "arguments": ARGUMENTS.get(folder.name, {}), **spec}
    generator = AdaptedGenerator(**given)
    if natural is not None:
        generator = generator.with_natural(NaturalImages(*natural))
    made = generator.images(Checkpoint(str(folder), None, "f"), scale, requests, threads=1)
    return np.stack([picture.pixels for picture in made]).astype(int)


def plain(folder: Path, scale: float = 7.5, **spec: Any) -> np.ndarray:
    known = {**KNOWN, "kind": "diffusers", "arguments": ARGUMENTS.get(folder.name, {})}
    generator = DiffusersGenerator(**{**known, **spec})
    made = generator.images(Checkpoint(str(folder), None, "f"), scale, REQUESTS, threads=1)
    return np.stack([picture.pixels for picture in made]).astype(int)


def called(
    pipeline: Any,
    family: str,
    per_request: Any = lambda number: {},
    scale: float = 7.5,
    **given: Any,
) -> np.ndarray:
    """Images of diffusers itself, made one at a time."""
    pipeline.set_progress_bar_config(disable=True)
    images = [
        pipeline(
            prompt=request.prompt,
            generator=torch.Generator().manual_seed(request.seed),
            num_inference_steps=STEPS,
            guidance_scale=scale,
            **ARGUMENTS.get(family, {}),
            **per_request(number),
            **given,
        ).images[0]
        for number, request in enumerate(REQUESTS)
    ]
    return np.stack([np.asarray(image) for image in images]).astype(int)


def same_but_for_rounding(one: np.ndarray, other: np.ndarray) -> bool:
    difference = np.abs(one - other)
    return bool(difference.max() <= 1 and np.mean(difference > 0) < 1e-3)


def begun_with(natural: tuple[Path, Path]) -> list[Image.Image]:
    """The natural images of the requests, cut to the middle square by hand."""
    images = NaturalImages(*natural).of([request.seed for request in REQUESTS])
    return [image.crop((4, 0, 20, 16)) for image in images]


class TestImageToImage:
    @pytest.mark.parametrize("family", FROM_IMAGES)
    def test_images_are_those_of_the_pipeline_of_diffusers(self, family, folders, natural):
        pipeline = diffusers.AutoPipelineForImage2Image.from_pretrained(folders[family])
        size = {} if family in ("sd", "sdxl") else {"height": 16, "width": 16}
        images = begun_with(natural)
        expected = called(
            pipeline, family, lambda number: {"image": images[number]}, strength=0.6, **size
        )
        made = make(folders[family], natural, batch_size=1, **FROM_NATURAL)
        assert np.array_equal(made, expected)

    @pytest.mark.parametrize("family", FROM_IMAGES)
    def test_an_image_does_not_depend_on_its_batch(self, family, folders, natural):
        alone = make(folders[family], natural, batch_size=1, **FROM_NATURAL)
        together = make(folders[family], natural, batch_size=4, **FROM_NATURAL)
        assert same_but_for_rounding(together, alone)
        rest = make(folders[family], natural, requests=REQUESTS[2:], batch_size=1, **FROM_NATURAL)
        assert np.array_equal(rest, alone[2:])

    @pytest.mark.parametrize(("strength", "steps"), [(0.2, 1), (0.5, 3), (0.99, 5), (1.0, 6)])
    def test_steps_are_counted_as_diffusers_does(
        self, strength, steps, folders, natural, monkeypatch
    ):
        calls: list[int] = []
        forward = diffusers.UNet2DConditionModel.forward

        @functools.wraps(forward)
        def counting(module: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append(1)
            return forward(module, *args, **kwargs)

        monkeypatch.setattr(diffusers.UNet2DConditionModel, "forward", counting)
        spec = {"image_to_image": {"strength": strength}, "scheduler": "DDIMScheduler"}
        make(folders["sd"], natural, batch_size=4, **spec)
        assert len(calls) == steps == AdaptedGenerator(**KNOWN, **spec).effort().steps

    def test_guidance_in_an_interval_and_annealing_go_with_it(self, folders, natural):
        spec = {**FROM_NATURAL, "scale": 7.5}
        without = make(folders["sd"], natural, **{**spec, "scale": 1})
        nowhere = make(folders["sd"], natural, guidance_interval={"up_to": 1e-6}, **spec)
        assert same_but_for_rounding(nowhere, without)
        annealing = {"tau1": 0.1, "tau2": 0.5, "noise_scale": 0.5}
        annealed = make(folders["sd"], natural, condition_annealing=annealing, **spec)
        assert not same_but_for_rounding(annealed, make(folders["sd"], natural, **spec))

    def test_perturbed_attention_goes_with_it(self, folders, natural):
        pipeline = diffusers.AutoPipelineForImage2Image.from_pretrained(
            folders["sd"], enable_pag=True, pag_applied_layers=["mid"]
        )
        images = begun_with(natural)
        expected = called(
            pipeline, "sd", lambda number: {"image": images[number]}, strength=0.6, pag_scale=3.0
        )
        perturbed = {"pag_scale": 3.0, "pag_applied_layers": ["mid"], "batch_size": 1}
        assert np.array_equal(make(folders["sd"], natural, **FROM_NATURAL, **perturbed), expected)

    def test_a_pipeline_without_it_is_refused_in_one_line(self, folders, natural):
        with pytest.raises(InputError, match="no PixArtAlphaPipeline that begins") as caught:
            make(folders["pixart"], natural, **FROM_NATURAL)
        assert "\n" not in str(caught.value)


def save_lora(folder: Path, family: str, file: Path, seed: int) -> Path:
    """Random low-rank changes of the attention of a pipeline, as diffusers saves them."""
    torch.manual_seed(seed)
    pipeline = diffusers.AutoPipelineForText2Image.from_pretrained(folder)
    part = "unet" if hasattr(pipeline, "unet") else "transformer"
    denoiser = getattr(pipeline, part)
    config = LoraConfig(
        r=4, lora_alpha=8, init_lora_weights=False, target_modules=["to_q", "to_k", "to_v"]
    )
    denoiser.add_adapter(config)
    type(pipeline).save_lora_weights(
        file.parent,
        **{f"{part}_lora_layers": get_peft_model_state_dict(denoiser)},
        weight_name=file.name,
        **{f"{part}_lora_adapter_metadata": config.to_dict()},
    )
    return file


@pytest.fixture(scope="module")
def lora_files(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("loras")
    return {
        family: [
            save_lora(folder, family, root / f"{family}{seed}.safetensors", seed) for seed in (1, 2)
        ]
        for family, folder in folders.items()
        if family in ("sd", "sdxl", "sd3", "flux")
    }


class TestLoRA:
    @pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "flux"])
    def test_images_are_those_of_the_pipeline_of_diffusers(self, family, folders, lora_files):
        pipeline = diffusers.AutoPipelineForText2Image.from_pretrained(folders[family])
        for number, file in enumerate(lora_files[family]):
            pipeline.load_lora_weights(
                str(file.parent), weight_name=file.name, adapter_name=f"a{number}"
            )
        pipeline.set_adapters(["a0", "a1"], [0.7, 0.3])
        expected = called(pipeline, family, height=16, width=16)
        loras = [
            {"file": str(file), "scale": scale}
            for file, scale in zip(lora_files[family], (0.7, 0.3), strict=True)
        ]
        made = make(folders[family], batch_size=1, loras=loras)
        assert np.array_equal(made, expected)
        assert not np.array_equal(made, plain(folders[family], batch_size=1))
        together = make(folders[family], batch_size=4, loras=loras)
        assert same_but_for_rounding(together, made)

    def test_with_scale_0_changes_nothing(self, folders, lora_files):
        loras = [{"file": str(lora_files["sd"][0]), "scale": 0}]
        assert np.array_equal(make(folders["sd"], loras=loras), plain(folders["sd"]))

    def test_goes_with_image_to_image(self, folders, lora_files, natural):
        pipeline = diffusers.AutoPipelineForImage2Image.from_pretrained(folders["sd"])
        file = lora_files["sd"][0]
        pipeline.load_lora_weights(str(file.parent), weight_name=file.name)
        images = begun_with(natural)
        expected = called(pipeline, "sd", lambda number: {"image": images[number]}, strength=0.6)
        made = make(
            folders["sd"], natural, batch_size=1, loras=[{"file": str(file)}], **FROM_NATURAL
        )
        assert np.array_equal(made, expected)

    def test_of_another_model_is_refused_in_one_line(self, folders, lora_files, tmp_path):
        save_file({"other.lora_A.weight": torch.ones(2, 2)}, tmp_path / "no.safetensors")
        save_file({"weight": torch.ones(2, 2)}, tmp_path / "none.safetensors")
        (tmp_path / "broken.safetensors").write_bytes(b"broken")
        files = [tmp_path / f"{name}.safetensors" for name in ("no", "none", "broken", "gone")]
        for file in [*files, lora_files["sdxl"][0]]:
            with pytest.raises(InputError, match="cannot be opened as a LoRA") as caught:
                make(folders["sd"], loras=[{"file": str(file)}])
            assert "\n" not in str(caught.value)
            models.release()


def save_inversion(file: Path, vectors: int = 1, seed: int = 0, **parts: int) -> Path:
    generator = torch.Generator().manual_seed(seed)
    names = parts or {"<my-crane>": pipelines.WIDTH}
    save_file(
        {name: torch.randn(vectors, width, generator=generator) for name, width in names.items()},
        file,
    )
    return file


class TestTextualInversion:
    @pytest.mark.parametrize("vectors", [1, 3])
    def test_images_are_those_of_the_pipeline_of_diffusers(self, vectors, folders, tmp_path):
        file = save_inversion(tmp_path / "word.safetensors", vectors)
        prompt = "a <my-crane>, wading"
        pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folders["sd"])
        pipeline.load_textual_inversion(str(file), token="<my-crane>")
        expected = pipeline(
            prompt,
            num_inference_steps=STEPS,
            height=16,
            width=16,
            generator=torch.Generator().manual_seed(5),
        ).images[0]
        words = [{"file": str(file), "token": "<my-crane>"}]
        requests = [Request(prompt, 5)]
        made = make(folders["sd"], requests=requests, textual_inversions=words)
        assert np.array_equal(made[0], np.asarray(expected))
        other = save_inversion(tmp_path / "other.safetensors", vectors, seed=1)
        words = [{"file": str(other), "token": "<my-crane>"}]
        assert not np.array_equal(
            make(folders["sd"], requests=requests, textual_inversions=words), made
        )

    def test_without_its_word_changes_nothing(self, folders, tmp_path):
        file = save_inversion(tmp_path / "word.safetensors")
        words = [{"file": str(file), "token": "<my-crane>"}]
        made = make(folders["sd"], textual_inversions=words)
        assert np.array_equal(made, plain(folders["sd"]))

    def test_two_text_encoders_get_a_part_each(self, folders, tmp_path):
        width = pipelines.WIDTH
        file = save_inversion(tmp_path / "word.safetensors", 2, clip_l=width, clip_g=width)
        pipeline = diffusers.StableDiffusionXLPipeline.from_pretrained(folders["sdxl"])
        state = diffusers.loaders.textual_inversion.safetensors.torch.load_file(file)
        for part, end in (("clip_l", ""), ("clip_g", "_2")):
            pipeline.load_textual_inversion(
                state[part],
                token="<my-crane>",
                text_encoder=getattr(pipeline, f"text_encoder{end}"),
                tokenizer=getattr(pipeline, f"tokenizer{end}"),
            )
        expected = pipeline(
            "a <my-crane>",
            num_inference_steps=STEPS,
            height=16,
            width=16,
            guidance_scale=7.5,
            generator=torch.Generator().manual_seed(5),
        ).images[0]
        words = [{"file": str(file), "token": "<my-crane>"}]
        made = make(
            folders["sdxl"], requests=[Request("a <my-crane>", 5)], textual_inversions=words
        )
        assert np.array_equal(made[0], np.asarray(expected))

    @pytest.mark.parametrize("family", ["sd", "sdxl"])
    def test_of_another_model_is_refused_in_one_line(self, family, folders, tmp_path):
        file = save_inversion(tmp_path / "word.safetensors", 1, word=7)
        words = [{"file": str(file), "token": "<my-crane>"}]
        with pytest.raises(InputError, match="as a textual inversion") as caught:
            make(folders[family], textual_inversions=words)
        assert "\n" not in str(caught.value)

    def test_a_pipeline_without_it_is_refused_in_one_line(self, folders, tmp_path):
        file = save_inversion(tmp_path / "word.safetensors")
        words = [{"file": str(file), "token": "<my-crane>"}]
        with pytest.raises(InputError, match="no textual inversion into PixArt") as caught:
            make(folders["pixart"], textual_inversions=words)
        assert "\n" not in str(caught.value)


def save_adapter(folder: Path, root: Path, seed: int = 0) -> dict[str, Any]:
    """A random IP-Adapter for a UNet, and a random CLIP that sees images, as a study names them."""
    torch.manual_seed(seed)
    seeing = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=32,
            intermediate_size=37,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=32,
            patch_size=8,
            projection_dim=24,
        )
    )
    seeing.save_pretrained(root / "seeing")
    unet = diffusers.UNet2DConditionModel.from_pretrained(folder, subfolder="unet")
    width, tokens = unet.config.cross_attention_dim, 4
    state = {
        "image_proj.proj.weight": torch.randn(tokens * width, 24) / 24**0.5,
        "image_proj.proj.bias": torch.randn(tokens * width),
        "image_proj.norm.weight": torch.rand(width),
        "image_proj.norm.bias": torch.randn(width),
    }
    crossing = [name for name in unet.attn_processors if "attn2" in name]
    for number, name in enumerate(crossing):
        attention = unet.get_submodule(name.removesuffix(".processor"))
        for kind in ("k", "v"):
            weight = torch.randn(attention.inner_dim, width) / width**0.5
            state[f"ip_adapter.{2 * number + 1}.to_{kind}_ip.weight"] = weight
    save_file(state, root / "adapter.safetensors")
    return {
        "file": str(root / "adapter.safetensors"),
        "image_encoder": {"folder": str(root / "seeing")},
    }


class TestImagePrompt:
    @pytest.mark.parametrize("family", ["sd", "sdxl"])
    @pytest.mark.parametrize("begins", [False, True])
    @pytest.mark.parametrize("scale", [1.0, 7.5])
    def test_images_are_those_of_the_pipeline_of_diffusers(
        self, family, begins, scale, folders, natural, tmp_path
    ):
        given = save_adapter(folders[family], tmp_path)
        if begins:
            pipeline = diffusers.AutoPipelineForImage2Image.from_pretrained(folders[family])
        else:
            pipeline = diffusers.AutoPipelineForText2Image.from_pretrained(folders[family])
        seeing = CLIPVisionModelWithProjection.from_pretrained(tmp_path / "seeing")
        pipeline.register_modules(image_encoder=seeing)
        pipeline.load_ip_adapter(
            str(tmp_path),
            subfolder="",
            weight_name="adapter.safetensors",
            image_encoder_folder=None,
        )
        pipeline.set_ip_adapter_scale(0.6)
        images = NaturalImages(*natural).of([request.seed for request in REQUESTS])
        first = begun_with(natural)
        size = {"strength": 0.6} if begins else {"height": 16, "width": 16}
        expected = called(
            pipeline,
            family,
            lambda number: {
                "ip_adapter_image": images[number],
                **({"image": first[number]} if begins else {}),
            },
            scale=scale,
            **size,
        )
        spec = {"image_prompt": {**given, "scale": 0.6}, **(FROM_NATURAL if begins else {})}
        made = make(folders[family], natural, scale, batch_size=1, **spec)
        assert np.array_equal(made, expected)
        models.release()
        together = make(folders[family], natural, scale, batch_size=4, **spec)
        assert same_but_for_rounding(together, made)
        models.release()
        spec["image_prompt"]["scale"] = 0
        assert not np.array_equal(make(folders[family], natural, scale, **spec), made)

    def test_of_scale_0_is_the_prompt_alone(self, folders, natural, tmp_path):
        given = save_adapter(folders["sd"], tmp_path)
        made = make(folders["sd"], natural, image_prompt={**given, "scale": 0})
        assert same_but_for_rounding(made, plain(folders["sd"]))

    def test_a_pipeline_without_it_is_refused_in_one_line(self, folders, natural, tmp_path):
        given = save_adapter(folders["sd"], tmp_path)
        with pytest.raises(InputError, match="no IP-Adapter into PixArt") as caught:
            make(folders["pixart"], natural, image_prompt=given)
        assert "\n" not in str(caught.value)

    def test_of_another_model_is_refused_in_one_line(self, folders, natural, tmp_path):
        given = save_adapter(folders["sdxl"], tmp_path)
        wrong = [
            given,
            {**given, "file": str(tmp_path / "gone.safetensors")},
            {**given, "image_encoder": {"folder": str(folders["sd"])}},
        ]
        for prompt in wrong:
            with pytest.raises(InputError, match="cannot be opened as") as caught:
                make(folders["sd"], natural, image_prompt=prompt)
            assert "\n" not in str(caught.value)
            models.release()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, "name one of image_to_image"),
        ({"image_to_image": {"strength": 0}}, "greater than 0"),
        ({"image_to_image": {"strength": 1.1}}, "less than or equal to 1"),
        ({"image_to_image": {"strength": 0.1}}, "leaves no step"),
        ({"loras": [{"file": "x.bin"}]}, "does not end in .safetensors"),
        ({"loras": [{"repository": "a/b", "weight_name": "x.safetensors"}]}, "together"),
        ({"loras": [{"scale": 1}]}, "name a file, or repository"),
        (
            {"textual_inversions": [{"file": "x.safetensors", "token": "two words"}]},
            "must be one word",
        ),
        (
            {"textual_inversions": [{"file": "x.safetensors", "token": "<a>"}] * 2},
            "<a> occurs twice",
        ),
        (
            {"image_prompt": {"file": "x.safetensors", "image_encoder": {"miniature": "clip"}}},
            "none of the miniature's models",
        ),
        (
            {
                "image_prompt": {"file": "x.safetensors", "image_encoder": {"folder": "x"}},
                "guidance_interval": {"above": 1},
            },
            "do not go together",
        ),
        ({**FROM_NATURAL, "arguments": {"strength": 0.5}}, "strength is set by image_to_image"),
    ],
)
def test_values_that_are_wrong_are_refused(spec, words):
    with pytest.raises(ValidationError, match=words):
        AdaptedGenerator(**{**KNOWN, **spec})


def test_where_weights_lie_decides_nothing():
    one, other = (
        AdaptedGenerator(**KNOWN, loras=[{"file": f"{folder}/x.safetensors", "scale": 0.5}])
        for folder in ("a", "b")
    )
    assert one.deciding() == other.deciding()
    assert one.deciding()["loras"] == [{"scale": 0.5}]
