"""Guidance in an interval and annealed conditions, on random pipelines of the real classes."""

import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, StableDiffusionPipeline
from pydantic import ValidationError

from synthgap import models, seeds
from synthgap.errors import InputError
from synthgap.generation.annealing import annealed
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.guidance import ConditionAnnealing, GuidanceInterval
from synthgap.generation.noise_levels import NoiseLevels
from synthgap.generation.pictures import Picture, Request
from synthgap.models import Checkpoint
from tests import pipelines
from tests.pipelines import ARGUMENTS, WORDS

STEPS = 6
REQUESTS = [Request(WORDS[number % 3], number) for number in range(4)]
GUIDED = ["sd", "sdxl", "sd3", "pixart"]

EVERYWHERE: dict[str, Any] = {"guidance_interval": {}}
NOWHERE: dict[str, Any] = {"guidance_interval": {"up_to": 1e-6}}
LATE: dict[str, Any] = {"guidance_interval": {"up_to": 1.0}}
ANNEALED: dict[str, Any] = {
    "condition_annealing": {"tau1": 0.3, "tau2": 0.7, "noise_scale": 0.5, "mixing": 0.9}
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("guided")
    return {family: pipelines.save(family, root / family) for family in [*GUIDED, "flux"]}


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    yield
    models.release()


def make(
    folder: Path, scale: float = 7.5, requests: list[Request] = REQUESTS, **spec: Any
) -> np.ndarray:
    known = {
        "num_inference_steps": STEPS,
        "height": 16,
        "width": 16,
        "model": {"folder": "x"},
        "arguments": ARGUMENTS.get(folder.name, {}),
    }
    generator = DiffusersGenerator(kind="diffusers", **{**known, **spec})
    made = generator.images(Checkpoint(str(folder), None, "f"), scale, requests, threads=1)
    return levels(list(made))


def levels(made: list[Picture]) -> np.ndarray:
    return np.stack([picture.pixels for picture in made]).astype(int)


def same_but_for_rounding(one: np.ndarray, other: np.ndarray) -> bool:
    """By one of 256 levels at most, in fewer than one value of a thousand."""
    difference = np.abs(one - other)
    return bool(difference.max() <= 1 and np.mean(difference > 0) < 1e-3)


class TestInterval:
    """Between plain guidance and none."""

    @pytest.mark.parametrize("family", GUIDED)
    def test_of_all_levels_is_plain_guidance(self, family, folders):
        assert np.array_equal(make(folders[family], **EVERYWHERE), make(folders[family]))

    @pytest.mark.parametrize("family", GUIDED)
    def test_of_no_level_is_no_guidance(self, family, folders):
        without = make(folders[family], scale=1)
        assert same_but_for_rounding(make(folders[family], **NOWHERE), without)
        assert not same_but_for_rounding(make(folders[family]), without)

    @pytest.mark.parametrize("scheduler", ["DDIMScheduler", "EulerDiscreteScheduler"])
    @pytest.mark.parametrize("rescale", [0.0, 0.7])
    def test_is_what_a_loop_written_by_hand_gives(self, scheduler, rescale, folders):
        """Also of the first step, which a callback of diffusers comes too late for."""
        for interval in ({"above": 0.5, "up_to": 5.0}, {"up_to": 5.0}, {"above": 0.5}):
            spec = {
                "guidance_interval": interval,
                "scheduler": scheduler,
                "arguments": {"guidance_rescale": rescale},
            }
            made = make(folders["sd"], batch_size=1, **spec)
            expected, guided = by_hand(folders["sd"], scheduler, interval, rescale)
            assert same_but_for_rounding(made, expected)
            assert guided[0] is ("up_to" not in interval)
            assert guided[-1] is ("above" not in interval)
            assert set(guided) == {False, True}

    def test_goes_on_without_the_rows_that_it_does_not_need(self, folders, monkeypatch):
        rows: list[int] = []
        forward = diffusers.UNet2DConditionModel.forward

        @functools.wraps(forward)
        def counting(module: Any, *args: Any, **kwargs: Any) -> Any:
            rows.append(len(kwargs["sample"]))
            return forward(module, *args, **kwargs)

        monkeypatch.setattr(diffusers.UNet2DConditionModel, "forward", counting)
        make(folders["sd"], batch_size=4, **LATE)
        assert rows == sorted(rows)
        assert set(rows) == {4, 8}

    def test_has_no_effect_without_guidance(self, folders):
        assert np.array_equal(make(folders["sd"], 1, **LATE), make(folders["sd"], 1))

    @pytest.mark.long
    def test_is_there_when_the_denoiser_is_compiled(self, folders, monkeypatch):
        """Captured as for the real back end, which takes a minute to generate code."""
        whole, code = torch.nn.Module.compile, []

        def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
            code.append(graph)
            return graph.forward

        torch._dynamo.reset()
        monkeypatch.setattr(
            torch.nn.Module,
            "compile",
            lambda module, **options: whole(module, backend=backend, **options),
        )
        spec = {**LATE, **ANNEALED, "batch_size": 4}
        assert same_but_for_rounding(
            make(folders["sd"], compile=True, **spec), make(folders["sd"], **spec)
        )
        assert code


def by_hand(
    folder: Path, scheduler: str, interval: dict[str, float], rescale: float
) -> tuple[np.ndarray, list[bool]]:
    """Images of a loop that guides where the scheduler's own sigma lies in the interval."""
    pipeline = StableDiffusionPipeline.from_pretrained(folder)
    own = getattr(diffusers, scheduler).from_config(pipeline.scheduler.config)
    # Euler's sigmas, which no other scheduler has, are those of the whole trained schedule.
    reference = EulerDiscreteScheduler.from_config(own.config)
    sigmas = np.asarray(((1 - reference.alphas_cumprod) / reference.alphas_cumprod) ** 0.5)
    images, guided = [], []
    for prompt, seed in REQUESTS:
        own.set_timesteps(STEPS)
        embeds, negative = pipeline.encode_prompt(prompt, "cpu", 1, True)
        noise = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(seed))
        latents = noise * own.init_noise_sigma
        guided = []
        for step in own.timesteps:
            seen = own.scale_model_input(latents, step)
            sigma = float(np.interp(float(step), np.arange(len(sigmas)), sigmas))
            guided.append(interval.get("above", 0) < sigma <= interval.get("up_to", math.inf))
            with torch.no_grad():
                if guided[-1]:
                    both = torch.cat([negative, embeds])
                    uncond, cond = pipeline.unet(torch.cat([seen] * 2), step, both).sample.chunk(2)
                    found = uncond + 7.5 * (cond - uncond)
                else:
                    found = pipeline.unet(seen, step, embeds).sample
            if rescale and guided[-1]:
                factor = cond.std() / found.std()
                found = rescale * factor * found + (1 - rescale) * found
            extra = {} if scheduler == "DDIMScheduler" else {"generator": None}
            latents = own.step(found, step, latents, **extra).prev_sample
        with torch.no_grad():
            decoded = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
        images.append((decoded[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).mul(255).round().int())
    return np.stack(images).astype(int), guided


class TestNoiseLevels:
    """Against what the schedulers of diffusers themselves have."""

    @pytest.mark.parametrize("karras", [False, True])
    def test_are_the_sigmas_of_euler(self, karras):
        scheduler = EulerDiscreteScheduler(beta_schedule="scaled_linear", use_karras_sigmas=karras)
        scheduler.set_timesteps(20)
        found = [NoiseLevels(scheduler).level(float(step)) for step in scheduler.timesteps]
        # Euler's timesteps are in float32, and its own sigmas linear between them.
        assert np.allclose(found, scheduler.sigmas[:-1], rtol=2e-3)
        assert found == sorted(found, reverse=True)

    def test_of_flow_matching_are_ratios_of_its_weights(self):
        scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3)
        scheduler.set_timesteps(10)
        levels_of = NoiseLevels(scheduler)
        sigmas = scheduler.sigmas[:-1].double()
        for step, sigma in zip(scheduler.timesteps, sigmas, strict=True):
            expected = sigma / (1 - sigma) if sigma < 1 else math.inf
            assert levels_of.level(float(step)) == pytest.approx(float(expected), rel=1e-4)

    def test_are_infinite_where_nothing_of_the_image_is_left(self):
        scheduler = DDIMScheduler(rescale_betas_zero_snr=True)
        assert NoiseLevels(scheduler).level(999) > 1e3
        assert NoiseLevels(scheduler).level(998.5) > NoiseLevels(scheduler).level(998)

    def test_are_refused_where_a_scheduler_has_none(self, folders):
        with pytest.raises(InputError, match="does not tell its noise levels") as caught:
            make(folders["sd"], scheduler="KarrasVeScheduler", **LATE)
        assert "\n" not in str(caught.value)


