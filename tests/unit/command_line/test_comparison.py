"""From folders to a study file that the workflow accepts."""

import re
import shutil
from pathlib import Path

import datasets
import pytest
import tiny_encoders
import yaml
from class_trees import dataset, fill, tree

from synthgap.command_line.comparison import compare, write
from synthgap.errors import InputError
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.parquet_index import write_index
from synthgap.study.model import Study
from synthgap.study.parsing import parse_study, read_yaml


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_encoders.clip(tmp_path_factory.mktemp("models") / "clip"))


def written(natural: Path, *made: Path, encoder: str, monkeypatch: pytest.MonkeyPatch) -> Study:
    """Write a study, and check it where Snakemake would run on it."""
    file = natural.parent / "study/mine.yaml"
    comparison = compare(str(natural), [str(place) for place in made], encoder, file)
    assert write(comparison, "snakemake")
    monkeypatch.chdir(file.parent)
    return parse_study(read_yaml(file), file)


def test_folders_of_any_names(tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch):
    photos = tree(
        tmp_path / "photos", **{"Grey Heron": 12, "Käfer_rund": 20, "a [b]": 14, "only here": 30}
    )
    made = tree(
        tmp_path / "made it", **{"grey-heron": 6, "KA\u0308FER rund": 9, "A_[B]": 30, "other": 9}
    )
    study = written(photos, made, encoder=encoder, monkeypatch=monkeypatch)
    assert study.class_ids == ("a-b", "Grey-Heron", "Kafer_rund")
    assert [one.name for one in study.classes] == ["a [b]", "Grey Heron", "Käfer rund"]
    assert (study.measures.n, list(study.variants)) == (6, ["made-it"])
    images = study.image_set("made-it")
    assert images is not None
    counted = [len(list(images.found(one))) for one in study.classes]
    assert counted == [30, 6, 9]
    for part, expected in (("natural-train", [8, 6, 14]), ("natural-val", [6, 6, 6])):
        of_part = study.image_set(part)
        assert of_part is not None
        assert [len(list(of_part.found(one))) for one in study.classes] == expected


def test_several_variants_have_names_of_their_own(
    tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
):
    photos = tree(tmp_path / "photos", crane=20)
    made = [tree(tmp_path / name / "prompts", crane=10) for name in ("a", "b", "c d")]
    study = written(photos, *made, encoder=encoder, monkeypatch=monkeypatch)
    assert list(study.variants) == ["a-prompts", "b-prompts", "c-d-prompts"]


def test_a_name_that_ends_as_a_file_does_loses_its_end(
    tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
):
    photos = tree(tmp_path / "photos", crane=20)
    names = ("sp.parquet", "made.csv", "v1.5", f"{'x' * 96}.csv.old", "all.png")
    made = [tree(tmp_path / name, crane=10) for name in names]
    model = tmp_path / "dino.CSV"
    shutil.copytree(encoder, model)
    study = written(photos, *made, encoder=str(model), monkeypatch=monkeypatch)
    assert list(study.variants) == ["sp", "made", "v1.5", "x" * 96, "all"]


def test_a_folder_may_begin_with_a_tilde(
    tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
):
    photos, made = tree(tmp_path / "~photos", crane=20), tree(tmp_path / "study/~{x}", crane=10)
    study = written(photos, made, encoder=encoder, monkeypatch=monkeypatch)
    assert study.measures.n == 10


def test_two_parts_stay_as_they_are(tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch):
    tree(tmp_path / "photos/train", crane=20)
    tree(tmp_path / "photos/val", crane=7)
    made = tree(tmp_path / "made", crane=10)
    study = written(tmp_path / "photos", made, encoder=encoder, monkeypatch=monkeypatch)
    assert study.natural.model_dump(exclude_none=True, exclude_defaults=True) == {
        "kind": "folder",
        "train": "../photos/train",
        "val": "../photos/val",
    }
    assert study.measures.n == 7


def test_folders_without_class_folders_are_one_class(
    tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
):
    photos, made = fill(tmp_path / "photos", 20), fill(tmp_path / "made", 10)
    study = written(photos, made, encoder=encoder, monkeypatch=monkeypatch)
    assert study.class_ids == ("all",)
    for source, images in (("natural-train", 10), ("natural-val", 10), ("made", 10)):
        found = study.image_set(source)
        assert found is not None
        paths = [item.path for item in found.found(study.classes[0])]
        assert len(paths) == images
        assert all(Path(path).is_file() for path in paths)


def test_a_table_with_other_columns_is_written_anew(
    tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
):
    photos = tree(tmp_path / "photos", **{"Grey Heron": 12, "crane": 12})
    tree(tmp_path / "pictures", x=12)
    rows = [f"x/{k:03}.png,{'grey heron' if k % 2 else 'Crane'},a bird" for k in range(12)]
    (tmp_path / "pictures/list.csv").write_text("\n".join(["filename,label,caption", *rows]))
    study = written(
        photos, tmp_path / "pictures/list.csv", encoder=encoder, monkeypatch=monkeypatch
    )
    images = study.image_set("list")
    assert images is not None
    for one in study.classes:
        found = list(images.found(one))
        assert len(found) == 6
        assert all(Path(item.path).is_file() for item in found)
        assert {item.prompt for item in found} == {"a bird"}


