import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synthgap.errors import InputError
from synthgap.miniature.tokenizer import train_tokenizer
from synthgap.study.notices import notices
from synthgap.study.parsing import parse_study, read_yaml

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")
TINY["images_per_class"] = 20
TINY["natural"] = {"kind": "digits", "train_per_class": 20, "val_per_class": 20}
TINY["measures"]["n"] = 20

BASE = {"generator": "stable-diffusion", "guidance_scale": 7.5}
LONG = "loop, " + "very long, " * 300


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(change: Callable[[dict[str, Any]], object], trained: bool = False) -> list[str]:
    """The notices on the tiny study after a change, before or after its miniature is trained."""
    data = copy.deepcopy(TINY)
    change(data)
    if trained:
        for name in ("clip", "stable-diffusion/tokenizer"):
            train_tokenizer().save_pretrained(f"results/models/{name}")
        Path("results/models/stable-diffusion/model_index.json").write_text(
            '{"tokenizer": ["transformers", "CLIPTokenizer"]}'
        )
        Path("results/models/clip/config.json").write_text('{"model_type": "clip"}')
    found = notices(parse_study(data, "study.yaml"))
    assert all(line.isprintable() for line in found)
    return found


def template(text: str) -> dict[str, Any]:
    return {"kind": "template", "template": text}


def recipes(**texts: str) -> Callable[[dict[str, Any]], None]:
    """Let a study consist of a variant a template, all else alike."""

    def change(data: dict[str, Any]) -> None:
        data["prompts"] = {name: template(text) for name, text in texts.items()}
        data["variants"] = {name: {**BASE, "prompts": name} for name in texts}
        data["training_sets"] = {"natural": ["natural-train"]}

    return change


@pytest.mark.parametrize(
    "file", [*sorted((ROOT / "config").glob("[!i]*.yaml")), ROOT / "tests/studies/tiny.yaml"]
)
def test_of_the_projects_own_studies_little_is_said(file):
    found = notices(parse_study(read_yaml(file), file.name))
    assert [line for line in found if not line.startswith("measures.n: 6 images")] == []


def test_a_cut_prompt_is_said_with_recipe_class_tokens_and_limit():
    found = said(recipes(a=LONG, b="{name}"))
    assert found == [
        "prompts.a: 3 of 3 classes have prompts that are too long for generators.stable-diffusion "
        "and encoders.clip: the longest, of digit-0, has at least 603 tokens, the limit is 40, and "
        "what is beyond is cut off"
    ]


def test_it_is_exact_once_the_tokenizer_is_there():
    found = said(recipes(a="{name}, " + "zero, " * 450), trained=True)
    assert "has 904 tokens, the limit is 40" in found[0]


def test_prompts_of_some_classes_are_counted():
    def change(data: dict[str, Any]) -> None:
        recipes(a="{name}, {definition}")(data)
        data["classes"][1]["definition"] = LONG

    (line,) = said(change)
    assert line.startswith("prompts.a: 1 of 3 classes have prompts that are too long for")
    assert "the longest, of digit-6," in line


@pytest.mark.parametrize("trained", [False, True])
def test_variants_with_equal_effective_prompts_are_named(trained):
    found = said(recipes(a=LONG + "{name}", b=LONG + "{class_id}"), trained)
    assert [line for line in found if "too long" not in line] == [
        "variants.a and variants.b: identical images in every class, since generator and "
        "guidance_scale are the same, and so is what the generator reads of their prompts",
        "prompts.a and prompts.b: encoders.clip does not tell them apart in every class; it reads "
        "the same of both",
    ]


def test_the_classes_are_named_where_it_is_some():
    def change(data: dict[str, Any]) -> None:
        recipes(a="{name}", b="{definition}")(data)
        data["classes"][1]["definition"] = "Loop"

    found = said(change, trained=True)
    assert len(found) == 2
    assert found[0].startswith("variants.a and variants.b: identical images in digit-6, since")
    assert found[1].startswith("prompts.a and prompts.b: encoders.clip does not tell them apart in")


def test_a_variant_written_twice_is_named():
    (line,) = said(lambda data: data["variants"].update(again=data["variants"]["disamb"]))
    assert line.startswith("variants.disamb and variants.again: identical images in every class")


def test_generators_with_the_same_settings_are_the_same():
    def change(data: dict[str, Any]) -> None:
        data["generators"]["copy"] = {**data["generators"]["stable-diffusion"], "batch_size": 2}
        data["variants"]["again"] = {**data["variants"]["disamb"], "generator": "copy"}

    (line,) = said(change)
    assert line.startswith("variants.disamb and variants.again: identical images")


