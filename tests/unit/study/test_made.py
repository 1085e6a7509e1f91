"""What a card says of how images were made, and what it keeps to itself."""

import copy
from pathlib import Path

import pytest

from synthgap.study.made import examples, facts
from synthgap.study.model import Study
from synthgap.study.parsing import read_yaml

TINY = read_yaml(Path(__file__).parents[3] / "tests/studies/tiny.yaml")


@pytest.fixture
def study():
    return copy.deepcopy(TINY)


def test_a_generated_variant_has_its_settings_and_guidance_scale(study):
    study["generators"]["stable-diffusion"]["negative_prompt"] = "blur"
    found = facts(Study.model_validate(study), "disamb")
    assert found["model"] == "the miniature's stable-diffusion, which the study trains"
    assert found["guidance scale"] == "2.5"
    assert found["num inference steps"] == "2"
    assert found["negative prompt"] == "blur"
    assert found["prompts"] == "disamb (recipe template)"
    assert found["images a class"] == "6"
    # Decide no image.
    assert "batch size" not in found


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"repository": "owner/name", "revision": 40 * "a"}, f"owner/name@{40 * 'a'}"),
        ({"folder": "/home/somebody/models/sd15/"}, "sd15 (a local folder)"),
    ],
)
def test_a_model_is_named_without_its_place(study, model, said):
    study["generators"]["stable-diffusion"]["model"] = model
    assert facts(Study.model_validate(study), "disamb")["model"] == said


def test_further_weights_are_named_without_their_place(study):
    study["generators"]["stable-diffusion"] |= {
        "kind": "adapted",
        "image_to_image": {"strength": 0.5},
        "loras": [
            {"file": "/home/somebody/cranes.safetensors", "scale": 0.8},
            {"repository": "owner/name", "revision": 40 * "a", "weight_name": "x.safetensors"},
        ],
    }
    found = facts(Study.model_validate(study), "disamb")
    assert found["weights of loras[0]"] == "cranes.safetensors"
    assert found["weights of loras[1]"] == f"owner/name/x.safetensors@{40 * 'a'}"
    assert found["loras"] == '[{"scale": 0.8}, {"scale": 1.0}]'
    assert found["image to image"] == '{"strength": 0.5}'
    assert "somebody" not in str(found)


def test_of_images_made_elsewhere_nothing_is_known_but_their_prompts(study):
    study["generators"]["dalle"] = {"kind": "folder", "images": "/home/somebody/made"}
    study["variants"]["dalle"] = {"generator": "dalle", "prompts": "disamb"}
    found = facts(Study.model_validate(study), "dalle")
    assert found == {
        "images": "made elsewhere; the study does not say by which model",
        "prompts": "disamb (recipe template)",
    }


def test_examples_are_the_first_prompts_of_the_first_classes(study):
    contexts = [f"{{prompt}}, {number}" for number in range(5)]
    study["prompts"]["disamb"] = {"kind": "contexts", "template": "{name}", "contexts": contexts}
    study["classes"].append({"class_id": "digit-1", "name": "one"})
    found = examples(Study.model_validate(study), "disamb")
    assert found == {
        "digit-0": ["zero, 0", "zero, 1", "zero, 2"],
        "digit-6": ["loop, 0", "loop, 1", "loop, 2"],
        "digit-9": ["loop, 0", "loop, 1", "loop, 2"],
    }
    study["generators"]["dalle"] = {"kind": "folder", "images": "made"}
    study["variants"]["dalle"] = {"generator": "dalle"}
    assert examples(Study.model_validate(study), "dalle") == {}
