"""Random pipelines of the real classes: what the generator makes is what their own loop makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPImageProcessor

from synthgap import devices
from synthgap.errors import InputError
from synthgap.generation import diffusers_pipeline
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.pictures import Picture, Request
from synthgap.models import Checkpoint
from tests import pipelines
from tests.pipelines import ARGUMENTS, FAMILIES, WORDS

STEPS = 4
REQUESTS = [Request(WORDS[number % 3], number) for number in range(8)]

NEGATIVE = {"flux": {"true_cfg_scale": 2.0}}
"""What a family needs besides for a negative prompt to count."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("pipelines")
    return {family: pipelines.save(family, root / family) for family in FAMILIES}


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    yield
    devices.release()


def make(
    folder: Path, requests: list[Request] = REQUESTS, guidance_scale: float = 7.5, **spec: Any
) -> list[Picture]:
    known = {"num_inference_steps": STEPS, "height": 16, "width": 16, "model": {"folder": "x"}}
    generator = DiffusersGenerator(kind="diffusers", **{**known, **spec})
    checkpoint = Checkpoint(str(folder), None, "fingerprint")
    return list(generator.images(checkpoint, guidance_scale, requests, threads=1))


def levels(made: list[Picture]) -> np.ndarray:
    return np.stack([picture.pixels for picture in made]).astype(int)


def plain_loop(folder: Path, **arguments: Any) -> np.ndarray:
    """One prompt at a time, as the documentation of diffusers shows."""
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    made = [
        pipeline(
            request.prompt,
            generator=torch.Generator().manual_seed(request.seed),
            num_inference_steps=STEPS,
            height=16,
            width=16,
            guidance_scale=7.5,
            **arguments,
        ).images[0]
        for request in REQUESTS
    ]
    return np.stack([np.asarray(image) for image in made]).astype(int)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("negative_prompt", [None, "blur"])
def test_images_are_those_of_the_plain_loop(family, negative_prompt, folders):
    arguments = ARGUMENTS.get(family, {}) | (NEGATIVE.get(family, {}) if negative_prompt else {})
    said = {"negative_prompt": negative_prompt} if negative_prompt else {}
    expected = plain_loop(folders[family], **arguments, **said)
    made = make(folders[family], arguments=arguments, batch_size=1, **said)
    assert np.array_equal(levels(made), expected)
    assert [picture.flag for picture in made] == [None] * len(REQUESTS)
    assert len({picture.pixels.tobytes() for picture in made}) == len(REQUESTS)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_batch_changes_nothing_beyond_rounding(family, folders):
    """In float32 on a CPU: by one of 256 levels at most, in fewer than one value of a thousand."""
    arguments = ARGUMENTS.get(family, {})
    alone = levels(make(folders[family], arguments=arguments, batch_size=1))
    for size in (3, 8):
        together = levels(make(folders[family], arguments=arguments, batch_size=size))
        difference = np.abs(together - alone)
        assert difference.max() <= 1
        assert np.mean(difference > 0) < 1e-3


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "pixart", "flux"])
def test_every_family_works_in_half_precision(family, dtype, folders):
    made = make(folders[family], REQUESTS[:2], arguments=ARGUMENTS.get(family, {}), dtype=dtype)
    expected = make(folders[family], REQUESTS[:2], arguments=ARGUMENTS.get(family, {}))
    assert [picture.flag for picture in made] == [None, None]
    # Rounding of bfloat16 is one part in 256; steps and guidance multiply it.
    assert np.mean(np.abs(levels(made) - levels(expected))) < 16


def test_prompts_are_encoded_once_and_alone(folders, monkeypatch):
    encoded: list[tuple[int, ...]] = []
    forward = diffusers_pipeline.open_pipeline

    def counting(*args: Any, **kwargs: Any) -> Any:
        opened = forward(*args, **kwargs)
        opened.pipeline.text_encoder.register_forward_pre_hook(
            lambda module, inputs: encoded.append(tuple(inputs[0].shape))
        )
        return opened

    monkeypatch.setattr(diffusers_pipeline, "open_pipeline", counting)
    make(folders["sd"], batch_size=3)
    # Three prompts, each with the empty negative one.
    assert encoded == [(1, 40)] * 6


def test_compiling_changes_nothing_beyond_rounding(folders, monkeypatch):
    """Captured as for the real back end, which takes a minute to generate code even for this."""
    compiled: list[str] = []
    whole = torch.nn.Module.compile

    def captured(module: torch.nn.Module, **options: Any) -> None:
        compiled.append(type(module).__name__)
        whole(module, backend="eager", **options)

    monkeypatch.setattr(torch.nn.Module, "compile", captured)
    for family, denoiser in (("sd", "UNet2DConditionModel"), ("sd3", "SD3Transformer2DModel")):
        expected = levels(make(folders[family], batch_size=4))
        difference = np.abs(levels(make(folders[family], batch_size=4, compile=True)) - expected)
        assert compiled.pop() == denoiser
        assert not compiled
        assert difference.max() <= 1
        assert np.mean(difference > 0) < 1e-3


