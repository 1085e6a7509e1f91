"""Encoders trained towards something else, tuned on a user's pairs, and without their means."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from synthgap import tables
from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project, errors

pytestmark = pytest.mark.long

TABLE = "results/summary/encoders.parquet"


@pytest.fixture
def several(project: Project) -> Project:
    """The finished tiny study, to which three encoders are added."""
    folder = project.folder / "mine"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = ["file,caption"]
    for number, word in enumerate(["zero", "loop", "zero, bold", "loop, thin"]):
        pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        rows.append(f'{number}.png,"{word}"')
    (folder / "pairs.csv").write_text("\n".join(rows) + "\n")
    clip = project.study["encoders"]["clip"]
    tune = {"pairs": "mine/pairs.csv", "steps": 2, "batch_size": 4, "objective": {"gap": 1}}
    further = {"gap-term": {"steps": 2, "objective": {"gap": 1, "temperature": 0.5}}}
    project.change_study(
        encoders={
            "clip": clip,
            "gap-term": {"kind": "clip", "model": {"miniature": "gap-term"}},
            "tuned": {**clip, "tune": tune},
            "moved": {"kind": "mean-removed", "encoder": "clip"},
        },
        miniature={**project.study["miniature"], "encoders": further},
    )
    return project


def test_they_are_made_beside_what_stands_and_compared(several: Project) -> None:
    planned = several.jobs(TABLE)
    # Images, and what was embedded of them before, stay.
    rules = {job.rule for job in planned}
    assert not rules & {"generate_images", "read_images", "train_miniature_clip"}
    assert not [job for job in planned if "encoder=clip" in job.wildcards.split(", ")[:1]] or {
        job.rule for job in planned if job.wildcards == "encoder=clip"
    } == {"measure_zero_shot"}
    several.run(TABLE)
    found = pd.read_parquet(several.folder / TABLE)
    assert list(found["encoder"]) == ["clip", "gap-term", "tuned", "moved"]
    assert list(found["compared_with"].dropna()) == ["clip"] * 3
    for column in ("linear_separability", "zero_shot_accuracy", "centroid_accuracy"):
        assert found[column].between(0, 1).all()
    assert found["centroid_distance_tau"].iloc[1:].isin([-1.0, 1.0]).all()
    # Each moves by its own mean, and what is moved is what clip embedded.
    place = several.folder / "results/embeddings"
    means = {row["of"]: row for row in tables.read(place / "moved/means.parquet").to_pylist()}
    for of, name in (("image", "disamb/digit-0"), ("prompt", "prompts/disamb")):
        before, after = (
            tables.read_embeddings(place / encoder / f"{name}.parquet")
            for encoder in ("clip", "moved")
        )
        left = before - np.array(means[of]["mean"])
        left /= np.linalg.norm(left, axis=1, keepdims=True)
        assert np.allclose(after, left, atol=1e-5)
    assert several.jobs(TABLE) == []
    made = ("embeddings/moved/means", "embeddings/moved/disamb/digit-0", "zero_shot/moved")
    run_noting(several, *(f"results/{name}.parquet" for name in made), "--force")
    run_noting(several, TABLE, "--force")
    models = ("results/models/web.fingerprint", "results/models/tuned/tuned.fingerprint")
    run_noting(several, *models, "--force")
    assert noted(several).keys() == {
        *("find_means.py", "remove_mean.py", "measure_zero_shot.py", "compare_encoders.py"),
        *("write_miniature_pairs.py", "tune_projections.py"),
    }
    assert uncounted(several) == []
    # Another picture under a name that a table lists tunes anew.
    Image.new("RGB", (16, 16), "teal").save(several.folder / "mine/1.png")
    assert {"tune_projections", "compare_encoders"} <= several.counts(TABLE).keys()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (None, "mine/pairs.csv: cannot be read"),
        (3, "mine/pairs.csv: has 2 pairs, but a step takes 4 (batch_size); list more"),
    ],
)
def test_bad_pairs_are_refused_in_one_line(several: Project, rows: int | None, said: str) -> None:
    file = several.folder / "mine/pairs.csv"
    lines = file.read_text().splitlines()[:rows]
    file.unlink()
    if rows:
        file.write_text("\n".join(lines) + "\n")
    done = several.snakemake("--dry-run")
    assert done.returncode != 0
    (line,) = errors(done.stderr + done.stdout)
    assert f"study.yaml: encoders.tuned.tune.pairs: {said}" in line
