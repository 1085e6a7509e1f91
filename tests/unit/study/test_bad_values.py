"""Every key of every section, with every kind of bad value: one plain line, or accepted."""

import copy
import datetime
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synthgap.errors import InputError
from synthgap.limits import LIMITS
from synthgap.refusals import PATTERNS
from synthgap.study.model import Study
from synthgap.study.parsing import parse_study, read_yaml

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")
TINY["variants"] |= {
    "kept": {"filtered": {"of": "disamb", "by": "adherence", "share": 1}},
    "best": {"selected": {"among": ["classname", "kept"]}},
}
TINY["captioners"] = {"words": {"kind": "measured"}}
SCHEMA = Study.model_json_schema()

CLIP = {"kind": "clip", "model": {"miniature": "clip"}}
PARTS = {"images": "images", "val_per_class": 6}
ADAPTED = ("generators", "adapted")
WEIGHTS = {"repository": "owner/name", "revision": "0" * 40, "weight_name": "x.safetensors"}
SEEING = {"repository": "owner/name", "revision": "0" * 40}
TINY["loras"] = {"taught": {"of": "stable-diffusion", "prompts": "disamb", "steps": 2}}
TINY["generators"]["adapted"] = {
    **TINY["generators"]["stable-diffusion"],
    "kind": "adapted",
    "image_to_image": {"strength": 0.5},
    "image_prompt": {**WEIGHTS, "image_encoder": SEEING},
    "loras": [WEIGHTS],
    "textual_inversions": [{**WEIGHTS, "token": "<word>"}],
}

SECTIONS: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "Study": ((), TINY),
    "AdaptedGenerator": (ADAPTED, TINY["generators"]["adapted"]),
    "AutoencoderSpec": (("miniature", "autoencoder"), {"steps": 2}),
    "CaptionedRecipe": (
        ("prompts", "disamb"),
        {"kind": "captioned", "captioner": "words", "template": "{caption}"},
    ),
    "CaptionsRecipe": (("prompts", "disamb"), {"kind": "captions", "file": "file"}),
    "Category": (("classes", 0), TINY["classes"][0]),
    "ClassFile": (("classes",), {"file": "file"}),
    "ClipEncoder": (("encoders", "clip"), CLIP),
    "ClipSpec": (("miniature", "clip"), {"steps": 2}),
    "ConditionAnnealing": (
        ("generators", "stable-diffusion", "condition_annealing"),
        {"tau1": 0.6, "tau2": 0.9, "noise_scale": 0.25},
    ),
    "ContextsRecipe": (
        ("prompts", "disamb"),
        {"kind": "contexts", "template": "{name}", "contexts": ["{prompt}"]},
    ),
    "DiffusersGenerator": (
        ("generators", "stable-diffusion"),
        TINY["generators"]["stable-diffusion"],
    ),
    "DiffusionSpec": (("miniature", "diffusion"), {"steps": 2}),
    "DigitSet": (("natural",), TINY["natural"]),
    "Filtered": (("variants", "kept", "filtered"), TINY["variants"]["kept"]["filtered"]),
    "FineTuning": (
        ("training_sets", "disamb"),
        {"pretrained_on": "natural", "then": ["disamb"]},
    ),
    "FolderGenerator": (("generators", "other"), {"kind": "folder", "images": "images"}),
    "GroupFile": (("groups",), {"file": "file"}),
    "GuidanceInterval": (
        ("generators", "stable-diffusion", "guidance_interval"),
        {"above": 0.28, "up_to": 5.42},
    ),
    "ImageEncoder": ((*ADAPTED, "image_prompt", "image_encoder"), SEEING),
    "ImagePrompt": ((*ADAPTED, "image_prompt"), {**WEIGHTS, "image_encoder": SEEING}),
    "ImageToImage": ((*ADAPTED, "image_to_image"), {"strength": 0.5}),
    "LoRA": ((*ADAPTED, "loras", 0), {**WEIGHTS, "scale": 0.5}),
    "MeanRemoved": (("encoders", "moved"), {"kind": "mean-removed", "encoder": "clip"}),
    "MeasuredCaptioner": (("captioners", "words"), TINY["captioners"]["words"]),
    "MeasuresSpec": (("measures",), TINY["measures"]),
    "MiniatureSpec": (("miniature",), TINY["miniature"]),
    "Mixture": (
        ("training_sets", "disamb"),
        {"images_per_class": 4, "proportions": {"disamb": 1}},
    ),
    "ModelSource": (("encoders", "clip", "model"), {"miniature": "clip"}),
    "NaturalFolders": (("natural",), {"kind": "folder", **PARTS}),
    "NaturalParquet": (("natural",), {"kind": "parquet", **PARTS}),
    "NaturalTables": (("natural",), {"kind": "table", **PARTS}),
    "Objective": (("miniature", "clip", "objective"), {"gap": 1}),
    "ParquetGenerator": (("generators", "other"), {"kind": "parquet", "images": "*.parquet"}),
    "ReportSpec": (("report",), TINY["report"]),
    "Selected": (("variants", "best", "selected"), TINY["variants"]["best"]["selected"]),
    "TemplateRecipe": (("prompts", "disamb"), TINY["prompts"]["disamb"]),
    "TextualInversion": (
        (*ADAPTED, "textual_inversions", 0),
        {**WEIGHTS, "token": "<word>"},
    ),
    "TimmClassifier": (("classifiers", "resnet"), TINY["classifiers"]["resnet"]),
    "TransformersCaptioner": (
        ("captioners", "words"),
        {"kind": "transformers", "model": {"repository": "owner/name", "revision": "0" * 40}},
    ),
    "TrainedLoRA": (("loras", "taught"), TINY["loras"]["taught"]),
    "Tuning": (("encoders", "clip", "tune"), {"steps": 2}),
    "Variant": (("variants", "disamb"), TINY["variants"]["disamb"]),
    "VisionEncoder": (("encoders", "clip"), {**CLIP, "kind": "vision"}),
}
"""Of each section where it stands in a study, and a good one."""

