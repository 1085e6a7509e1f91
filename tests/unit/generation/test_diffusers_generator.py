"""Random pipelines of the real classes: what the generator makes is what their own loop makes."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import CLIPConfig, CLIPImageProcessor

from synthgap import models
from synthgap.errors import InputError
from synthgap.generation import diffusers_pipeline, opening
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.opening import open_pipeline
from synthgap.generation.pictures import Picture, Request
from synthgap.generation.prompt_memo import PromptMemo
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
    models.release()


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


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "pixart"])
def test_without_guidance_there_is_no_unconditional_half(family, folders, denoised):
    for scale, rows in ((7.5, 8), (1.0, 4), (0.0, 4)):
        spec = {"arguments": ARGUMENTS.get(family, {}), "batch_size": 4}
        make(folders[family], REQUESTS[:4], guidance_scale=scale, **spec)
        assert set(denoised) == {rows}
        denoised.clear()


@pytest.mark.parametrize("family", FAMILIES)
def test_no_step_waits_for_the_device_but_those_of_diffusers(family, folders, monkeypatch):
    """Reading a number from a tensor waits until the device has computed it."""
    waits: Counter[str] = Counter()

    class Reads(TorchDispatchMode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            name = func.overloadpacket.__name__
            if name in ("_local_scalar_dense", "nonzero", "is_nonzero", "equal"):
                waits[name] += 1
            return func(*args, **(kwargs or {}))

    def counted(steps: int) -> Counter[str]:
        waits.clear()
        pipeline = opened.pipeline
        with Reads():
            pipeline(
                WORDS[:2],
                generator=[torch.Generator().manual_seed(seed) for seed in range(2)],
                num_inference_steps=steps,
                height=16,
                width=16,
                output_type="pt",
                **ARGUMENTS.get(family, {}),
            )
        return Counter(waits)

    found = []
    for memo in (PromptMemo, lambda encode: encode):
        monkeypatch.setattr("synthgap.generation.opening.PromptMemo", memo)
        device = torch.device("cpu")
        opened = open_pipeline(
            Checkpoint(str(folders[family]), None, "f"),
            dtype="float32",
            scheduler=None,
            safety_checker=False,
            device=device,
        )
        counted(STEPS)
        found.append(counted(2 * STEPS) - counted(STEPS))
    assert found[0] == found[1]


def test_large_images_of_a_batch_are_decoded_one_by_one_on_a_gpu(folders, monkeypatch):
    from diffusers import AutoencoderKL

    alone = levels(make(folders["sd"], batch_size=1))
    models.release()
    decoded: list[int] = []
    whole = AutoencoderKL._decode
    monkeypatch.setattr(
        AutoencoderKL, "_decode", lambda *a, **k: (decoded.append(len(a[1])), whole(*a, **k))[1]
    )
    forward = diffusers_pipeline.open_pipeline

    def as_on_a_gpu(*args: Any, **kwargs: Any) -> Any:
        opened = forward(*args, **kwargs)
        opening._decoded_one_by_one(opened.pipeline)
        return opened

    monkeypatch.setattr(diffusers_pipeline, "open_pipeline", as_on_a_gpu)
    together = levels(make(folders["sd"], batch_size=8))
    assert decoded == [1] * 8
    assert np.abs(together - alone).max() <= 1


@pytest.fixture
def denoised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each batch that a denoiser was given."""
    rows: list[int] = []
    for denoiser in (
        diffusers.UNet2DConditionModel,
        diffusers.SD3Transformer2DModel,
        diffusers.PixArtTransformer2DModel,
    ):

        def counting(module: Any, *args: Any, whole: Any = denoiser.forward, **kwargs: Any) -> Any:
            rows.append(len(kwargs.get("hidden_states", args[0] if args else None)))
            return whole(module, *args, **kwargs)

        monkeypatch.setattr(denoiser, "forward", counting)
    return rows


class TestCompiling:
    """Captured as for the real back end, which takes a minute to generate code even for this."""

    @pytest.fixture
    def captured(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Denoisers that were compiled, and `code` for each size that code was made for."""
        said: list[str] = []
        whole = torch.nn.Module.compile

        def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
            said.append("code")
            return graph.forward

        def compiling(module: torch.nn.Module, **options: Any) -> None:
            said.append(type(module).__name__)
            whole(module, backend=backend, **options)

        torch._dynamo.reset()
        monkeypatch.setattr(torch.nn.Module, "compile", compiling)
        return said

    @pytest.mark.parametrize(
        ("family", "denoiser"),
        [("sd", "UNet2DConditionModel"), ("sd3", "SD3Transformer2DModel")],
    )
    def test_changes_nothing_beyond_rounding(self, family, denoiser, folders, captured):
        expected = levels(make(folders[family], batch_size=4))
        difference = np.abs(levels(make(folders[family], batch_size=4, compile=True)) - expected)
        assert captured[0] == denoiser
        assert difference.max() <= 1
        assert np.mean(difference > 0) < 1e-3

    def test_is_done_once_for_batches_of_nearly_equal_size(self, folders, captured):
        make(folders["sd"], REQUESTS[:4], batch_size=4, compile=True)
        once = list(captured)
        requests = [Request(WORDS[0], seed) for seed in range(11)]
        # 4, 4 and 3 of them.
        made = make(folders["sd"], requests, batch_size=4, compile=True)
        assert captured == once
        expected = levels(make(folders["sd"], requests, batch_size=4))
        assert len(made) == 11
        assert np.abs(levels(made) - expected).max() <= 1

    def test_is_not_done_for_a_few_images(self, folders, captured):
        make(folders["sd"], REQUESTS[:4], batch_size=4, compile=True)
        once = list(captured)
        expected = levels(make(folders["sd"], REQUESTS[:1], batch_size=4, compile=True))
        assert captured == once
        assert np.array_equal(expected, levels(make(folders["sd"], REQUESTS[:1])))

    def test_is_done_for_few_images_that_come_again(self, folders, captured):
        make(folders["sd"], REQUESTS[:1], batch_size=4, compile=True)
        assert "code" not in captured
        make(folders["sd"], REQUESTS[:1], batch_size=4, compile=True)
        assert "code" in captured

    def test_is_done_for_a_few_images_where_no_batch_is_larger(self, folders, captured):
        make(folders["sd"], REQUESTS[:1], batch_size=2, compile=True)
        assert "code" in captured


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