class TestAnnealing:
    """Against the formulas of the paper, and each image by itself."""

    def test_puts_mean_and_deviation_back(self):
        before = 3 + 2 * torch.randn((5, 7, 11), generator=torch.Generator().manual_seed(0))
        for share in (0.0, 0.3, 0.9):
            after = annealed(before, share, 0.25, 1.0, draws())
            for one, other in zip(before, after, strict=True):
                assert other.mean() == pytest.approx(float(one.mean()), abs=1e-5)
                assert other.std() == pytest.approx(float(one.std()), rel=1e-5)

    def test_mixes_with_noise_as_the_variances_say(self):
        """Of a zero embedding only noise is left, of a large one its share."""
        zeros, share, scale = torch.zeros((5, 100, 100)), 0.36, 0.25
        noise = annealed(zeros, share, scale, 0.0, draws())
        assert noise.std() == pytest.approx(scale * 0.8, rel=0.01)
        assert noise.mean() == pytest.approx(0, abs=0.01)
        ones = annealed(zeros + 1, share, scale, 0.0, draws())
        assert torch.allclose(ones - noise, torch.tensor(0.6), atol=1e-6)

    def test_mixing_lies_between_its_ends(self):
        before = torch.randn((5, 7, 11), generator=torch.Generator().manual_seed(0))
        none, half, whole = (annealed(before, 0.5, 2, mixing, draws()) for mixing in (0, 0.5, 1))
        assert torch.allclose(half, (none + whole) / 2, atol=1e-6)
        assert not torch.allclose(none, whole, atol=0.1)

    def test_with_hardly_any_noise_changes_nothing(self):
        before = torch.randn((5, 7, 11), generator=torch.Generator().manual_seed(0))
        assert torch.allclose(annealed(before, 0.5, 1e-9, 1.0, draws()), before, atol=1e-6)

    @pytest.mark.parametrize("family", GUIDED)
    def test_that_never_begins_changes_nothing(self, family, folders):
        never = {"tau1": 1, "tau2": 1, "noise_scale": 0.5}
        assert np.array_equal(
            make(folders[family], condition_annealing=never), make(folders[family])
        )

    @pytest.mark.parametrize("family", GUIDED)
    @pytest.mark.parametrize("scale", [1.0, 7.5])
    def test_of_an_image_does_not_depend_on_its_batch(self, family, scale, folders):
        alone = make(folders[family], scale, batch_size=1, **ANNEALED)
        assert not same_but_for_rounding(alone, make(folders[family], scale, batch_size=1))
        together = make(folders[family], scale, batch_size=4, **ANNEALED)
        assert same_but_for_rounding(together, alone)
        last = make(folders[family], scale, requests=REQUESTS[-1:], **ANNEALED)
        assert np.array_equal(last, alone[-1:])

    @pytest.mark.parametrize(
        ("family", "names"),
        [
            ("sd", {"encoder_hidden_states"}),
            ("sdxl", {"encoder_hidden_states", "text_embeds"}),
            ("sd3", {"encoder_hidden_states", "pooled_projections"}),
            ("pixart", {"encoder_hidden_states"}),
        ],
    )
    def test_changes_what_says_the_prompt_and_only_with_it(self, family, names, folders, given):
        """While the embedding is all noise, in part, and not at all any more."""
        make(folders[family], batch_size=4)
        plain, annealed_ones = given[:STEPS], []
        make(folders[family], batch_size=4, **ANNEALED)
        annealed_ones = given[-STEPS:]
        changed = [
            {
                name
                for name, before in one.items()
                if name not in ("sample", "hidden_states")
                and not torch.equal(before[4:], other[name][4:])
            }
            for one, other in zip(plain, annealed_ones, strict=True)
        ]
        assert changed[0] == names
        assert changed[-1] == set()
        for one, other in zip(plain, annealed_ones, strict=True):
            for name in names:
                assert torch.equal(one[name][:4], other[name][:4])

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
    @pytest.mark.parametrize("family", GUIDED)
    def test_works_in_half_precision(self, family, dtype, folders):
        spec = {**ANNEALED, **LATE, "requests": REQUESTS[:2]}
        difference = make(folders[family], dtype=dtype, **spec) - make(folders[family], **spec)
        # Rounding of bfloat16 is one part in 256; steps and guidance multiply it.
        assert np.mean(np.abs(difference)) < 16

    def test_draws_other_noise_in_each_step_and_for_each_image(self, folders, given):
        request = Request(WORDS[0], 1)
        make(folders["sd"], requests=[request, request._replace(seed=2)], **ANNEALED)
        first, second = (each["encoder_hidden_states"][2:] for each in given[:2])
        assert not torch.allclose(first[0], first[1], atol=0.1)
        assert not torch.allclose(first[0], second[0], atol=0.1)


