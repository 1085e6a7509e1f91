import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synthgap.errors import InputError
from synthgap.study.parsing import parse_study, read_yaml

ROOT = Path(__file__).parents[3]
TINY = read_yaml(ROOT / "tests/studies/tiny.yaml")

Mutation = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where a study may make its results folder, and where some files lie."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("lacking.csv").write_text("class_id,prompt\ndigit-0,a ring\n")
    Path("bad.csv").write_text("class_id,name\na,A\nb c,B\n")
    Path("empty.csv").write_text("class_id,name\n")
    Path("columns.csv").write_text("class,caption\ndigit-0,a ring\n")


def put(*place: str | int | Any) -> Mutation:
    """Set the value at a place in the file: keys, and last the value."""
    *path, last, value = place

    def mutate(data: Any) -> None:
        for key in path:
            data = data[key]
        data[last] = value

    return mutate


def drop(*place: str) -> Mutation:
    def mutate(data: Any) -> None:
        for key in place[:-1]:
            data = data[key]
        del data[place[-1]]

    return mutate


def recipe(**spec: Any) -> Mutation:
    return put("prompts", "disamb", spec)


def refused(mutation: Mutation) -> str:
    """The one line that a changed study is refused with."""
    data = copy.deepcopy(TINY)
    mutation(data)
    with pytest.raises(InputError) as caught:
        parse_study(data, "study.yaml")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("study.yaml: ")
    return message.removeprefix("study.yaml: ")


