"""An encoder is found in a folder or in the hub's cache, and its kind by its config."""

import json
from pathlib import Path

import pytest
import tiny_encoders
from huggingface_hub import constants

from synthgap.command_line.encoders import BASE, LARGE, chosen
from synthgap.errors import InputError
from synthgap.study.names import NOT_ENCODERS, check_names

COMMIT = "0123456789" * 4


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no network."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def cached(cache: Path, repository: str, commit: str, **config: object) -> None:
    """What `hf download` leaves."""
    place = cache / f"models--{repository.replace('/', '--')}"
    (place / "snapshots" / commit).mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs/main").write_text(commit)
    (place / "snapshots" / commit / "config.json").write_text(json.dumps(config))
    (place / "snapshots" / commit / "model.safetensors").touch()


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (tiny_encoders.clip, "clip"),
        (tiny_encoders.siglip, "clip"),
        (tiny_encoders.siglip2, "clip"),
        (tiny_encoders.dinov2, "vision"),
        (tiny_encoders.dinov3, "vision"),
        (tiny_encoders.vit_with_classifier, "vision"),
    ],
)
def test_a_folder_says_its_kind(tmp_path: Path, make, kind: str):
    made = make(tmp_path / "my model")
    found = chosen(str(made), tmp_path)
    assert (found.kind, found.model) == (kind, {"folder": "my model"})
    assert found.name == ("clip" if kind == "clip" else "my-model")


@pytest.mark.parametrize("name", [*NOT_ENCODERS, "Images", "measures.png"])
def test_an_encoder_is_called_as_a_study_allows(tmp_path: Path, name: str):
    found = chosen(str(tiny_encoders.dinov2(tmp_path / name)), tmp_path)
    assert found.name == "vision"
    check_names("encoders", [found.name], NOT_ENCODERS, folders=True)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no config.json"),
        ({"config.json": "{}"}, "holds no weights"),
        ({"config.json": "{", "model.safetensors": ""}, "its config.json cannot be read"),
        (
            {"config.json": '{"model_type": "bert"}', "model.safetensors": ""},
            "a model of the type bert embeds no images",
        ),
    ],
)
def test_a_folder_that_is_none_is_one_line(tmp_path: Path, files: dict[str, str], said: str):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=said):
        chosen(str(tmp_path), tmp_path)


def test_the_default_is_the_pinned_clip_of_the_cache(tmp_path: Path, cache: Path):
    cached(cache, BASE, COMMIT)
    found = chosen(None, tmp_path)
    assert found.model == {"repository": BASE, "revision": COMMIT}
    cached(cache, *LARGE)
    assert chosen(None, tmp_path).model == {"repository": LARGE[0], "revision": LARGE[1]}


def test_a_download_that_was_ended_is_no_default(tmp_path: Path, cache: Path):
    cached(cache, *LARGE)
    (weights,) = cache.rglob("model.safetensors")
    weights.unlink()
    with pytest.raises(InputError, match="no encoder"):
        chosen(None, tmp_path)


def test_without_cache_and_network_one_line_says_what_to_fetch(tmp_path: Path):
    with pytest.raises(InputError) as raised:
        chosen(None, tmp_path)
    line = str(raised.value)
    assert "\n" not in line
    assert f"`hf download {LARGE[0]} --revision {LARGE[1]} " in line
    assert "name with --encoder a folder" in line


@pytest.mark.parametrize("revision", ["", "@main", f"@{COMMIT}"])
def test_a_repository_is_pinned_at_what_the_cache_holds(tmp_path: Path, cache: Path, revision: str):
    cached(cache, "facebook/dinov2-base", COMMIT, image_size=518)
    found = chosen(f"facebook/dinov2-base{revision}", tmp_path)
    assert found.model == {"repository": "facebook/dinov2-base", "revision": COMMIT}
    assert (found.name, found.kind) == ("dinov2-base", "vision")


def test_a_repository_out_of_reach_is_one_line(tmp_path: Path):
    with pytest.raises(InputError, match="hf download some/model --include"):
        chosen("some/model", tmp_path)


@pytest.mark.parametrize("given", ["nowhere", "./no/where", "/no/where", "a/b/c"])
def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path, given: str):
    with pytest.raises(InputError, match="no such folder"):
        chosen(given, tmp_path)
