"""Perturbed-attention guidance: the pipelines of diffusers that have it, on random weights."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from pydantic import ValidationError

from synthgap import models
from synthgap.errors import InputError
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.pictures import Request
from synthgap.models import Checkpoint
from tests import pipelines
from tests.pipelines import ARGUMENTS, WORDS

STEPS = 4
REQUESTS = [Request(WORDS[number % 3], number) for number in range(4)]
LAYERS = {"sd": ["mid"], "sdxl": ["mid", "down_blocks.1"], "sd3": ["blocks.1"]}
KNOWN: dict[str, Any] = {
    "num_inference_steps": STEPS,
    "height": 16,
    "width": 16,
    "model": {"folder": "x"},
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("perturbed")
    return {family: pipelines.save(family, root / family) for family in [*LAYERS, "pixart"]}


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    yield
    models.release()


def make(folder: Path, scale: float = 7.5, layers: Any = None, **spec: Any) -> np.ndarray:
    perturbed = {"pag_scale": 3.0, "pag_applied_layers": layers} if layers else {}
    arguments = ARGUMENTS.get(folder.name, {})
    generator = DiffusersGenerator(
        kind="diffusers", **{**KNOWN, "arguments": arguments, **perturbed, **spec}
    )
    made = generator.images(Checkpoint(str(folder), None, "f"), scale, REQUESTS, threads=1)
    return np.stack([picture.pixels for picture in made]).astype(int)


@pytest.mark.parametrize("family", LAYERS)
@pytest.mark.parametrize("scale", [1.0, 7.5])
def test_images_are_those_of_the_pipeline_of_diffusers(family, scale, folders):
    pipeline = diffusers.AutoPipelineForText2Image.from_pretrained(
        folders[family], enable_pag=True, pag_applied_layers=LAYERS[family]
    )
    expected = [
        pipeline(
            request.prompt,
            generator=torch.Generator().manual_seed(request.seed),
            num_inference_steps=STEPS,
            height=16,
            width=16,
            guidance_scale=scale,
            pag_scale=3.0,
            **ARGUMENTS.get(family, {}),
        ).images[0]
        for request in REQUESTS
    ]
    made = make(folders[family], scale, LAYERS[family], batch_size=1)
    assert np.array_equal(made, np.stack([np.asarray(image) for image in expected]))
    assert not np.array_equal(made, make(folders[family], scale, batch_size=1))


@pytest.mark.parametrize("scale", [1.0, 7.5])
def test_the_batch_changes_nothing_beyond_rounding(scale, folders):
    alone, together = (
        make(folders["sd"], scale, ["mid"], batch_size=size) for size in (1, len(REQUESTS))
    )
    assert np.abs(alone - together).max() <= 1
    assert np.mean(alone != together) < 1e-3


def test_guidance_in_an_interval_goes_with_it(folders):
    """Of no level it is perturbed attention alone, of all of them both."""
    layers = ["mid"]
    nowhere = make(folders["sd"], 7.5, layers, guidance_interval={"up_to": 1e-6})
    alone = make(folders["sd"], 1, layers)
    assert np.abs(nowhere - alone).max() <= 1
    assert np.mean(nowhere != alone) < 1e-3
    both = make(folders["sd"], 7.5, layers)
    assert np.array_equal(make(folders["sd"], 7.5, layers, guidance_interval={}), both)
    assert np.abs(both - alone).max() > 1


def test_the_rows_that_are_perturbed_have_the_noise_of_their_image(folders, monkeypatch):
    found: list[torch.Tensor] = []
    forward = diffusers.UNet2DConditionModel.forward

    @functools.wraps(forward)
    def noting(module: Any, *args: Any, **kwargs: Any) -> Any:
        found.append(kwargs["encoder_hidden_states"])
        return forward(module, *args, **kwargs)

    monkeypatch.setattr(diffusers.UNet2DConditionModel, "forward", noting)
    annealing = {"tau1": 0.3, "tau2": 0.7, "noise_scale": 0.5}
    make(folders["sd"], 7.5, ["mid"], batch_size=4, condition_annealing=annealing)
    for step in (0, -1):
        assert torch.equal(found[step][4:8], found[step][8:])
    assert not torch.equal(found[0][4:], found[-1][4:])
    assert torch.equal(found[0][:4], found[-1][:4])


@pytest.mark.parametrize(
    ("family", "spec", "words"),
    [
        ("pixart", {"layers": ["blocks.1"]}, "has no perturbed-attention guidance for it"),
        ("sd", {"layers": ["nowhere"]}, "Cannot find PAG layer"),
        ("sd", {"arguments": {"pag_adaptive_scale": 1.0}}, "takes no pag_adaptive_scale"),
    ],
)
def test_what_a_pipeline_cannot_do_is_one_line(family, spec, words, folders):
    with pytest.raises(InputError, match=words) as caught:
        make(folders[family], **spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"pag_scale": 3}, "go together"),
        ({"pag_applied_layers": ["mid"]}, "go together"),
        ({"pag_scale": 3, "pag_applied_layers": []}, "at least 1"),
        ({"pag_scale": 0, "pag_applied_layers": ["mid"]}, "greater than 0"),
        ({"pag_scale": 3, "pag_applied_layers": ["mid("]}, "is no regular expression"),
        ({"arguments": {"pag_scale": 3}}, "pag_scale is set by synthgap"),
    ],
)
def test_values_that_are_wrong_are_refused(spec, words):
    with pytest.raises(ValidationError, match=words):
        DiffusersGenerator(kind="diffusers", **{**KNOWN, **spec})


def test_a_generator_without_it_is_as_before():
    plain = DiffusersGenerator(kind="diffusers", **KNOWN)
    assert not {"pag_scale", "pag_applied_layers"} & {*plain.params(), *plain.deciding()}
