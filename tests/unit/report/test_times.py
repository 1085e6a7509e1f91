"""How long the steps took, as Snakemake noted it."""

import base64
import json
from pathlib import Path

from synthgap.report.times import Step, steps


def note(folder: Path, output: str, **said: object) -> None:
    name = base64.urlsafe_b64encode(output.encode()).decode()
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(said))


def test_outputs_of_one_job_count_once_and_other_folders_do_not(tmp_path: Path) -> None:
    folder = tmp_path / "metadata"
    draw = {"rule": "draw", "log": ["logs/draw.log"]}
    note(folder, "results/a.png", **draw, starttime=10.0, endtime=12.5)
    note(folder, "results/a.svg", **draw, starttime=10.1, endtime=12.4)
    for place, start in enumerate((0.0, 5.0)):
        note(folder, f"results/{place}.parquet", rule="read", log=[f"{place}.log"],
             starttime=start, endtime=start + 2)  # fmt: skip
    note(folder, "results2/x", rule="other", log=[], starttime=1.0, endtime=2.0)
    note(folder, "results/unfinished", rule="read", log=[], starttime=1.0, endtime=None)
    (folder / "no base64?").write_text("{}")
    assert steps(folder, "results") == [
        Step("read", 2, 4.0, 0.0, 7.0),
        Step("draw", 1, 2.5, 10.0, 12.5),
    ]
    assert Step("draw", 1, 2.5, 10.0, 12.5).written() == [
        "draw", "1", "2.5", "1970-01-01 00:00:10", "1970-01-01 00:00:12"
    ]  # fmt: skip


def test_long_names_lie_in_folders(tmp_path: Path) -> None:
    name = base64.urlsafe_b64encode(f"results/{'x' * 200}".encode()).decode()
    place = tmp_path / f"@{name[:200]}" / name[200:]
    place.parent.mkdir()
    place.write_text(json.dumps({"rule": "r", "log": [], "starttime": 1, "endtime": 2}))
    assert [step.rule for step in steps(tmp_path, "results")] == ["r"]


def test_without_notes_there_are_no_steps(tmp_path: Path) -> None:
    assert steps(tmp_path / "metadata", "results") == []