@pytest.mark.parametrize(
    "changed",
    [
        {"guidance_scale": 2},
        {"prompts": "classname"},
        {"generator": "other"},
    ],
)
def test_variants_that_differ_in_anything_are_not_named(changed):
    def change(data: dict[str, Any]) -> None:
        spec = data["generators"]["stable-diffusion"]
        data["generators"]["other"] = {**spec, "num_inference_steps": 3}
        data["variants"]["again"] = {**data["variants"]["disamb"], **changed}

    assert said(change) == []


def test_contexts_that_take_turns_are_compared_by_image():
    def change(data: dict[str, Any]) -> None:
        recipes(a="{name}", b="{name}")(data)
        data["prompts"]["b"] = {"kind": "contexts", "template": "{name}", "contexts": contexts}

    contexts = ["{prompt}", "{prompt}", "{prompt}, tall"]
    assert said(change) == []
    contexts = ["{prompt}", "{prompt}"]
    assert "identical images in every class" in said(change)[0]


def negative(guidance: float, **spec: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        data["generators"]["stable-diffusion"].update(negative_prompt="blur", **spec)
        data["variants"]["disamb"]["guidance_scale"] = guidance

    return change


def test_a_negative_prompt_without_guidance_is_said_to_have_no_effect():
    assert said(negative(1)) == [
        "variants.disamb: guidance_scale 1 switches guidance off, and so the negative_prompt of "
        "generators.stable-diffusion has no effect"
    ]
    assert said(negative(1.5)) == []
    assert said(negative(1, arguments={"true_cfg_scale": 4.0})) == []


@pytest.mark.parametrize(
    ("key", "spec"),
    [
        ("guidance_interval", {"guidance_interval": {"up_to": 2}}),
        ("guidance_rescale", {"arguments": {"guidance_rescale": 0.7}}),
    ],
)
def test_what_changes_guidance_is_said_to_have_no_effect_without_it(key, spec):
    def change(guidance: float) -> Callable[[dict[str, Any]], None]:
        def changed(data: dict[str, Any]) -> None:
            data["generators"]["other"] = {**data["generators"]["stable-diffusion"], **spec}
            data["variants"]["disamb"].update(generator="other", guidance_scale=guidance)

        return changed

    assert said(change(1)) == [
        f"variants.disamb: guidance_scale 1 switches guidance off, and so the {key} of "
        "generators.other has no effect"
    ]
    assert said(change(2.5)) == []


def test_few_images_are_said_to_be_few():
    (line,) = said(lambda data: data["measures"].update(n=9))
    assert line.startswith("measures.n: 9 images a class are too few for some measures")
    assert "stay empty: 20-NN accuracy (from n = 11 on)" in line
    assert said(lambda data: data["measures"].update(n=12)) == []


def test_planning_imports_no_model_library():
    """A minute's work of torch and transformers would come before each plan."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from synthgap.study.notices import notices\n"
            "from synthgap.study.parsing import parse_study, read_yaml\n"
            f"notices(parse_study(read_yaml({str(ROOT / 'config/miniature.yaml')!r}), 'x'))\n"
            "print({'torch', 'transformers', 'diffusers', 'timm'} & set(sys.modules))",
        ],
        env={"PYTHONPATH": str(ROOT / "src")},
        text=True,
        capture_output=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"


def test_a_word_that_no_prompt_has_is_told():
    weights = {"file": "word.safetensors", "token": "<loop>"}
    Path("word.safetensors").touch()

    def change(data: dict[str, Any]) -> None:
        recipes(used="{name} <loop>", plain="{name}")(data)
        data["generators"]["taught"] = {
            **data["generators"]["stable-diffusion"],
            "kind": "adapted",
            "textual_inversions": [weights],
        }
        for variant in data["variants"].values():
            variant["generator"] = "taught"

    (line,) = [line for line in said(change) if "<loop>" in line]
    assert line == (
        "variants.plain: no prompt has the word <loop>, and so the textual inversion of "
        "generators.taught has no effect"
    )
    Path("word.safetensors").unlink()
    with pytest.raises(InputError, match=r"textual_inversions\[0\]: there is no word.safetensors"):
        said(change)


def test_other_weights_are_no_identical_images():
    names = ("one.safetensors", "other.safetensors")
    for name in names:
        Path(name).touch()

    def change(data: dict[str, Any], files: tuple[str, ...]) -> None:
        recipes(one="{name}", other="{name}")(data)
        for variant, file in zip(("one", "other"), files, strict=True):
            data["generators"][variant] = {
                **data["generators"]["stable-diffusion"],
                "kind": "adapted",
                "loras": [{"file": file}],
            }
            data["variants"][variant]["generator"] = variant

    def same(files: tuple[str, ...]) -> list[str]:
        return [line for line in said(lambda data: change(data, files)) if "identical" in line]

    assert not same(names)
    assert same(names[:1] * 2)
