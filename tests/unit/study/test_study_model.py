import copy
import os
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from synthgap.errors import InputError
from synthgap.image_sets.sets import ImageSet
from synthgap.study.model import Study
from synthgap.study.parsing import parse_study, read_yaml

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")
NOT_NEEDED = ("classifiers", "training_sets", "report")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where a study may make its results folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "file", [*sorted((ROOT / "config").glob("[!i]*.yaml")), ROOT / "tests/studies/tiny.yaml"]
)
def test_the_projects_own_are_valid(file):
    study = parse_study(read_yaml(file), file.name)
    assert study.study == file.resolve().stem
    names = [category.name for category in study.classes]
    assert names.count("loop") == 2
    assert study.sources[:2] == ("natural-train", "natural-val")


@pytest.mark.parametrize("results", ["deep/results", "../beside/results", "a/../b"])
def test_a_check_makes_no_folder(results, tmp_path):
    before = sorted(tmp_path.parent.iterdir())
    assert parse_study({**TINY, "results": results}, "study.yaml").results == results
    assert list(tmp_path.iterdir()) == []
    assert sorted(tmp_path.parent.iterdir()) == before


def test_a_results_folder_that_cannot_be_made_is_told(tmp_path, monkeypatch):
    Path("shut").mkdir(mode=0o700)
    Path("link").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"results: the folder link/a cannot .*link is no folder"):
        parse_study({**TINY, "results": "link/a"}, "study.yaml")
    # The system answers for whoever runs Python; root may write anywhere.
    monkeypatch.setattr(os, "access", lambda path, _: "shut" not in str(path))
    with pytest.raises(InputError, match=r"results: .*/results cannot .*no permission in .*shut"):
        parse_study({**TINY, "results": "shut/deep/results"}, "study.yaml")
    assert list(Path("shut").iterdir()) == []


def test_prompts_of_a_variant_are_its_recipes():
    study = parse_study(TINY, "study.yaml")
    assert study.prompts_of("classname", "digit-6") == ("loop",)
    assert study.prompts_of("disamb", "digit-9") == ("loop, a closed ring above a straight tail",)
    assert study.category("digit-9").definition == "a closed ring above a straight tail"


def test_a_class_needs_no_definition_where_no_recipe_uses_it():
    data = copy.deepcopy(TINY)
    data["classes"][0]["definition"] = ""
    data["variants"] = {"classname": data["variants"]["classname"]}
    data["training_sets"] = {"natural": ["natural-train"]}
    assert parse_study(data, "study.yaml").class_ids[0] == "digit-0"


def test_a_study_may_train_nothing():
    data = {key: value for key, value in TINY.items() if key not in NOT_NEEDED}
    study = parse_study(data, "study.yaml")
    assert study.headline_encoder == "clip"
    assert study.headline_classifier is None
    assert study.report.images_per_class == 8


def test_limits_hold_for_what_is_read_alone():
    """Scans are never damaged, and are what they are; of generated images copies are counted."""
    elsewhere = {"kind": "folder", "images": "made", "max_unreadable": 0.2, "max_copies": 0.3}
    data = {
        **TINY,
        "generators": {**TINY["generators"], "made": elsewhere},
        "variants": {**TINY["variants"], "made": {"generator": "made"}},
    }
    study = Study.model_validate(data)
    sources = ("natural-train", "natural-val", "classname", "made")
    assert [study.max_copies(source) for source in sources] == [1, 1, 1, 0.3]
    assert [study.max_unreadable(source) for source in sources] == [0, 0, 0, 0.2]
    natural = {"kind": "table", "train": "a.csv", "val": "b.csv", "max_copies": 0.02}
    own = {key: value for key, value in data.items() if key != "miniature"}
    own["encoders"] = {"clip": {"kind": "clip", "model": {"folder": "clip"}}}
    own["generators"] = {"made": elsewhere}
    own["variants"] = {"made": {"generator": "made"}}
    own = {key: value for key, value in own.items() if key not in NOT_NEEDED}
    study = Study.model_validate({**own, "natural": natural})
    assert study.max_copies("natural-val") == study.max_copies("natural-train") == 0.02


def test_limits_are_put_once_however_many_jobs_a_worker_reads_a_section_for():
    """Each adapter once put another check around each number, 960 of which Python could call."""
    found = [str(TypeAdapter(ImageSet).core_schema).count("function-before") for _ in range(3)]
    assert found[0] > 0
    assert len(set(found)) == 1


def test_classes_may_lie_in_a_file():
    lines = [f'{c["class_id"]},{c["name"]},"{c["definition"]}",x' for c in TINY["classes"]]
    Path("classes.csv").write_text("\n".join(["class_id,name,definition,notes", *lines, ""]))
    study = parse_study({**TINY, "classes": {"file": "classes.csv"}}, "study.yaml")
    assert study == parse_study(TINY, "study.yaml")


def test_what_is_read_comes_back_when_written():
    study = parse_study(TINY, "study.yaml")
    again = yaml.safe_load(yaml.safe_dump(study.model_dump(mode="json")))
    assert parse_study(again, "study.yaml") == study


def test_every_key_is_described():
    schema = Study.model_json_schema()
    for name, section in {"Study": schema, **schema["$defs"]}.items():
        assert section.get("description"), name
        for key, value in section["properties"].items():
            # Pydantic leaves out what says no more than the section itself.
            assert value.get("description") or "$ref" in value, f"{name}.{key}"


def test_a_further_generator_of_the_miniature_is_no_encoder():
    further = {**TINY["miniature"], "generators": {"wide": {"steps": 1, "channels": 8}}}
    one = TINY["generators"]["stable-diffusion"]
    generators = {"stable-diffusion": {**one, "model": {"miniature": "wide"}}}
    study = parse_study({**TINY, "miniature": further, "generators": generators}, "study.yaml")
    assert study.miniature is not None
    assert study.miniature.generators["wide"].asked()["channels"] == 8
    encoders = {"clip": {"kind": "clip", "model": {"miniature": "wide"}}}
    with pytest.raises(InputError, match=r"encoders\.clip\.model\.miniature: there is no wide"):
        parse_study({**TINY, "miniature": further, "encoders": encoders}, "study.yaml")
