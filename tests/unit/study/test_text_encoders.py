import inspect
import json
from pathlib import Path
from typing import Any

import diffusers
import pytest
import tiny_encoders
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from synthgap.embedding.clip import ClipEncoder
from synthgap.embedding.vision import VisionEncoder
from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.miniature.tokenizer import MAX_TOKENS, train_tokenizer
from synthgap.models import ModelSource
from synthgap.study import text_encoders
from synthgap.study.text_encoders import (
    T5_CONTEXT,
    TextEncoder,
    alike,
    cut_length,
    of_encoder,
    of_generator,
)
from tests.pipelines import t5_tokenizer

LONG = "zero, " * 300


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return train_tokenizer()


@pytest.fixture(scope="module")
def saved(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CLIP's tokenizer in transformers' present layout."""
    folder = tmp_path_factory.mktemp("saved")
    tokenizer.save_pretrained(folder)
    assert (folder / "tokenizer.json").is_file()
    return folder


@pytest.fixture(scope="module")
def older(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as vocab.json and merges.txt, as Stable Diffusion v1.5 has it."""
    folder = tmp_path_factory.mktemp("older")
    model = json.loads((saved / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = "\n".join(" ".join(pair) for pair in model["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n")
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 40}')
    return folder


def generator(model: ModelSource, **arguments: Any) -> DiffusersGenerator:
    return DiffusersGenerator(
        kind="diffusers",
        model=model,
        num_inference_steps=2,
        height=16,
        width=16,
        arguments=arguments,
    )


def pipeline(folder: Path, kind: str, **parts: Path | str) -> ModelSource:
    """A pipeline's folder as far as its tokenizers go: of each its class and its files."""
    index: dict[str, Any] = {"_class_name": kind}
    for name, source in parts.items():
        place = Path(source)
        index[name] = ["transformers", "T5TokenizerFast" if "t5" in place.name else "CLIPTokenizer"]
        (folder / name).symlink_to(place)
    (folder / "model_index.json").write_text(json.dumps(index))
    return ModelSource(folder=str(folder))


@pytest.mark.parametrize("layout", ["saved", "older"])
@given(text=st.text(max_size=120) | st.sampled_from(["Größe  \n 't's", LONG, "", "loop " * 37]))
def test_texts_are_read_as_transformers_reads_them(tokenizer, layout, text, request):
    folder = request.getfixturevalue(layout)
    encoder = text_encoders._open(folder, MAX_TOKENS)
    whole = tokenizer(text)["input_ids"]
    cut = tokenizer(text, truncation=True, max_length=MAX_TOKENS)["input_ids"]
    assert list(encoder.seen(text)) == cut[1:-1]
    if len(whole) > MAX_TOKENS:
        assert encoder.length(text) == (len(whole), True)
    else:
        assert encoder.length(text) is None
    assert encoder.estimate(text) >= len(whole) or encoder.estimate(text) <= MAX_TOKENS


@pytest.mark.parametrize("kind", T5_CONTEXT)
def test_the_limits_of_t5_are_those_of_diffusers(kind):
    call = inspect.signature(getattr(diffusers, kind).__call__)
    assert call.parameters["max_sequence_length"].default == T5_CONTEXT[kind]


@pytest.mark.parametrize("layout", ["saved", "older"])
def test_stable_diffusion_cuts_at_its_tokenizers_limit(layout, request, tmp_path):
    folder = request.getfixturevalue(layout)
    encoders = of_generator(generator(pipeline(tmp_path, "X", tokenizer=folder)), "results")
    assert [encoder.limit for encoder in encoders] == [40]
    length, limit = cut_length(encoders, ["a crane", LONG]) or (None, None)
    assert length == (602, True)
    assert limit == 40
    assert cut_length(encoders, ["a crane"]) is None


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("t5")
    t5_tokenizer().save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("kind", "arguments", "limit"),
    [
        ("StableDiffusion3Pipeline", {}, 256),
        ("FluxPipeline", {}, 512),
        ("FluxPipeline", {"max_sequence_length": 256}, 256),
    ],
)
def test_the_longest_limit_decides_what_reaches_a_pipeline(
    kind, arguments, limit, saved, t5, tmp_path
):
    model = pipeline(tmp_path, kind, tokenizer=saved, tokenizer_2=t5)
    encoders = of_generator(generator(model, **arguments), "results")
    assert [encoder.limit for encoder in encoders] == [40, limit]
    long = "a crane " * 28
    assert len(AutoTokenizer.from_pretrained(t5)(long)["input_ids"]) < limit
    assert encoders[0].length(long) is not None
    assert cut_length(encoders, [long]) is None
    assert not alike(encoders, long + "x", long + "y")
    # What CLIP does not read, the T5 does.
    assert alike(encoders[:1], long + "x", long + "y")
    assert cut_length(encoders, [LONG * 3])[1] == limit  # type: ignore[index]
    assert alike(encoders, LONG * 3 + "x", LONG * 3 + "y")


@pytest.mark.parametrize("kind", ["IFPipeline", "UnheardOfPipeline"])
def test_of_an_encoder_without_a_known_limit_nothing_is_said(kind, saved, t5, tmp_path):
    model = pipeline(tmp_path, kind, tokenizer=saved, tokenizer_2=t5)
    assert of_generator(generator(model), "results") == ()


@pytest.mark.parametrize("name", ["clip", "siglip", "siglip2"])
def test_the_limit_of_an_encoder_is_the_one_that_it_is_used_with(name, tmp_path):
    model = ModelSource(folder=str(getattr(tiny_encoders, name)(tmp_path)))
    (encoder,) = of_encoder(ClipEncoder(kind="clip", model=model), "results")
    assert encoder.limit == tiny_encoders.CONTEXT
    assert encoder.tokenizer is not None
    assert encoder.length("loop " * 60) is not None
    assert encoder.length("loop") is None


def test_a_limit_left_to_transformers_default_is_known(saved, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "siglip", "text_config": {}}')
    (tmp_path / "tokenizer.json").symlink_to(saved / "tokenizer.json")
    model = ModelSource(folder=str(tmp_path))
    assert of_encoder(ClipEncoder(kind="clip", model=model), "r")[0].limit == 64
    # Gemma's tokenizer knows none and says so by a number of this size.
    (tmp_path / "tokenizer_config.json").write_text('{"model_max_length": 1e30}')
    assert of_encoder(ClipEncoder(kind="clip", model=model), "r")[0].limit == 64


def test_an_encoder_of_images_alone_reads_no_texts(saved):
    model = ModelSource(folder=str(saved))
    assert of_encoder(VisionEncoder(kind="vision", model=model), "results") == ()


def test_of_a_model_that_is_not_here_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    model = ModelSource(repository="owner/name", revision="0" * 40)
    assert of_encoder(ClipEncoder(kind="clip", model=model), "results") == ()
    assert of_generator(generator(model), "results") == ()
    assert cut_length((), [LONG]) is None
    assert not alike((), LONG + "x", LONG + "y")
    assert alike((), LONG, LONG)


def test_a_model_in_the_hubs_cache_is_found(saved, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--owner--name/snapshots" / ("0" * 40)
    folder.mkdir(parents=True)
    pipeline(folder, "StableDiffusionPipeline", tokenizer=saved)
    model = ModelSource(repository="owner/name", revision="0" * 40)
    assert [encoder.limit for encoder in of_generator(generator(model), "results")] == [40]


def test_an_untrained_miniature_is_known_by_its_words(tmp_path):
    model = ModelSource(miniature="stable-diffusion")
    (encoder,) = of_generator(generator(model), str(tmp_path))
    assert encoder.length("loop " * 38) is None
    assert encoder.length("loop " * 39) == (41, False)
    (other,) = of_encoder(
        ClipEncoder(kind="clip", model=ModelSource(miniature="clip")), str(tmp_path)
    )
    assert other.limit == MAX_TOKENS
    assert alike((encoder,), "loop " * 50 + "x", "loop " * 50 + "y")
    assert not alike((encoder,), "loop " * 30 + "x", "loop " * 30 + "y")


def test_a_trained_miniature_has_its_tokenizer(tmp_path, saved):
    folder = tmp_path / "models" / "stable-diffusion"
    folder.mkdir(parents=True)
    pipeline(folder, "StableDiffusionPipeline", tokenizer=saved)
    (encoder,) = of_generator(generator(ModelSource(miniature="stable-diffusion")), str(tmp_path))
    assert encoder.length("zero, " * 20) == (42, True)


@pytest.mark.parametrize("broken", ["", "{}", '{"model": 3}', "[1]"])
def test_a_broken_tokenizer_is_left_to_the_job(broken, tmp_path):
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer/tokenizer.json").write_text(broken)
    (tmp_path / "tokenizer/tokenizer_config.json").write_text('{"model_max_length": 77}')
    index = {"_class_name": "X", "tokenizer": ["transformers", "CLIPTokenizer"]}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    (encoder,) = of_generator(generator(ModelSource(folder=str(tmp_path))), "results")
    assert encoder.tokenizer is None
    assert encoder.length("a " * 80) == (82, False)


def test_texts_that_differ_in_case_alone_are_alike_for_clip(saved, t5):
    clip = TextEncoder(40, text_encoders._open(saved, 40).tokenizer)
    assert alike((clip,), "Zero, one  loop", "zero, One loop")
    assert not alike((clip,), "zero, one loop", "zero, two loop")
    assert not alike((text_encoders._open(t5, 40),), "a crane, A", "a crane, a")