MODEL = ("generators", "stable-diffusion", "model")
VARIANT = {"generator": "stable-diffusion", "prompts": "disamb", "guidance_scale": 2.5}
BAD_INPUT: list[tuple[str, Mutation, tuple[str, ...]]] = [
    ("unknown section", put("classs", 1), ("unknown key classs", "did you mean classes?")),
    ("strange section", put("qqqq", 1), ("unknown key qqqq", "known are study, description")),
    ("unknown nested key", put("generators", "stable-diffusion", "heigth", 8),
     ("generators.stable-diffusion: ", "heigth", "did you mean height?")),
    ("unknown key of a class", put("classes", 1, "nam", "x"), ("classes[1]: ", "name?")),
    ("missing section", drop("natural"), ("natural: missing", "config/README.md")),
    ("missing key", drop("natural", "train_per_class"), ("natural.train_per_class: missing",)),
    ("section of the wrong shape", put("measures", 3), ("measures: ", "mapping", "n, draws")),
    ("unknown generator", put("variants", "disamb", "generator", "sdxl"),
     ("variants.disamb.generator: ", "no sdxl", "has stable-diffusion")),
    ("unknown recipe", put("variants", "disamb", "prompts", "poem"),
     ("variants.disamb.prompts: ", "no poem", "has classname, disamb")),
    ("negative guidance", put("variants", "disamb", "guidance_scale", -1),
     ("variants.disamb.guidance_scale: must be at least 0, not -1",)),
    ("no images", put("images_per_class", 0), ("images_per_class: must be at least 1, not 0",)),
    ("no number", put("images_per_class", "many"),
     ("images_per_class: ", "a whole number", "'many'")),
    ("class_id with a slash", put("classes", 0, "class_id", "birds/crane"),
     ("classes[0].class_id: ", "'birds/crane' cannot name files", "letters, digits", "n02012849")),
    ("class_id with a space", put("classes", 2, "class_id", "big crane"),
     ("classes[2].class_id: ", "'big crane' cannot name files", "letters, digits")),
    ("class_id that climbs", put("classes", 0, "class_id", "../x"), ("classes[0].class_id: ",)),
    ("class_id of two lines", put("classes", 0, "class_id", "a\nb"), ("classes[0].class_id: ",)),
    ("duplicate class_id", put("classes", 0, "class_id", "digit-6"),
     ("classes: ", "digit-6 occurs twice")),
    ("no classes", put("classes", []), ("classes: ", "at least 1")),
    ("no class file", put("classes", {"file": "no.csv"}),
     ("classes: no.csv: cannot be read", "No such file")),
    ("class file lacking columns", put("classes", {"file": "columns.csv"}),
     ("classes: columns.csv: no column class_id", "found are class, caption")),
    ("class file with a bad id", put("classes", {"file": "bad.csv"}),
     ("classes: bad.csv: line 3: class_id: 'b c' cannot name files",)),
    ("class file of no classes", put("classes", {"file": "empty.csv"}),
     ("classes: empty.csv: has no rows",)),
    ("key that no class file has", put("classes", {"fil": "bad.csv"}), ("classes", "file?")),
    ("classifiers without training sets", drop("training_sets"), ("go together",)),
    ("no number of images", drop("images_per_class"), ("images_per_class: missing",)),
    ("unknown placeholder", put("prompts", "disamb", "template", "{nam}"),
     ("prompts.disamb", "unknown placeholder {nam}", "known are {name}, {definition}")),
    ("broken braces", put("prompts", "disamb", "template", "{name"),
     ("prompts.disamb", "'{name'", "write {{ and }}")),
    ("context without prompt", recipe(kind="contexts", template="{name}", contexts=["at night"]),
     ("prompts.disamb", "'at night' has no place for the {prompt}")),
    ("missing definition", put("classes", 0, "definition", ""),
     ("prompts.disamb: ", "{definition}", "the class digit-0 has none")),
    ("missing model folder", put(*MODEL, {"folder": "no/such"}),
     ("generators.stable-diffusion.model.folder: no folder no/such",)),
    ("missing encoder folder", put("encoders", "clip", "model", {"folder": "file"}),
     ("encoders.clip.model.folder: no folder file",)),
    ("repository without revision", put(*MODEL, {"repository": "owner/name"}),
     ("generators.stable-diffusion.model: ", "revision (the commit to pin)")),
    ("branch as revision", put(*MODEL, {"repository": "a/b", "revision": "main"}),
     ("generators.stable-diffusion.model.revision: ", "'main'")),
    ("two models in one", put(*MODEL, {"folder": ".", "miniature": "clip"}),
     ("generators.stable-diffusion.model: ", "exactly one of repository, folder and miniature")),
    ("miniature without its section", drop("miniature"),
     ("generators.stable-diffusion.model: ", "need the section miniature")),
    ("results below a file", put("results", "file/results"),
     ("results: the folder file/results cannot be written", "file is no folder")),
    ("results that are a file", put("results", "file"), ("results: ", "cannot be written")),
    ("n above images_per_class", put("measures", "n", 7),
     ("measures.n: 7", "images_per_class is 6", "lower the one or raise the other")),
    ("variant named as natural images", put("variants", "natural-train", VARIANT),
     ("variants.natural-train: ", "the name is taken")),
    ("variant name with a slash", put("variants", "a/b", VARIANT),
     ("variants: the name 'a/b' cannot name files: use letters",)),
    ("unknown source to train on", put("training_sets", "disamb", ["disamb", "sdxl"]),
     ("training_sets.disamb: there is no sdxl", "has natural-train, classname, disamb")),
    ("natural-val to train on", put("training_sets", "disamb", ["natural-val"]),
     ("training_sets.disamb: there is no natural-val",)),
    ("more to train on than there is",
     put("training_sets", "disamb", {"images_per_class": 9, "proportions": {"natural-train": 1}}),
     ("the share of natural-train in training_sets.disamb is 9, but natural-train has fewer in",
      "of the digits: digit-0 8, ", "the largest that works is 8")),
    ("missing captions", recipe(kind="captions", file="none.csv"),
     ("prompts.disamb.file: no file none.csv",)),
    ("captions lacking a class", recipe(kind="captions", file="lacking.csv"),
     ("prompts.disamb: lacking.csv", "no caption for the class digit-6")),
    ("captions lacking columns", recipe(kind="captions", file="columns.csv"),
     ("prompts.disamb: columns.csv", "no column class_id; needed are class_id, prompt")),
    ("unknown kind of recipe", recipe(kind="poem", template="x"),
     ("prompts.disamb: kind must be one of captioned, captions, contexts, template",)),
    ("unknown kind of natural set", put("natural", "kind", "webdataset"),
     ("natural: kind must be one of digits, folder",)),
    ("unknown kind of generator", put("generators", "stable-diffusion", "kind", "gan"),
     ("generators.stable-diffusion: kind must be one of adapted, diffusers, folder, parquet",)),
    ("a key of another kind of generator",
     put("generators", "stable-diffusion", "image_to_image", {"strength": 0.5}),
     ("generators.stable-diffusion: image_to_image", "which kind: adapted does")),
    ("no guidance scale for a generator", drop("variants", "disamb", "guidance_scale"),
     ("variants.disamb.guidance_scale: missing; stable-diffusion makes images and needs it",)),
    ("no recipe for a generator", drop("variants", "disamb", "prompts"),
     ("variants.disamb.prompts: missing; stable-diffusion makes images and needs it",)),
    ("missing folder of images made elsewhere",
     put("generators", "stable-diffusion", {"kind": "folder", "images": "no"}),
     ("generators.stable-diffusion: no folder no",)),
    ("folder of a later class", put("classes", 0, "folder", "digit-9"),
     ("classes: digit-0 has the folder digit-9, which is the class digit-9's; give each",)),
    ("folder of an earlier class", put("classes", 2, "folder", "digit-0"),
     ("classes: digit-9 has the folder digit-0, which is the class digit-0's",)),
    ("one folder for two classes", lambda data: [c.update(folder="x") for c in data["classes"][:2]],
     ("classes: digit-6 has the folder x, which is the class digit-0's",)),
    ("seed below zero", put("classifiers", "resnet", "seeds", [0, -1]),
     ("classifiers.resnet.seeds[1]: must be at least 0, not -1",)),
    ("seed that occurs twice", put("classifiers", "resnet", "seeds", [0, 1, 0]),
     ("classifiers.resnet.seeds: 0 occurs twice",)),
    ("unknown class of the digits", put("classes", 0, "class_id", "digit-10"),
     ("natural: the digits have no class digit-10", "digit-0 to digit-9")),
    ("missing image folder", put("natural", {"kind": "folder", "train": "no", "val": "no"}),
     ("miniature: its models learn from natural images of the kind digits",)),
    ("no name for the results", put("results", ""), ("results: ", "such as data/photos")),
    ("results with a wildcard", put("results", "r{x}"), ("results: ", "'r{x}'")),
    ("one source to train on", put("training_sets", "disamb", "disamb"),
     ("training_sets.disamb: must be a list", "'disamb'")),
    ("more to measure than there is", put("measures", "n", 7), ("measures.n: 7",)),
    ("unknown encoder to report", put("report", "encoder", "dino"),
     ("report.encoder: there is no dino", "has clip")),
    ("unknown classifier to report", put("report", "classifier", "vit"),
     ("report.classifier: there is no vit", "has resnet")),
    ("unknown model of the miniature", put("encoders", "clip", "model", {"miniature": "gap"}),
     ("encoders.clip.model.miniature: there is no gap", "has clip, stable-diffusion")),
    ("unknown generator of the miniature", put(*MODEL, {"miniature": "wide"}),
     ("generators.stable-diffusion.model.miniature: there is no wide",)),
    ("further generator called as a model",
     put("miniature", "generators", {"stable-diffusion": {"steps": 1}}),
     ("miniature.generators.stable-diffusion: the name is taken",)),
    ("channels that no group divides",
     put("miniature", "diffusion", {"steps": 1, "channels": 12}),
     ("miniature.diffusion.channels", "12")),
    ("further encoder called as a model", put("miniature", "encoders", {"clip": {"steps": 1}}),
     ("miniature.encoders.clip: the name is taken",)),
    ("mean of no encoder", put("encoders", "moved", {"kind": "mean-removed", "encoder": "dino"}),
     ("encoders.moved.encoder: there is no dino", "has clip, moved")),
    ("mean of what has none",
     put("encoders", "moved", {"kind": "mean-removed", "encoder": "moved"}),
     ("encoders.moved.encoder: moved is not of the kind clip",)),
    ("no pairs for another model",
     put("encoders", "clip", {"kind": "clip", "model": {"folder": "."}, "tune": {"steps": 2}}),
     ("encoders.clip.tune.pairs: missing; name a CSV file with the columns file and caption",)),
    ("pairs that are not there", put("encoders", "clip", "tune", {"steps": 2, "pairs": "no.csv"}),
     ("encoders.clip.tune.pairs: no.csv: cannot be read",)),
    ("pairs without captions", put("encoders", "clip", "tune", {"steps": 2, "pairs": "bad.csv"}),
     ("encoders.clip.tune.pairs: bad.csv: no column file",)),
    ("unknown class to report", put("report", "classes", ["digit-0", "digit-x"]),
     ("report.classes: there is no digit-x", "digit-0")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("mutation", "fragments"), [pytest.param(*case[1:], id=case[0]) for case in BAD_INPUT]
)
def test_bad_input_is_refused_in_one_line_with_key_and_remedy(mutation, fragments):
    message = refused(mutation)
    for fragment in fragments:
        assert fragment in message


SUBTLE_INPUT: list[tuple[str, Mutation, tuple[str, ...]]] = [
    ("key hidden by its kind", put("prompts", "disamb", "template", "{nam}"),
     ("prompts.disamb.template: ",)),
    ("key hidden by its kind, contexts", recipe(kind="contexts", template="{name}", contexts=[]),
     ("prompts.disamb.contexts: ",)),
    ("placeholder with a format", put("prompts", "disamb", "template", "{name:d}"),
     ("prompts.disamb",)),
    ("nested placeholder", put("prompts", "disamb", "template", "{name:{x}}"),
     ("prompts.disamb",)),
    ("missing kind", drop("prompts", "disamb", "kind"),
     ("prompts.disamb", "captions, contexts, template")),
    ("endless guidance", put("variants", "disamb", "guidance_scale", float("inf")),
     ("variants.disamb.guidance_scale: ",)),
    ("variant where prompts' embeddings lie", put("variants", "prompts", VARIANT),
     ("variants.prompts: ",)),
    ("nothing to train on", put("training_sets", "disamb", []), ("training_sets.disamb: ",)),
    ("name of two lines", put("variants", "disamb", "generator", "a\nb"),
     ("variants.disamb.generator: ",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("mutation", "fragments"), [pytest.param(*case[1:], id=case[0]) for case in SUBTLE_INPUT]
)
def test_subtle_bad_input_is_refused_in_one_line(mutation, fragments):
    message = refused(mutation)
    for fragment in fragments:
        assert fragment in message


@pytest.mark.parametrize(
    ("content", "fragments"),
    [
        (b"a: 1\nstudy: 2020-99-99\n", ("line 2: 2020-99-99", "as a date", "put it in quotes")),
        (b"study: !!timestamp x\n", ("line 1: x cannot be read as a date",)),
        (b"study: [!!int x]\n", ("line 1: x cannot be read as a whole number",)),
        (b"study: !!int ''\n", ("cannot be read as a whole number",)),
        (b"study: !!bool x\n", ("line 1: x cannot be read as yes or no",)),
        (b"!!float x: 1\n", ("line 1: x cannot be read as a number",)),
        (b"n: " + b"9" * 5000, (f"line 1: {'9' * 40}... cannot be read as a whole number",)),
        (b"a:\n\tb: 1\n", ("line 2, column 1", "not YAML", "indent with spaces")),
        (b"a: b: c\n", ("line 1, column 5", "not YAML", "quote texts with a colon")),
        (b"a: {b: 1\n", ("line 2", "not YAML")),
        ("a: größe\n".encode("latin-1"), ("not UTF-8 text", "save it as UTF-8")),
        (b"- a\n- b\n", ("a mapping of sections", "config/README.md")),
        (b"", ("a mapping of sections",)),
        (b"a: !!python/object:os.system {}\n", ("not YAML",)),
    ],
)
def test_unreadable_yaml_is_refused_in_one_line(content, fragments):
    Path("study.yaml").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_yaml("study.yaml")
    message = str(caught.value)
    assert message.startswith("study.yaml:")
    assert "\n" not in message
    for fragment in fragments:
        assert fragment in message


def test_a_missing_file_is_refused():
    with pytest.raises(InputError, match=r"^none.yaml: cannot be read \(No such file"):
        read_yaml("none.yaml")
