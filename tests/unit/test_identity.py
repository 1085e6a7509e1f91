import importlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from synthgap import identity
from synthgap.identity import forms, names

ROOT = Path(__file__).parents[2]

SCRIPT = """
from world.tables import read
from world.measures import spread

def work():
    print(spread.measure(read("x")))
"""
MODULES = {
    "__init__.py": '"""A world."""\n',
    "tables.py": '"""Reading."""\n\nfrom world.errors import WrongError\n\nSEPARATOR = ","\n\n\n'
    "def read(path):\n    if not path:\n        raise WrongError(f'no path {path}')\n"
    "    return path.split(SEPARATOR)\n\n\ndef unused(path):\n    return path\n",
    "errors.py": "class WrongError(Exception):\n    code = 1\n",
    "measures/__init__.py": '"""Measures."""\n\nLEAST = 1\n',
    "measures/spread.py": '"""Spread."""\n\nimport math\n\nfrom world import weights\n\n'
    'POWER = 2\n"""How strongly."""\n\n\n'
    'def measure(values: list) -> float:\n    """Measure."""\n'
    "    from world.numbers import mean\n\n"
    "    # Far counts more.\n    return mean(values) ** POWER + math.pi + weights.of(values)\n",
    "numbers.py": "def mean(values):\n    return sum(values) / len(values)\n",
    "weights.py": "from dataclasses import dataclass\n\n\n@dataclass\nclass Weights:\n"
    "    total: float = 1.0\n\n    def share(self, mean):\n        return mean / self.total\n\n\n"
    "def of(values):\n    return Weights().share(len(values))\n",
    "figures.py": "COLOUR = 'blue'\n",
}

Edit = Callable[[str, str, str], None]


def current(source: Path | str) -> str:
    """The identity as a new process would compute it."""
    forget()
    return identity.code_identity(source)