class TestRefused:
    """Each in one line that says what would be right."""

    @pytest.mark.parametrize(
        ("family", "spec", "words"),
        [
            ("sd", {"arguments": {"guidance_resale": 0.5}}, "did you mean guidance_rescale?"),
            ("sd3", {"arguments": {"eta": 1.0}}, "StableDiffusion3Pipeline takes no eta"),
            ("sd", {"arguments": {"kwargs": {}}}, "takes no kwargs"),
            ("sd", {"scheduler": "DDMScheduler"}, "did you mean DDPMScheduler?"),
            ("sd", {"scheduler": "FlowMatchEulerDiscreteScheduler"}, "made for PNDMScheduler"),
            ("sd3", {"scheduler": "DDIMScheduler"}, "flow matching and diffusion do not mix"),
            ("sd", {"safety_checker": True}, "leave out safety_checker"),
            ("pixart", {}, "refuses its settings (Invalid sample size)"),
        ],
    )
    def test_settings(self, family, spec, words, folders):
        with pytest.raises(InputError) as caught:
            make(folders[family], REQUESTS[:1], **spec)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_size_that_the_pipeline_rounds(self, tmp_path):
        """FLUX packs 2×2 latents, so its sizes are multiples of twice what the VAE needs."""
        torch.manual_seed(0)
        pipelines.flux(levels=4).save_pretrained(tmp_path)
        with pytest.raises(InputError, match="makes images of 32×16 where 40×16 were asked for"):
            make(tmp_path, REQUESTS[:1], arguments=ARGUMENTS["flux"], width=40)

    def test_a_folder_with_code_of_its_own(self, tmp_path):
        folder = pipelines.save("sd", tmp_path / "sd")
        index = (folder / "model_index.json").read_text()
        (folder / "mine.py").write_text(
            f"open({str(tmp_path / 'ran')!r}, 'w')\n"
            "from diffusers import StableDiffusionPipeline\n"
            "class Mine(StableDiffusionPipeline): pass\n"
        )
        custom = index.replace('"StableDiffusionPipeline"', '["mine", "Mine"]')
        assert custom != index
        (folder / "model_index.json").write_text(custom)
        with pytest.raises(InputError, match="cannot be opened as a text-to-image pipeline"):
            make(folder, REQUESTS[:1])
        assert not (tmp_path / "ran").exists()

    def test_weights_that_are_pickled(self, tmp_path):
        folder = pipelines.save("sd", tmp_path / "sd")
        weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
        torch.save({}, weights.with_suffix(".bin"))
        weights.unlink()
        with pytest.raises(InputError, match="safetensors"):
            make(folder, REQUESTS[:1])

    def test_a_repository_that_is_not_at_hand(self, monkeypatch, tmp_path):
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        spec = {"num_inference_steps": 1, "height": 16, "width": 16}
        model = {"repository": "owner/name", "revision": "0" * 40}
        generator = DiffusersGenerator(kind="diffusers", model=model, **spec)
        checkpoint = Checkpoint("owner/name", "0" * 40, "owner/name@0")
        with pytest.raises(InputError) as caught:
            list(generator.images(checkpoint, 7.5, REQUESTS[:1], threads=1))
        assert str(caught.value).startswith("owner/name: cannot be opened as a text-to-image")
        assert "from the hub or its local cache" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.fixture
def checked(tmp_path: Path) -> Path:
    """A Stable Diffusion whose safety checker takes everything for indecent."""
    torch.manual_seed(0)
    pipeline = FAMILIES["sd"]()
    small = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    config = CLIPConfig(
        vision_config={**small, "image_size": 16, "patch_size": 8},
        text_config=small,
        projection_dim=8,
    )
    checker = StableDiffusionSafetyChecker(config)
    checker.concept_embeds_weights.data.fill_(-2)
    checker.special_care_embeds_weights.data.fill_(-2)
    size = {"height": 16, "width": 16}
    processor = CLIPImageProcessor(size={"shortest_edge": 16}, crop_size=size)
    diffusers.StableDiffusionPipeline(
        **{**pipeline.components, "safety_checker": checker, "feature_extractor": processor}
    ).save_pretrained(tmp_path)
    return tmp_path


def test_the_safety_checker_is_off_by_default(checked):
    assert [picture.flag for picture in make(checked, REQUESTS[:2])] == [None, None]


def test_what_the_safety_checker_blackens_is_flagged(checked):
    made = make(checked, REQUESTS[:2], safety_checker=True)
    assert [picture.flag for picture in made] == ["safety checker"] * 2
    assert not levels(made).any()