BAD: list[Any] = [
    *(None, True, False, "", " ", "text", "a/b", "{x}", "../x", "größe", "two\nlines", "x" * 300),
    *(-1, 0, 7, 10**12, 2**70, -(2**70), 2**200, 10**400),
    *(1e30, -1e30, 0.5, 1e308, math.inf, -math.inf, math.nan),
    *([], [None], ["text"], [[1]], {}, {"a": 1}, {"a": {"b": [1]}}, {7: 8}, {None: 1}),
    *(datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, 12, 30), b"bytes", "\ud800"),
]

JARGON = re.compile(
    r"[Pp]ydantic|pattern|\^|\\w|should|[Ii]nput |valid |validation|tuple|dict\b|\bint\b|\bstr\b|"
    r"\bNone\b|\bTrue\b|\bFalse\b|datetime|instance|type=|\btag\b|0x|\binf\b(?<!\.inf)|"
    r"\bnan\b(?<!\.nan)|Error"
)
"""No message says any of it, in a study whose values do not say it either."""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("class_id,prompt,name\ndigit-0,a,b\n")
    Path("images").mkdir()


def placed(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The tiny study with a value at a place."""
    data = copy.deepcopy(TINY)
    if not place:
        return copy.deepcopy(value)  # type: ignore[no-any-return]
    inside: Any = data
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    return data


def refusal(data: Any) -> str | None:
    """The line that a study is refused with; None if it is good."""
    try:
        parse_study(data, "study.yaml")
    except InputError as error:
        return str(error)
    return None


def fields() -> Iterator[tuple[str, str]]:
    for name, section in {"Study": SCHEMA, **SCHEMA["$defs"]}.items():
        yield from ((name, key) for key in section["properties"])


def check_line(message: str | None) -> None:
    if message is None:
        return
    assert message.startswith("study.yaml: ")
    assert message.isprintable(), message
    assert len(message) < 500, message
    assert not JARGON.search(message.replace("timm", "")), message


def test_every_section_has_a_place():
    assert set(SECTIONS) == {"Study", *SCHEMA["$defs"]}


@pytest.mark.parametrize("name", SECTIONS)
def test_the_places_are_good_but_for_what_lies_outside(name):
    place, section = SECTIONS[name]
    message = refusal(placed(place, section)) or ""
    assert not re.search("unknown key|missing|must be|kind must", message), message


@pytest.mark.parametrize(("name", "key"), list(fields()))
def test_a_bad_value_is_one_plain_line(name, key):
    place, section = SECTIONS[name]
    for value in BAD:
        check_line(refusal(placed(place, {**section, key: value})))


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_of_another_kind_is_one_plain_line(name):
    place, section = SECTIONS[name]
    for value in BAD if place else ({}, {"a": 1}):
        message = refusal(placed(place, value))
        check_line(message)
    check_line(refusal(placed(place, {**section, "qqqq": 1})))
    assert "unknown key qqqq" in (refusal(placed(place, {**section, "qqqq": 1})) or "")
    for key in (7, None, True, datetime.date(2024, 1, 1)):
        check_line(refusal(placed(place, {**section, key: 1})))


@pytest.mark.parametrize(
    "section", ["generators", "prompts", "variants", "encoders", "training_sets", "classifiers"]
)
def test_a_bad_name_is_one_plain_line(section):
    (entry, *_) = TINY[section].values()
    for name in (7, None, True, "", "a/b", "a b", ".a", "a.", "-a", "x" * 201, "größe", "a\nb"):
        data = copy.deepcopy(TINY)
        data[section][name] = entry
        message = refusal(data)
        assert message is not None, name
        assert message.startswith(f"study.yaml: {section}: the name "), message
        check_line(message)


def numbers(node: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if node.get("type") in ("integer", "number"):
            yield where, node
        for key, value in node.items():
            yield from numbers(value, f"{where}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from numbers(value, f"{where}[{number}]")


def test_every_number_has_finite_limits():
    found = dict(numbers(SCHEMA))
    assert len(found) > 60
    for where, number in found.items():
        least = number.get("minimum", number.get("exclusiveMinimum"))
        most = number.get("maximum", number.get("exclusiveMaximum"))
        assert least is not None, where
        assert most is not None, where
        assert -1e6 <= least < most < 2**63, where


def test_no_key_with_a_limit_is_gone():
    keys = {key for _, key in fields()}
    assert set(LIMITS) <= keys


TOO_MUCH = [
    (("images_per_class",), 1e30, "at most 1,000,000 (more than any data set has of a class), not"),
    (("seed",), 2**70, "at most 9,223,372,036,854,775,807 (tables hold no larger ones), not 1.18e"),
    (("seed",), 2**200, "not 1.61e+60"),
    (("seed",), 10**400, "not a number of more than 300 digits"),
    (("jobs_per_device",), 101, "at most 100"),
    (("variants", "disamb", "guidance_scale"), 1e308, "at most 1,000 (images are of one colour"),
    (("variants", "disamb", "guidance_scale"), math.inf, "must be a finite number, not .inf"),
    (("measures", "draws"), 10**12, "at most 100,000 (every measure of every class stores as many"),
    (("measures", "draws"), 40, "at least 100 (the ends of a 95 % interval need some beyond them)"),
    (("measures", "n"), 1, "at least 2 (one image has no spread), not 1"),
    (("generators", "stable-diffusion", "num_inference_steps"), 10**9, "at most 10,000 (models"),
    (("generators", "stable-diffusion", "height"), 2**20, "at most 16,384 (larger than any model"),
    (("generators", "stable-diffusion", "batch_size"), 10**7, "at most 1,000,000 (no memory"),
    (("encoders", "clip", "batch_size"), 10**7, "at most 1,000,000 (no memory"),
    (("classifiers", "resnet", "seeds"), [2**32], "at most 4,294,967,295 (NumPy takes no larger"),
    (("classifiers", "resnet", "epochs"), 10**9, "at most 1,000,000, not"),
    (("classifiers", "resnet", "learning_rate"), math.inf, "must be a finite number, not .inf"),
    (("classifiers", "resnet", "learning_rate"), 1e308, "at most 1,000 (any model diverges long"),
    (("classifiers", "resnet", "optimizer_options"), {"eps": math.nan}, "finite number, not .nan"),
    (("report", "images_per_class"), 51, "must be at most 50, not 51"),
    (("images_per_class",), True, "images_per_class: must be a number, not true"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "fragment"), TOO_MUCH)
def test_a_number_beyond_its_limit_is_refused_with_the_reason(place, value, fragment):
    message = refusal(placed(place, value))
    assert message is not None
    assert fragment in message


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("seed",), 2**63 - 1),
        (("classifiers", "resnet", "seeds"), [2**32 - 1]),
        (("classifiers", "resnet", "optimizer_options"), {"betas": [0.9, 0.99], "eps": 1e-30}),
        (("classifiers", "resnet", "scheduler_options"), {"decay_epochs": 1, "noise": True}),
        (("classifiers", "resnet", "learning_rate"), "1e-3"),
        (("generators", "stable-diffusion", "height"), 2048),
        (("variants", "disamb", "guidance_scale"), 30),
    ],
)
def test_what_a_real_study_uses_is_accepted(place, value):
    assert refusal(placed(place, value)) is None


def test_options_of_timm_keep_their_types():
    data = placed(("classifiers", "resnet", "optimizer_options"), {"a": 1, "b": True, "c": 1.0})
    options = parse_study(data, "study.yaml").classifiers["resnet"].optimizer_options
    assert [type(value) for value in options.values()] == [int, bool, float]


def patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        yield from node.get("patternProperties", {})
        for value in node.values():
            yield from patterns(value)
    elif isinstance(node, list):
        for value in node:
            yield from patterns(value)


def test_every_pattern_is_said_in_words():
    assert set(patterns(SCHEMA)) <= set(PATTERNS)


@pytest.mark.parametrize(
    ("place", "value", "fragment"),
    [
        (("classes", 0, "class_id"), 7, "must be text, not 7; put it in quotes: without them YAML"),
        (("classes", 0, "name"), False, "must be text, not false; put it in quotes: without them"),
        (("classes", 0, "name"), None, "must be text, not nothing; put it in quotes"),
        (("classes", 0, "name"), datetime.date(2024, 1, 1), "not the date 2024-01-01; put it in"),
        (("variants", "disamb", "generator"), 1e3, "must be text, not 1000.0; put it in quotes"),
        (("study",), ["a"], "study: must be text, not a list"),
        (("training_sets", "disamb"), [1], "training_sets.disamb[0]: must be text, not 1; put"),
        (("encoders", "clip", "dtype"), "half", "'float32', 'float16' or 'bfloat16', not 'half'"),
    ],
)
def test_what_yaml_takes_for_something_else_is_to_be_quoted(place, value, fragment):
    assert fragment in (refusal(placed(place, value)) or "")
