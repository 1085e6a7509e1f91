"""Whatever classes, files, texts and places are called: it works, and is shown as written."""

import csv
import html
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from synthgap.figures.snakemake_report import WORD_JOINER
from synthgap.image_files.decoding import pictures
from synthgap.tables import read
from tests.workflow.project import Project

pytestmark = pytest.mark.long

RUNS = "<img src=x onerror=document.title='it_ran'>"
"""JSON leaves it as it is."""

NAMES = (
    *(
        "{x} {{y}} {source} <b c> <results> <!-- -->",
        '100 % #1 *?[a-z] it\'s "so" \\n &amp; $HOME; a|b~',
    ),
    *("-n", ".hidden", " ", "two\nlines, flamingo 🦩 שלום", "x" * 200, "\u00e9", "e\u0301"),
    *("=cmd|' -C calc'!A0", "{{ 7 * 7 }} {% raw %} `a`_ *b* |c| :d:`e` a#offset=1&length=2. "),
)
"""Each can be the name of a folder."""

TEXTS = (f"</script>{RUNS}</style> ..\\.. a/b [x](y)",)
"""Each cannot, or says more as a text."""

FILES = ("{n} <m>.png", "#1 100%.PNG", "a.png#offset=1&length=2.png", "-x 'y'\n\"z\".png")


def class_of(number: int, text: str, *, folder: bool) -> dict[str, str]:
    extra = {"folder": text} if folder else {}
    return {"class_id": f"c{number}", "name": text, "definition": f"is {text}", **extra}


CLASSES = [
    *(class_of(number, text, folder=True) for number, text in enumerate(NAMES)),
    *(class_of(len(NAMES) + number, text, folder=False) for number, text in enumerate(TEXTS)),
]


@pytest.fixture(scope="module")
def named(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("named") / "it's a [project] #1 100% & more; $x"
    project = Project.copy_of_sources(folder, finished.study_file)
    results = finished.folder / "results"
    scans = [
        picture
        for source in ("natural-train", "natural-val")
        for table in [results / f"images/{source}/digit-6.parquet"]
        for picture in pictures(read(table), table)
    ]
    for turn, category in enumerate(CLASSES):
        place = category.get("folder", category["class_id"])
        for root in ("nature {x} <y>", "made [1] *"):
            target = folder / root / place
            target.mkdir(parents=True)
            for picture, name in zip(scans, FILES, strict=False):
                # No two are copies.
                picture.putpixel((0, 0), (turn, len(root), 0))
                picture.save(target / name, format="PNG")
    with (folder / "captions {x}.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["class_id", "prompt"])
        rows.writerows([category["class_id"], f"{category['name']}!"] for category in CLASSES)
    for model in ("clip", "stable-diffusion"):
        shutil.copytree(results / "models" / model, folder / f"models {{x}} <y>/{model} [1]*#%")
    model = "models {x} <y>/{} [1]*#%"
    study: dict[str, Any] = {
        "study": "named",
        "description": f"</script>{RUNS} {{x}} <y> <!--",
        "results": 'out "puts"/it\'s [x] *?#%&;$é|\\n',
        "images_per_class": 2,
        "classes": CLASSES,
        "natural": {"kind": "folder", "images": "nature {x} <y>", "val_per_class": 2},
        "generators": {
            "made": {"kind": "folder", "images": "made [1] *"},
            "sd": {
                **finished.study["generators"]["stable-diffusion"],
                "model": {"folder": model.replace("{}", "stable-diffusion")},
            },
        },
        "prompts": {"captions": {"kind": "captions", "file": "captions {x}.csv"}},
        "variants": {
            "made": {"generator": "made"},
            "sd": {"generator": "sd", "prompts": "captions", "guidance_scale": 2},
        },
        "encoders": {"clip": {"kind": "clip", "model": {"folder": model.replace("{}", "clip")}}},
        "measures": {"n": 2, "draws": 100},
        "report": {"images_per_class": 2},
    }
    project.study_file = folder / "my {study} <a> [b]*.yaml"
    project.study_file.write_text(yaml.safe_dump(study, allow_unicode=True, sort_keys=False))
    project.results = folder / study["results"]
    done = project.snakemake("--configfile", project.study_file.name, study=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return project


def test_every_class_is_measured_under_its_own_name(named: Project) -> None:
    classes = pd.read_parquet(named.results / "summary/classes.parquet")
    for source in ("natural-train", "natural-val", "made", "sd"):
        of_source = classes[classes["source"] == source]
        assert list(of_source["name"]) == [category["name"] for category in CLASSES]
        assert of_source["centroid_distance"].notna().all()


def test_prompts_are_what_was_written(named: Project) -> None:
    for category in CLASSES:
        images = read(named.results / f"images/sd/{category['class_id']}.parquet")
        assert set(images["prompt"].to_pylist()) == {f"{category['name']}!"}


def test_no_cell_of_a_csv_is_a_formula(named: Project) -> None:
    with (named.results / "summary/classes.csv").open(newline="") as file:
        names = {row["name"] for row in csv.DictReader(file)}
    assert "'=cmd|' -C calc'!A0" in names
    assert not [name for name in names if name[:1] in "=+-@"]


def test_nothing_is_stale_afterwards(named: Project) -> None:
    done = named.snakemake("--configfile", named.study_file.name, "--dry-run", study=False)
    assert "Nothing to be done" in done.stdout + done.stderr, done.stdout + done.stderr


def test_the_report_shows_names_as_text(named: Project, tmp_path: Path) -> None:
    report = tmp_path / "report.zip"
    configured = ("--configfile", named.study_file.name)
    done = named.snakemake(*configured, "--report", str(report), study=False)
    assert done.returncode == 0, done.stderr[-3000:]
    with zipfile.ZipFile(report) as archive:
        archive.extractall(tmp_path)
    page = tmp_path / "report/report.html"
    written = page.read_text(encoding="utf-8")
    (results,) = re.findall(r'<script id="results">\s*var results = (.*);\n', written)
    shown = {
        found["labels"]["name"].replace(WORD_JOINER, "")
        for found in json.loads(results).values()
        if "class" in found["labels"]
    }
    assert shown == {category["name"] for category in CLASSES}
    tree = in_browser(page)
    assert "<title>Snakemake Report</title>" in tree
    # Not the scripts' own texts.
    assert "Answer" in re.sub(r"<script.*?</script>", "", tree, flags=re.DOTALL)
    (index,) = tmp_path.glob("report/data/raw/**/index.html")
    assert "<title>named: synthgap report</title>" in in_browser(index)
    # With the view of a class open, whose name and definition would run.
    for category in (CLASSES[0], CLASSES[-1]):
        shown_class = in_browser(index, f"class={category['class_id']}&variant=made")
        assert "<title>named: synthgap report</title>" in shown_class
        (view,) = re.findall(r"<dialog id=.?class-view.*?</dialog>", shown_class, re.DOTALL)
        text = html.unescape(re.sub(r"<[^>]*>", "\n", view))
        assert category["definition"] in text
        # What a script has left out is no word.
        assert not re.search(r"^\s*(null|undefined|NaN)\s*$", text, re.MULTILINE)


def in_browser(page: Path, part: str = "") -> str:
    """The elements of a page, opened at a part of it, after its scripts have run."""
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000")
    command = ["chromium", *options, "--dump-dom", f"{page.as_uri()}#{part}"]
    done = subprocess.run(command, text=True, capture_output=True, check=True, timeout=120)
    return done.stdout
