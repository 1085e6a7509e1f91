"""Very many classes: a part of them in a run, and then what is made from all."""

import re
import shutil

import pytest

from tests.workflow.project import ROOT, Project

BY_CLASS = ("images", "embeddings", "measures", "figures/classes", "quarantine")


def joined() -> list[str]:
    """The rules as docs/SCALE.md takes them from the file."""
    lines = (ROOT / "profiles/joined-rules.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.long
def test_classes_in_batches_and_then_the_rest_are_the_same_study(
    finished: Project, project: Project
) -> None:
    for path in project.results.iterdir():
        if path.name != "models":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    batches = 2
    for number in range(1, batches + 1):
        project.run("classes", "--batch", f"classes={number}/{batches}")
        made = [name for stage in BY_CLASS for name in project.files(f"{stage}/**/*digit*")]
        assert made
        assert not (project.results / "summary").exists()
    alone = project.counts("all", "--allowed-rules", *joined())
    assert not {"read_images", "generate_images", "embed_images", "measure_class"} & alone.keys()
    project.run("all", "--allowed-rules", *joined())
    assert project.jobs() == []
    for stage in (*BY_CLASS, "pooled", "classifiers", "diagnosis", "summary", "report/data"):
        files, others = (
            {
                path: content
                for path, content in of.files(f"{stage}/**/[!.]*.*").items()
                if "/events/" not in path and not path.endswith("times.js")
            }
            for of in (finished, project)
        )
        assert files
        assert files.keys() == others.keys()
        assert [path for path, content in files.items() if others[path] != content] == []


def test_every_rule_makes_what_one_class_has_or_is_named_among_the_others() -> None:
    found = set()
    for rules in (ROOT / "rules").glob("*.smk"):
        parts = re.split(r"^ *rule (\w+):\n", rules.read_text(), flags=re.MULTILINE)[1:]
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            outputs = body.split("output:")[1].split("log:")[0]
            if "class_id" not in outputs:
                found.add(name)
    of_models = {name for name in found if name.startswith("train_miniature")}
    exports = {"write_card", "write_dataset_images", "write_points"}
    before = {"fingerprint_model", "fingerprint_weights", "index_images"}
    before |= {"train_lora", "tune_projections", "write_miniature_pairs"}
    assert set(joined()) - {"all"} == found - of_models - exports - before - {"filter_images"}
