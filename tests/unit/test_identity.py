from collections.abc import Callable
from pathlib import Path

import pytest

from synthgap import identity

SCRIPT = """
from world.tables import read
from world.measures import spread

print(spread.measure(read("x")))
"""
MODULES = {
    "__init__.py": '"""A world."""\n',
    "tables.py": '"""Reading."""\n\nfrom world.errors import fail\n\nSEPARATOR = ","\n\n\n'
    "def read(path):\n    return path.split(SEPARATOR)\n",
    "errors.py": "def fail():\n    raise ValueError\n",
    "measures/__init__.py": '"""Measures."""\n',
    "measures/spread.py": '"""Spread."""\n\nimport math\n\nPOWER = 2\n"""How strongly."""\n\n\n'
    'def measure(values):\n    """Measure."""\n    from world.numbers import mean\n\n'
    "    # Far counts more.\n    return mean(values) ** POWER + math.pi\n",
    "numbers.py": "def mean(values):\n    return sum(values) / len(values)\n",
    "figures.py": "COLOUR = 'blue'\n",
}

Edit = Callable[[str, str, str], None]


def current(script: Path) -> str:
    """The identity as a new process would compute it."""
    for cached in (identity._tree, identity._normal_form, identity._imports):
        cached.cache_clear()
    return identity.code_identity(script)


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
        pytest.param("script", "\nprint", "\n\n\n# Say it.\nprint", id="comment in the script"),
        pytest.param("figures.py", "blue", "red", id="a module that is not imported"),
        pytest.param("__init__.py", "A world", "Another", id="words of the package"),
        pytest.param("errors.py", "ValueError", "KeyError", id="plumbing"),
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
        pytest.param("script", "from world.tables", "import math\nfrom world.tables",
                     id="another import"),
    ],
)  # fmt: skip
def test_what_decides_a_result_changes_the_identity(script, edit, name, old, new):
    before = current(script)
    edit(name, old, new)
    assert current(script) != before


@pytest.mark.parametrize(
    "statement",
    [
        "import world.figures",
        "import world.figures as f",
        "from world import figures",
        "from world.figures import COLOUR",
        "if True:\n    from world import figures",
    ],
)
def test_every_way_to_import_a_module_counts(script, edit, statement):
    edit("numbers.py", "def mean", f"{statement}\n\n\ndef mean")
    before = current(script)
    edit("figures.py", "blue", "red")
    assert current(script) != before


def test_a_package_counts_where_a_name_is_taken_from_it(script, edit):
    edit("numbers.py", "def mean", "from world.measures import LEAST\n\n\ndef mean")
    edit("measures/__init__.py", '"""Measures."""', "LEAST = 1")
    before = current(script)
    edit("measures/__init__.py", "1", "2")
    assert current(script) != before


def test_a_circle_of_imports_ends(script, edit):
    edit("numbers.py", "def mean", "import world.tables\n\n\ndef mean")
    edit("tables.py", "SEPARATOR =", "import world.numbers\n\nSEPARATOR =")
    assert current(script) == current(script)


def test_it_does_not_depend_on_where_the_project_lies(script, tmp_path, monkeypatch):
    before = current(script)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (tmp_path / "world").rename(moved / "world")
    script.rename(moved / script.name)
    monkeypatch.setattr(identity, "PACKAGE_ROOT", moved / "world")
    assert current(moved / script.name) == before


def test_modules_are_named_as_imports_name_them(script):
    by_name = identity.code_identity("world.numbers")
    assert by_name == identity.code_identity(script.parent / "world" / "numbers.py")
    assert len(by_name) == 16
    assert int(by_name, 16) >= 0
    with pytest.raises(ModuleNotFoundError, match=r"world.nothing is no module of this project"):
        identity.code_identity("world.nothing")


def test_the_order_of_several_sources_does_not_matter(script):
    names = ("world.numbers", "world.figures")
    assert identity.code_identity(*names) == identity.code_identity(*reversed(names))
    assert identity.code_identity(*names) != identity.code_identity(names[0])


def test_the_real_package_names_its_plumbing_rightly():
    for name in identity.PLUMBING:
        assert (identity.PACKAGE_ROOT / name).is_file()


def test_no_module_of_the_real_package_imports_relatively():
    # `code_identity` follows absolute imports alone.
    for path in identity.PACKAGE_ROOT.rglob("*.py"):
        assert "\nfrom ." not in path.read_text(encoding="utf-8"), path