def draws() -> list[np.random.Generator]:
    return [seeds.generator("test", number) for number in range(5)]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, torch.Tensor]]:
    """The tensors that a denoiser gets in each step, with a row an image."""
    found: list[dict[str, torch.Tensor]] = []
    for denoiser in (
        diffusers.UNet2DConditionModel,
        diffusers.SD3Transformer2DModel,
        diffusers.PixArtTransformer2DModel,
    ):

        @functools.wraps(denoiser.forward)
        def noting(module: Any, *args: Any, whole: Any = denoiser.forward, **kwargs: Any) -> Any:
            everything = {**kwargs, **(kwargs.get("added_cond_kwargs") or {})}
            found.append(
                {
                    name: value.clone()
                    for name, value in everything.items()
                    if isinstance(value, torch.Tensor) and value.dim() > 1
                }
            )
            return whole(module, *args, **kwargs)

        monkeypatch.setattr(denoiser, "forward", noting)
    return found


class TestRefused:
    """Each in one line that says what would be right."""

    @pytest.mark.parametrize("spec", [LATE, ANNEALED])
    def test_a_pipeline_that_guides_otherwise(self, spec, folders):
        with pytest.raises(InputError, match="FluxPipeline does not work with") as caught:
            make(folders["flux"], **spec)
        assert next(iter(spec)) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_model_that_has_learned_its_guidance(self, tmp_path):
        """Its denoiser is told the scale, and called with one row an image."""
        pipeline = pipelines.stable_diffusion()
        told = pipelines.unet(time_cond_proj_dim=8)
        StableDiffusionPipeline(
            **{**pipeline.components, "unet": told}, requires_safety_checker=False
        ).save_pretrained(tmp_path / "sd")
        with pytest.raises(InputError, match="does not guide as guidance_interval needs it"):
            make(tmp_path / "sd", **LATE)

    @pytest.mark.parametrize(
        ("kind", "values", "words"),
        [
            (GuidanceInterval, {"above": 2, "up_to": 2}, "leave no noise level between them"),
            (GuidanceInterval, {"above": -1}, "greater than or equal to 0"),
            (GuidanceInterval, {"up_to": math.inf}, "finite number"),
            (ConditionAnnealing, {"tau1": 0.8, "tau2": 0.6, "noise_scale": 1}, "at most tau2"),
            (ConditionAnnealing, {"tau1": 0, "tau2": 1.1, "noise_scale": 1}, "equal to 1"),
            (ConditionAnnealing, {"tau1": 0, "tau2": 1, "noise_scale": 0}, "greater than 0"),
            (ConditionAnnealing, {"tau1": 0, "tau2": 1}, "Field required"),
        ],
    )
    def test_values(self, kind, values, words):
        with pytest.raises(ValidationError, match=words):
            kind(**values)


def test_a_generator_without_these_keys_is_as_before():
    spec = {"num_inference_steps": 4, "height": 16, "width": 16, "model": {"folder": "x"}}
    plain = DiffusersGenerator(kind="diffusers", **spec)
    for key in ("guidance_interval", "condition_annealing"):
        assert key not in plain.params()
        assert key not in plain.deciding()
    late = DiffusersGenerator(kind="diffusers", **spec, **LATE)
    assert late.params()["guidance_interval"] == {"above": 0.0, "up_to": 1.0}
    assert late.deciding()["guidance_interval"] == {"above": 0.0, "up_to": 1.0}