def forget() -> None:
    """Read everything anew."""
    for cached in (identity._form, names.module_at, names._file_of, forms._name_of):
        cached.cache_clear()


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script beside a package that stands for synthgap."""
    package = tmp_path / "world"
    for name, text in MODULES.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    monkeypatch.setattr(identity, "PACKAGE_ROOT", package)
    path = tmp_path / "measure.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def edit(script: Path) -> Edit:
    def edit(name: str, old: str, new: str) -> None:
        path = script if name == "script" else script.parent / "world" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("tables.py", "def read", "# New.\ndef read", id="comment"),
        pytest.param("tables.py", '"""Reading."""', '"""Other words."""', id="module docstring"),
        pytest.param("tables.py", '"""Reading."""\n', "", id="no docstring"),
        pytest.param("measures/spread.py", '"""Measure."""', '"""Gauge."""', id="docstring"),
        pytest.param("measures/spread.py", '"""How strongly."""', "", id="words below a constant"),
        pytest.param("measures/spread.py", "# Far counts more.\n", "\n", id="comment inside"),
        pytest.param("tables.py", "path.split(SEPARATOR)", "(path.split(\n  SEPARATOR))",
                     id="reformatting"),
        pytest.param("tables.py", '","', "','", id="other quotes"),
        pytest.param("tables.py", "no path", "there is no path", id="message of an error"),
        pytest.param("script", "\ndef", "\n\n\n# Say it.\ndef", id="comment in the script"),
        pytest.param("figures.py", "blue", "red", id="a module that is not imported"),
        pytest.param("tables.py", "    return path\n", "    return path + '.'\n",
                     id="a function that is not reached"),
        pytest.param("measures/__init__.py", "LEAST = 1", "LEAST = 2",
                     id="a constant of the package that is not reached"),
        pytest.param("errors.py", "code = 1", "code = 2", id="plumbing"),
        pytest.param("measures/spread.py", "values: list) -> float", "values)", id="annotations"),
        pytest.param("weights.py", "total: float = 1.0", "total: 'int | None' = 1.0",
                     id="what a field may be"),
        pytest.param("script", "from world.tables", "import math\nfrom world.tables",
                     id="an import that is not used"),
        pytest.param("numbers.py", "def mean", "import world.figures\n\n\ndef mean",
                     id="an import of a module that is not used"),
        pytest.param("numbers.py", "def mean", "def first():\n    pass\n\n\ndef mean",
                     id="a neighbour"),
    ],
)  # fmt: skip
def test_what_decides_no_result_leaves_the_identity(script, edit, name, old, new):
    before = current(script)
    edit(name, old, new)
    assert current(script) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("script", 'read("x")', 'read("y")', id="the script"),
        pytest.param("tables.py", '","', '";"', id="constant"),
        pytest.param("measures/spread.py", "** POWER", "* POWER", id="formula"),
        pytest.param("measures/spread.py", "POWER = 2", "POWER = 2.0", id="number's type"),
        pytest.param("numbers.py", "len(values)", "(len(values) - 1)", id="import in a function"),
        pytest.param("weights.py", "mean / self.total", "mean * self.total", id="method"),
        pytest.param("weights.py", "total: float = 1.0", "total: float = 2.0", id="field"),
        pytest.param("weights.py", "@dataclass\n", "@dataclass(order=True)\n", id="decorator"),
        pytest.param("tables.py", "WrongError(f", "ValueError(f", id="another error"),
        pytest.param("measures/spread.py", "import math", "import cmath as math",
                     id="another library under the same name"),
        pytest.param("measures/spread.py", "from world.numbers import mean",
                     "from statistics import mean", id="another function under the same name"),
    ],
)  # fmt: skip
def test_what_decides_a_result_changes_the_identity(script, edit, name, old, new):
    before = current(script)
    edit(name, old, new)
    assert current(script) != before


def test_of_a_section_the_limits_of_keys_do_not_count_but_what_they_are_made_of(script, edit):
    edit("weights.py", "total: float = 1.0", "total: float = Field(default=1.0, ge=0)")
    edit("weights.py", "    def share", "    unit: Unit\n\n    def share")
    edit("weights.py", "@dataclass\n", "class Unit:\n    size = 1\n\n\n@dataclass\n")
    before = current(script)
    edit("weights.py", "ge=0", "ge=0, le=9")
    edit("weights.py", "unit: Unit", "unit: 'int' | Unit")
    assert current(script) == before
    edit("weights.py", "size = 1", "size = 2")
    assert (changed := current(script)) != before
    edit("weights.py", "default=1.0", "default=2.0")
    assert current(script) != changed


class TestMoves:
    """Where things lie and what they are called where they are used computes nothing."""

    def test_of_a_module(self, script, edit):
        before = current(script)
        world = script.parent / "world"
        (world / "numbers.py").rename(world / "measures" / "averages.py")
        edit("measures/spread.py", "world.numbers", "world.measures.averages")
        assert current(script) == before

    def test_of_a_package(self, script, edit):
        before = current(script)
        world = script.parent / "world"
        (world / "gauges").mkdir()
        (world / "measures").rename(world / "gauges" / "inner")
        (world / "gauges" / "__init__.py").touch()
        edit("script", "world.measures", "world.gauges.inner")
        assert current(script) == before

    def test_of_a_definition(self, script, edit):
        before = current(script)
        edit("measures/spread.py", "POWER = 2", "from world.figures import POWER")
        edit("figures.py", "COLOUR", "POWER = 2\nCOLOUR")
        assert current(script) == before

    def test_of_a_function_to_another_name(self, script, edit):
        before = current(script)
        edit("numbers.py", "def mean", "def average")
        edit("measures/spread.py", "import mean", "import average")
        edit("measures/spread.py", "return mean", "return average")
        assert current(script) == before

    def test_of_the_whole_project(self, script, tmp_path, monkeypatch):
        before = current(script)
        moved = tmp_path / "elsewhere"
        moved.mkdir()
        (tmp_path / "world").rename(moved / "world")
        script.rename(moved / script.name)
        monkeypatch.setattr(identity, "PACKAGE_ROOT", moved / "world")
        assert current(moved / script.name) == before

    @pytest.mark.parametrize(
        ("name", "old", "new"),
        [
            pytest.param("measures/spread.py", "import math", "import math as m", id="library"),
            pytest.param("measures/spread.py", "import math\n", "from math import pi\n",
                         id="a name instead of its library"),
            pytest.param("script", "import read", "import read as look", id="definition"),
            pytest.param("script", "from world.measures import spread",
                         "import world.measures.spread as spread", id="module"),
            pytest.param("script", "from world.measures import spread",
                         "import world.measures.spread", id="module by its whole name"),
            pytest.param("script", "from world.measures import spread",
                         "from world.measures.spread import measure", id="what a module has"),
        ],
    )  # fmt: skip
    def test_of_names(self, script, edit, name, old, new):
        before = current(script)
        uses = {
            "import math as m": ("math.pi", "m.pi"),
            "from math import pi\n": ("math.pi", "pi"),
            "import read as look": ("read(", "look("),
            "import world.measures.spread": ("spread.measure", "world.measures.spread.measure"),
            "from world.measures.spread import measure": ("spread.measure(", "measure("),
        }
        if new in uses:
            edit(name, *uses[new])
        edit(name, old, new)
        assert current(script) == before


@pytest.mark.parametrize(
    ("statement", "use"),
    [
        ("import world.figures", "world.figures.COLOUR"),
        ("import world.figures as f", "f.COLOUR"),
        ("import world.figures as f", "[getattr(each, 'COLOUR') for each in (f,)]"),
        ("from world import figures", "figures.COLOUR"),
        ("from world.figures import COLOUR", "COLOUR"),
        ("from world.figures import COLOUR as C", "(lambda: C)()"),
        ("if True:\n    from world import figures", "figures.COLOUR"),
        ("try:\n    from world.figures import COLOUR\nexcept ImportError:\n    pass", "COLOUR"),
        ("from world.figures import COLOUR", "[COLOUR for mean in 'ab']"),
        ("from world.figures import COLOUR", "[COLOUR for COLOUR in COLOUR]"),
        ("from world.figures import COLOUR", "f'in {COLOUR}'"),
        ("from world.figures import COLOUR", "[f'{sum(COLOUR for _ in x)}' for x in 'ab']"),
        ("from world.figures import COLOUR\nSHADE = COLOUR + '!'", "SHADE"),
        ("from world.figures import COLOUR\nclass Pen:\n    COLOUR = COLOUR", "Pen"),
        ("from world.figures import COLOUR\ndef shade(colour=COLOUR):\n    pass", "shade"),
        ("from world.figures import COLOUR\nfor SHADE in COLOUR:\n    pass", "SHADE"),
    ],
)
def test_every_way_to_use_a_definition_counts(script, edit, statement, use):
    edit("numbers.py", "def mean", f"{statement}\n\n\ndef mean")
    edit("numbers.py", "return sum(values)", f"return {use}, sum(values)")
    before = current(script)
    edit("figures.py", "blue", "red")
    assert current(script) != before


@pytest.mark.parametrize(
    "body",
    [
        "figures = values\n    return figures.COLOUR",
        "return [figures.COLOUR for figures in values]",
        "return (lambda figures: figures.COLOUR)(values)",
        "for figures in values:\n        return figures.COLOUR",
        "with values as figures:\n        return figures.COLOUR",
        "def inner(figures):\n        return figures.COLOUR\n    return inner(values)",
    ],
)
def test_a_variable_of_the_same_name_is_no_use(script, edit, body):
    edit("numbers.py", "def mean", "from world import figures\n\n\ndef mean")
    edit("numbers.py", "return sum(values) / len(values)", body)
    before = current(script)
    edit("figures.py", "blue", "red")
    assert current(script) == before


def test_a_class_hides_no_names_from_its_methods(script, edit):
    edit(
        "numbers.py",
        "def mean",
        "from world.figures import COLOUR\n\n\nclass Pen:\n    COLOUR = 1\n\n"
        "    def draw(self):\n        return COLOUR\n\n\ndef mean",
    )
    edit("numbers.py", "return sum", "return Pen() and sum")
    before = current(script)
    edit("figures.py", "blue", "red")
    assert current(script) != before


def test_what_a_module_does_when_it_is_loaded_counts(script, edit):
    edit("numbers.py", "def mean", "import math\n\nmath.tau = 1\nprint('first')\n\n\ndef mean")
    before = current(script)
    edit("numbers.py", "first", "second")
    changed = current(script)
    assert changed != before
    edit("numbers.py", "def mean", "if __name__ == '__main__':\n    print('by hand')\n\n\ndef mean")
    assert current(script) == changed


def test_a_module_that_runs_itself_counts_as_a_whole(script, edit):
    edit("numbers.py", "def mean", "if __name__ == '__main__':\n    print('first')\n\n\ndef mean")
    edit("numbers.py", "return sum", "return run('-m', __name__) and sum")
    before = current(script)
    edit("numbers.py", "first", "second")
    assert current(script) != before


def test_a_name_that_is_bound_twice_counts_twice(script, edit):
    edit("tables.py", 'SEPARATOR = ","', 'SEPARATOR = ","\nif len(SEPARATOR):\n    SEPARATOR = "."')
    before = current(script)
    edit("tables.py", '"."', '"-"')
    assert current(script) != before


def test_definitions_that_need_each_other_end(script, edit):
    edit("numbers.py", "return sum(values)", "return odd(values)")
    edit("numbers.py", "def mean", "def odd(n):\n    return mean(n)\n\n\ndef mean")
    before = current(script)
    edit("numbers.py", "return mean(n)", "return not mean(n)")
    assert current(script) != before


def test_two_definitions_of_one_name_are_told_apart(script, edit):
    """Each stands for itself, so that to exchange them is a change."""
    edit("numbers.py", "/ len(values)", "/ size(values) + world.figures.size(values)")
    edit(
        "numbers.py",
        "def mean",
        "import world.figures\n\n\ndef size(x):\n    return 1\n\n\ndef mean",
    )
    edit("figures.py", "COLOUR", "def size(x):\n    return 2\n\n\nCOLOUR")
    before = current(script)
    edit("numbers.py", "return 1", "return 2")
    edit("figures.py", "return 2", "return 1")
    assert current(script) != before


def test_definitions_are_named_as_imports_name_them(script):
    by_name = current("world.tables.read")
    assert by_name != current("world.tables") == current(script.parent / "world" / "tables.py")
    assert len(by_name) == 16
    assert int(by_name, 16) >= 0


@pytest.mark.parametrize("name", ["world.nothing", "world.numbers.median", "math"])
def test_what_is_not_there_has_no_identity(script, name):
    with pytest.raises(LookupError, match=name):
        current(name)


def test_an_import_of_nothing_is_found_before_any_job_runs(script, edit):
    edit("script", "import read", "import reed")
    edit("script", "read(", "reed(")
    with pytest.raises(LookupError, match=r"world\.tables\.reed"):
        current(script)


def test_the_real_package_names_its_plumbing_rightly():
    for name in identity.PLUMBING:
        importlib.import_module(f"synthgap.{name}")


def test_moving_a_real_module_changes_nothing(tmp_path, monkeypatch):
    """As a user's next version may do: images are not made again for it."""
    scripts = sorted((ROOT / "workflow/scripts").glob("*.py"))
    forget()
    before = [identity.code_identity(script) for script in scripts]
    shutil.copytree(ROOT / "src/synthgap", tmp_path / "synthgap")
    shutil.copytree(ROOT / "workflow/scripts", tmp_path / "scripts")
    (tmp_path / "synthgap/provenance.py").rename(tmp_path / "synthgap/generation/origins.py")
    for file in tmp_path.rglob("*.py"):
        text = file.read_text()
        moved = text.replace("synthgap.provenance", "synthgap.generation.origins")
        file.write_text(moved)
    monkeypatch.setattr(identity, "PACKAGE_ROOT", tmp_path / "synthgap")
    forget()
    after = [identity.code_identity(tmp_path / "scripts" / script.name) for script in scripts]
    assert after == before


def test_no_module_of_the_real_package_is_written_in_a_way_that_is_not_followed():
    for path in identity.PACKAGE_ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for words in ("\nfrom .", "import *", forms.MARK):
            assert words not in text, path
