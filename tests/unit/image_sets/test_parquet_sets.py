"""Images inside Parquet files, as the `datasets` library writes them, with classes mixed."""

import json
import os
from pathlib import Path
from time import process_time

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from encoding import encode, noise, pixels

from synthgap import tables
from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.generation.made_elsewhere import ParquetGenerator
from synthgap.image_files import byte_ranges, parquet_rows
from synthgap.image_files.decoding import encoded, pictures
from synthgap.image_sets.image_table import read_images
from synthgap.image_sets.natural import NaturalParquet
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.parquet_index import parts_of, write_index
from synthgap.study.model import Study
from synthgap.study.notices import notices
from synthgap.study.parsing import read_yaml

BIRDS = ("n01", "n02", "n03")
CRANE, OWL, KITE = (Category(class_id=name, name=name) for name in BIRDS)
FILES, EACH = 3, 8


def label_of(place: int) -> int:
    return (place * 7 + place // 5) % 3


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files as ILSVRC/imagenet-1k has them, and the same compressed and with text labels."""
    folder = tmp_path_factory.mktemp("stored")
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(BIRDS))}
    )
    for number in range(FILES):
        places = range(number * EACH, (number + 1) * EACH)
        rows = {
            "image": [
                {
                    "bytes": encode(noise(seed=place), "PNG" if place % 2 else "BMP"),
                    "path": f"{BIRDS[label_of(place)]}_{place}.JPEG",
                }
                for place in places
            ],
            "label": [label_of(place) for place in places],
        }
        data = datasets.Dataset.from_dict(rows, features=features)
        (folder / "data").mkdir(exist_ok=True)
        data.to_parquet(folder / f"data/train-{number:05d}.parquet", batch_size=3)
        table = pq.read_table(folder / f"data/train-{number:05d}.parquet")
        texts = [BIRDS[label] for label in table["label"].to_pylist()]
        table = table.set_column(1, "label", pa.array(texts)).replace_schema_metadata(None)
        table = table.append_column("prompt", pa.array([f"a {text}" for text in texts]))
        (folder / "packed").mkdir(exist_ok=True)
        pq.write_table(
            table,
            folder / f"packed/{number}.parquet",
            compression="zstd",
            use_dictionary=False,
            row_group_size=3,
        )
    (folder / "labels.csv").write_text("class_id,name\nn03,kite\nn02,owl\nn01,crane\n")
    return folder


def read(image_set: ParquetFiles, category: Category, tmp_path: Path, max_unreadable=0.0):
    index, images, aside = (str(tmp_path / f"{name}.parquet") for name in ("index", "t", "aside"))
    write_index(image_set, index, {"study": "t"})
    read_images(
        image_set,
        category,
        index=index,
        images=images,
        quarantine=aside,
        least=1,
        max_unreadable=max_unreadable,
        max_copies=1,
        threads=2,
        metadata={},
    )
    return tables.read(images), tables.read(aside).to_pylist()


def mixed(stored: Path) -> ParquetFiles:
    return ParquetFiles(kind="parquet", files=f"{stored}/data/train-*.parquet")


def packed(stored: Path) -> ParquetFiles:
    return ParquetFiles(kind="parquet", files=f"{stored}/packed/*.parquet")


@pytest.mark.parametrize("make", [mixed, packed])
def test_each_class_gets_its_pictures_as_datasets_shows_them(make, stored, tmp_path):
    expected = datasets.load_dataset(
        "parquet",
        data_files=f"{stored}/data/*.parquet",
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    image_set = make(stored)
    assert image_set.problem((CRANE, OWL, KITE)) is None
    seen = 0
    for number, category in enumerate((CRANE, OWL, KITE)):
        table, aside = read(image_set, category, tmp_path)
        wanted = [row["image"] for row in expected if row["label"] == number]
        assert aside == []
        for shown, known in zip(pictures(table, "t"), wanted, strict=True):
            assert np.array_equal(pixels(shown), pixels(known))
        assert all(cell["bytes"] is None for cell in table["image"].to_pylist())
        seen += len(wanted)
    assert seen == FILES * EACH


def test_what_lies_in_the_file_as_it_is_is_referred_to_by_its_bytes(stored, tmp_path, capsys):
    table, _ = read(mixed(stored), CRANE, tmp_path)
    for cell in table["image"].to_pylist():
        file, place = cell["path"].split("#")
        offset, length = (int(part.split("=")[1]) for part in place.split("&"))
        assert Path(file).read_bytes()[offset : offset + length] == encoded(cell)
    assert "compressed" not in capsys.readouterr().out
    read(packed(stored), CRANE, tmp_path)
    assert "0.parquet: its images are compressed" in capsys.readouterr().out


def test_a_study_of_compressed_images_says_so_in_one_line(stored):
    tiny = read_yaml(Path(__file__).parents[2] / "studies/tiny.yaml")
    del tiny["miniature"]
    tiny["encoders"]["clip"]["model"] = {"repository": "a/b", "revision": "0" * 40}
    tiny["generators"] = {
        "packed": {"kind": "parquet", "images": f"{stored}/packed/*", "label": "label"},
        "plain": {"kind": "parquet", "images": f"{stored}/data/*", "label": "label"},
    }
    tiny["natural"] = {"kind": "parquet", "images": f"{stored}/data/*", "val_per_class": 6}
    variants = tiny["variants"].values()
    for names, said in ((("plain", "plain"), None), (("packed", "packed"), f"{stored}/packed/*: ")):
        for variant, name in zip(variants, names, strict=True):
            variant["generator"] = name
        study = Study.model_validate(tiny)
        lines = [line for line in notices(study) if "compressed" in line]
        if said is None:
            assert lines == []
        else:
            (line,) = lines
            assert line.startswith(f"{said}images are compressed")
            assert line.count("packed/*") == 1
            assert "\n" not in line


@pytest.mark.parametrize("statistics", [True, False])
def test_files_that_are_only_named_are_not_called_compressed(statistics, tmp_path, capsys):
    """There is nothing to copy; a file of one image and of many."""
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    (tmp_path / "a.png").write_bytes(encode(noise()))
    for rows in (1, 5000):
        cells = [{"bytes": None, "path": f"{tmp_path}/a.png"}] * rows
        table = pa.table({"image": pa.array(cells, kind), "label": ["n01"] * rows})
        path = tmp_path / f"{rows}.parquet"
        pq.write_table(table, path, compression="zstd", write_statistics=statistics)
        image_set = ParquetFiles(kind="parquet", files=str(path))
        assert not image_set.compressed()
        write_index(image_set, tmp_path / "index.parquet", {})
        assert capsys.readouterr().out == ""
        places = tables.read(tmp_path / "index.parquet")["path"].to_pylist()
        assert places == [f"{tmp_path}/a.png"] * rows


def test_footers_of_a_thousand_files_are_read_in_seconds(stored, tmp_path):
    content = Path(f"{stored}/data/train-00000.parquet").read_bytes()
    for number in range(1000):
        (tmp_path / f"{number:04}.parquet").write_bytes(content)
    image_set = ParquetFiles(kind="parquet", files=f"{tmp_path}/*.parquet")
    start = process_time()
    assert image_set.problem((CRANE, OWL, KITE)) is None
    assert process_time() - start < 10
    # Too many to read their labels before the first job.
    assert image_set.counts((CRANE,), 1) is None


def test_the_index_counts_all_classes_before_it_reads_an_image(stored, tmp_path, monkeypatch):
    """As the check does for fewer files."""
    image_set = mixed(stored)
    counts = image_set.counts((CRANE, OWL, KITE), 99)
    labels = [BIRDS[label_of(place)] for place in range(FILES * EACH)]
    assert counts == {name: labels.count(name) for name in BIRDS}

    def refuse(*_):
        raise AssertionError("an image was looked for")

    monkeypatch.setattr(byte_ranges, "byte_ranges", refuse)
    with pytest.raises(InputError) as caught:
        write_index(
            image_set,
            tmp_path / "index.parquet",
            {},
            categories=(CRANE, OWL, KITE),
            least=6,
            parts=parts_of("natural-train", {"val_per_class": 3}),
        )
    assert sorted(counts.values()) == [5, 9, 10]
    assert "measures.n is 6, but natural-train has fewer in 1 of 3 classes" in str(caught.value)
    assert str(caught.value).endswith("the largest that works is 2")
    assert not (tmp_path / "index.parquet").exists()
    assert parts_of("dalle", {"val_per_class": 3}) == {"dalle": None}
    assert parts_of("natural-val", {"train": "a", "val": "b"}) == {"natural-val": None}


def test_keys_do_not_depend_on_how_images_are_stored(stored, tmp_path):
    one, other = (read(make(stored), OWL, tmp_path)[0] for make in (mixed, packed))
    assert one["key"].equals(other["key"])
    assert other["prompt"].to_pylist() == ["a n02"] * len(other)
    assert one["prompt"].null_count == len(one)


def test_a_file_of_labels_says_what_numbers_mean(stored, tmp_path):
    """It lists the classes the other way round than the files themselves do."""
    image_set = NaturalParquet(
        kind="parquet",
        train=f"{stored}/data/*.parquet",
        val=f"{stored}/data/*0.parquet",
        labels=str(stored / "labels.csv"),
    ).part("train")
    before = image_set.stamp_of_files()
    os.utime(stored / "labels.csv")
    assert image_set.stamp_of_files() != before
    table, _ = read(image_set, KITE, tmp_path)
    by_files, _ = read(mixed(stored), CRANE, tmp_path)
    assert table["sha256"].equals(by_files["sha256"])


def test_a_class_may_be_called_otherwise_in_the_files(stored, tmp_path):
    crane = Category(class_id="crane", name="crane", folder="n01")
    assert mixed(stored).problem((crane,)) is None
    table, _ = read(mixed(stored), crane, tmp_path)
    assert table["class_id"].to_pylist()[0] == "crane"
    assert len(table) == sum(label_of(place) == 0 for place in range(FILES * EACH))


def test_one_set_can_be_split(stored, tmp_path):
    natural = NaturalParquet(kind="parquet", images=f"{stored}/data/*.parquet", val_per_class=3)
    keys = [
        read(natural.part(part), OWL, tmp_path)[0]["key"].to_pylist() for part in ("train", "val")
    ]
    whole = read(mixed(stored), OWL, tmp_path)[0]["key"].to_pylist()
    assert len(keys[1]) == 3
    assert sorted(keys[0] + keys[1]) == sorted(whole)


def test_image_tables_of_an_older_run_are_a_generator(stored, tmp_path):
    table, _ = read(packed(stored), OWL, tmp_path)
    rows = table.to_pylist()
    for row in rows:
        row["image"] = {"bytes": encoded(row["image"]), "path": f"n02/{row['index']:05d}"}
    for name, some in (("bytes", rows), ("paths", table.to_pylist())):
        made = pa.Table.from_pylist(some, schema=tables.IMAGES)
        tables.write(made, tmp_path / f"old/{name}.parquet", {"study": "old"})
        old = ParquetGenerator(kind="parquet", images=str(tmp_path / f"old/{name}.parquet"))
        again, aside = read(old.image_set(), OWL, tmp_path)
        assert aside == []
        assert again["sha256"].equals(table["sha256"])
        assert again["prompt"].to_pylist() == ["a n02"] * len(table)


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_bad_images_inside_a_file_are_put_aside(compression, tmp_path):
    cells = [
        {"bytes": encode(noise()), "path": "a"},
        {"bytes": b"", "path": "b"},
        {"bytes": encode(noise())[:900], "path": "c"},
        None,
        {"bytes": None, "path": None},
        {"bytes": None, "path": "nowhere.png"},
    ]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({"image": pa.array(cells, kind), "label": ["n01"] * 6})
    pq.write_table(table, tmp_path / "a.parquet", compression=compression)
    files = ParquetFiles(kind="parquet", files=str(tmp_path / "a.parquet"))
    good, aside = read(files, CRANE, tmp_path, max_unreadable=0.9)
    assert len(good) == 1
    assert [row["reason"] for row in aside] == [
        *("empty", "truncated", "neither bytes nor a path", "neither bytes nor a path"),
        "no such file",
    ]
    for row in aside:
        # Where it is known before any image is read, the path of the file itself.
        inside = row["path"].startswith(f"{tmp_path}/a.parquet#")
        assert inside or (row["path"], compression) == ("nowhere.png", "none")


def test_what_is_wrong_with_files_is_one_line(stored, tmp_path):
    def problem(files="data/train-*.parquet", **keys):
        said = ParquetFiles(kind="parquet", files=f"{stored}/{files}", **keys).problem((CRANE,))
        assert said is None or "\n" not in said
        return said

    assert problem("no/*.parquet") == f"no file matches {stored}/no/*.parquet"
    assert "has no column picture; name as `image` one of image, label" in problem(image="picture")
    assert "has no column class; name as `label` one of" in problem(label="class")
    assert "the column label holds no images" in problem(image="label")
    assert "not a readable Parquet file" in problem("labels.csv")
    (tmp_path / "two.csv").write_text("class_id\nn02\nn03\n")
    assert "two.csv: there is no class n01" in problem(labels=str(tmp_path / "two.csv"))
    (tmp_path / "no.csv").write_text("name\nn02\n")
    assert "no.csv: no column class_id" in problem(labels=str(tmp_path / "no.csv"))
    assert "gone.csv: cannot be read" in problem(labels=str(tmp_path / "gone.csv"))
    bare = pq.read_table(f"{stored}/data/train-00000.parquet").replace_schema_metadata(None)
    pq.write_table(bare, tmp_path / "bare.parquet")
    files = ParquetFiles(kind="parquet", files=str(tmp_path / "bare.parquet"))
    assert "holds numbers; name as `labels` a CSV file" in files.problem((CRANE,))


@pytest.mark.parametrize(
    ("kind", "fits"),
    [
        *((pa.float64(), False), (pa.bool_(), False), (pa.list_(pa.string()), False)),
        *((pa.large_string(), True), (pa.dictionary(pa.int8(), pa.string()), True)),
    ],
)
def test_labels_are_texts_or_whole_numbers(kind, fits, stored, tmp_path):
    table = pq.read_table(f"{stored}/packed/0.parquet")
    labels = table["label"].combine_chunks().cast(kind) if fits else pa.nulls(len(table), kind)
    pq.write_table(table.set_column(1, "label", labels), tmp_path / "a.parquet")
    files = ParquetFiles(kind="parquet", files=str(tmp_path / "a.parquet"))
    problem = files.problem((CRANE,))
    if not fits:
        assert problem.startswith(f"{tmp_path}/a.parquet: the column label holds {str(kind)[:4]}")
        assert problem.endswith("; labels are text or whole numbers")
    else:
        assert problem is None
        write_index(files, tmp_path / "index.parquet", {})
        assert tables.read(tmp_path / "index.parquet")["label"].to_pylist() == [
            BIRDS[label_of(place)] for place in range(EACH)
        ]


@pytest.mark.parametrize("label", [3, -1, None])
def test_a_label_without_a_class_is_refused_by_its_row(label, stored, tmp_path):
    table = pq.read_table(f"{stored}/data/train-00000.parquet")
    labels = [*table["label"].to_pylist()[:5], label, *table["label"].to_pylist()[6:]]
    changed = table.set_column(1, "label", pa.array(labels, pa.int64()))
    pq.write_table(changed, tmp_path / "bad.parquet", compression="none")
    files = ParquetFiles(kind="parquet", files=str(tmp_path / "bad.parquet"))
    with pytest.raises(InputError, match=rf"bad.parquet, row 5: its label is {label}; .* 0 to 2"):
        write_index(files, tmp_path / "index.parquet", {})


def test_a_class_without_images_is_refused(stored, tmp_path):
    none = Category(class_id="n04", name="n04")
    with pytest.raises(
        InputError, match=r"\(class n04\) has 0 usable images, but measures\.n is 1; none works"
    ):
        read(packed(stored), none, tmp_path)


def test_a_row_group_is_read_once(stored, monkeypatch):
    parquet_rows._group.cache_clear()
    file = f"{stored}/packed/0.parquet"
    cells = [parquet_rows.read(parquet_rows.Row(file, row, "image")) for row in range(EACH)]
    assert [cell["path"].split("_")[1] for cell in cells] == [f"{n}.JPEG" for n in range(EACH)]
    assert parquet_rows._group.cache_info().misses == 3
    with pytest.raises(InputError, match="has no row 8"):
        parquet_rows.read(parquet_rows.Row(file, EACH, "image"))


def test_the_fixture_is_what_it_says(stored):
    """Numbers with their meaning in the metadata, and images that are not compressed."""
    file = pq.ParquetFile(f"{stored}/data/train-00000.parquet")
    features = json.loads(file.schema_arrow.metadata[b"huggingface"])["info"]["features"]
    assert features["label"]["names"] == list(BIRDS)
    assert file.num_row_groups > 1
    assert file.metadata.row_group(0).column(0).compression == "UNCOMPRESSED"