def test_parquet_files_whose_labels_are_spelled_otherwise(
    tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "hub/data").mkdir(parents=True)
    for split, images in (("train", 9), ("validation", 6)):
        dataset([0, 1] * images, ("Grey Heron", "crane")).to_parquet(
            tmp_path / f"hub/data/{split}-00000-of-00001.parquet"
        )
    table = dataset([1, 0, 1] * 5, ("grey_heron", "CRANE")).cast_column(
        "label", datasets.Value("string")
    )
    names = {"0": "grey_heron", "1": "CRANE"}
    table.map(lambda row: {"label": names[row["label"]]}).to_parquet(tmp_path / "made.parquet")
    study = written(
        tmp_path / "hub", tmp_path / "made.parquet", encoder=encoder, monkeypatch=monkeypatch
    )
    assert study.class_ids == ("crane", "Grey-Heron")
    assert study.measures.n == 5
    counted = {}
    for source in study.sources:
        images = study.image_set(source)
        assert isinstance(images, ParquetFiles)
        index = tmp_path / f"{source}.parquet"
        write_index(images, index, {})
        counted[source] = [len(list(images.found(one, str(index)))) for one in study.classes]
    assert counted == {"natural-train": [9, 9], "natural-val": [6, 6], "made": [10, 5]}


def test_a_zip_is_unpacked_beside_the_study(
    tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
):
    photos, made = tree(tmp_path / "photos", crane=20), tree(tmp_path / "made", crane=10)
    shutil.make_archive(str(tmp_path / "made"), "zip", made)
    study = written(photos, tmp_path / "made.zip", encoder=encoder, monkeypatch=monkeypatch)
    images = study.image_set("made")
    assert images is not None
    (one,) = study.classes
    found = [item.path for item in images.found(one)]
    assert len(found) == 10
    assert all(path.startswith("mine.files/made-") and Path(path).is_file() for path in found)


def test_the_same_study_goes_on_and_another_is_kept(tmp_path: Path, encoder: str):
    photos, made = tree(tmp_path / "photos", crane=20), tree(tmp_path / "made", crane=10)
    file = tmp_path / "mine.yaml"
    places = (str(photos), [str(made)], encoder, file)
    assert write(compare(*places), "snakemake ...")
    before = file.read_bytes()
    assert not write(compare(*places), "snakemake ...")
    fill(made / "crane", 5)
    fill(made / "crane", 1, first=20)
    with pytest.raises(InputError) as raised:
        write(compare(*places), "snakemake ...")
    line = str(raised.value)
    assert line.startswith(f"{file}: is there and is another study")
    assert "--study" in line
    assert line.endswith("run it as it is: snakemake ...")
    assert file.read_bytes() == before


def test_a_place_where_no_file_can_be_is_one_line(tmp_path: Path, encoder: str):
    photos, made = tree(tmp_path / "photos", crane=20), tree(tmp_path / "made", crane=10)
    (tmp_path / "mine.yaml").mkdir()
    (tmp_path / "file").touch()
    for place in ("mine.yaml", "file/mine.yaml"):
        comparison = compare(str(photos), [str(made)], encoder, tmp_path / place)
        with pytest.raises(InputError, match="cannot be written"):
            write(comparison, "snakemake")


def test_what_was_found_is_said(tmp_path: Path, encoder: str):
    photos = tree(tmp_path / "photos", crane=20, heron=30, **{"on\nly": 4})
    made = tree(tmp_path / "made", crane=10, heron=2)
    (photos / "crane/notes.txt").touch()
    fill(photos, 1)
    comparison = compare(str(photos), [str(made)], encoder, tmp_path / "mine.yaml")
    lines = comparison.said.splitlines()
    assert re.fullmatch(rf"natural +{photos}, class folders +3 +54 +4 +20 +30", lines[1])
    assert "  on\\nly: no images in made" in lines
    assert f"  heron: 2 images in {made}; it needs 3" in lines
    assert f"  {photos}/crane/notes.txt: no image by its name, which ends in .txt" in lines
    assert "Put aside (2):" in lines
    assert f"  {photos}/000.png: an image beside the class folders" in lines
    assert any(line.startswith("Warning: Few images: n is 10") for line in lines)
    assert "# - heron: 2 images in" in comparison.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: tree(root / "made", heron=9), "no class is in every source"),
        (lambda root: fill(root / "made", 9), "holds images, but no class folders as"),
        (lambda root: tree(root / "made", crane=4), "crane: 4 images in .*; it needs 5"),
        (lambda root: (root / "made").symlink_to(root / "photos"), "named twice"),
    ],
)
def test_what_cannot_be_compared_is_one_line(tmp_path: Path, encoder: str, change, said: str):
    photos = tree(tmp_path / "photos", crane=20)
    change(tmp_path)
    with pytest.raises(InputError, match=said) as raised:
        compare(str(photos), [str(tmp_path / "made")], encoder, tmp_path / "mine.yaml")
    assert "\n" not in str(raised.value)


def test_a_study_has_a_name_that_files_can_have(tmp_path: Path):
    with pytest.raises(InputError, match=r"such as my-study\.yaml"):
        compare("photos", ["made"], None, tmp_path / "my study.yaml")


def test_the_file_is_yaml_of_the_model_alone(tmp_path: Path, encoder: str):
    photos, made = tree(tmp_path / "photos", crane=20), tree(tmp_path / "made", crane=10)
    comparison = compare(str(photos), [str(made)], encoder, tmp_path / "mine.yaml")
    Study.model_validate(yaml.safe_load(comparison.text))
    assert comparison.beside == {}
    assert not (tmp_path / "mine.yaml").exists()
