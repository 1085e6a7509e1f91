"""What holds for every chart: its files, its rule and its caption."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from synthgap.figures import charts
from synthgap.figures.charts.style import Chart, colours, save

ROOT = Path(__file__).resolve().parents[3]
KINDS = ("png", "svg", "pdf", "csv")
CHARTS = [
    module.name
    for module in pkgutil.iter_modules(charts.__path__)
    if hasattr(import_module(f"{charts.__name__}.{module.name}"), "draw")
]


def files(folder: Path) -> dict[str, Path]:
    return {kind: folder / f"chart.{kind}" for kind in KINDS}


def chart(label: str = "disamb") -> Chart:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2], [3, 4], label=label)
    axes.scatter([1, 2], [4, 3], rasterized=True)
    axes.set_title(label)
    axes.set_yticks([3], [label])
    axes.legend()
    return Chart(figure, pd.DataFrame({"source": [label], "top1": [0.1]}))


def test_every_file_is_the_same_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for seconds in ("0", "86400"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", seconds)
        (tmp_path / seconds).mkdir()
        save(chart(), files(tmp_path / seconds))
    one, other = (files(tmp_path / seconds) for seconds in ("0", "86400"))
    for kind in KINDS:
        content = one[kind].read_bytes()
        assert content == other[kind].read_bytes(), kind
        for word in (b"Date", b"19700101", mpl.__version__.encode()):
            assert word not in content, kind
    with Image.open(one["png"]) as picture:
        assert min(picture.size) > 300
    assert b"disamb</text>" in one["svg"].read_bytes()
    # No Type 3 fonts, which journals refuse.
    assert b"/Type3" not in one["pdf"].read_bytes()


def test_a_chart_is_drawn_once_to_be_laid_out_and_once_a_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    draw, drawn = Figure.draw, []
    monkeypatch.setattr(Figure, "draw", lambda *given: (drawn.append(given), draw(*given))[1])
    figure = Figure(layout="constrained")
    figure.subplots().plot([1, 2])
    files = {kind: tmp_path / f"chart.{kind}" for kind in ("png", "svg", "pdf", "csv")}
    save(Chart(figure, pd.DataFrame({"x": [1, 2]})), files)
    assert len(drawn) == 1 + 3


@pytest.mark.parametrize(
    "name",
    ["$\\frac$", "<script>alert(1)</script>", "{{7*7}}", "\"'&", "a_{b}^{c}", "שלום", "=1+1"],
)
def test_a_name_is_text_whatever_it_holds(name: str, tmp_path: Path):
    save(chart(name), files(tmp_path))
    assert "<script" not in (tmp_path / "chart.svg").read_text()
    (read,) = pd.read_csv(tmp_path / "chart.csv")["source"]
    assert read == ("'=1+1" if name == "=1+1" else name)


def test_a_chart_that_cannot_be_written_leaves_the_old_file(tmp_path: Path):
    save(chart(), files(tmp_path))
    before = (tmp_path / "chart.png").read_bytes()
    broken = chart()
    broken.figure.axes[0].add_artist(Breaking())
    with pytest.raises(RuntimeError):
        save(broken, files(tmp_path))
    assert (tmp_path / "chart.png").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {f"chart.{kind}" for kind in KINDS}


class Breaking(mpl.artist.Artist):
    def draw(self, renderer: object) -> None:
        raise RuntimeError


def test_a_variant_keeps_its_colour_whatever_natural_sets_are_there():
    assert colours(["natural-train", "a", "b"]) == {"natural-train": "#222222"} | colours(
        ["a", "b"]
    )
    assert len(set(colours([f"v{number}" for number in range(8)]).values())) == 8


def rules() -> Iterator[str]:
    for file in (ROOT / "rules").glob("*.smk"):
        yield from re.split(r"\n *rule ", file.read_text())[1:]


@pytest.mark.parametrize("name", [each for each in CHARTS if each != "contact_sheet"])
def test_a_chart_is_its_module_its_rule_and_its_caption(name: str):
    (rule,) = (rule for rule in rules() if rule.startswith(f"draw_{name}:"))
    assert f'**chart_of_encoder("{name}", ' in rule
    assert f'**chart("{name}"' in rule
    assert (ROOT / f"workflow/report/{name}.rst").is_file()
    # No other file has to know it.
    for file in (ROOT / "workflow/Snakefile", ROOT / "workflow/scripts/draw_chart.py"):
        assert f'"{name}"' not in file.read_text()


def test_there_are_charts():
    assert len(CHARTS) == 11
