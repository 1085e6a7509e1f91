"""Class folders and tables of files: what is listed, read, put aside and refused."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from encoding import encode, noise, pixels
from PIL import Image

from synthgap import tables
from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.generation.made_elsewhere import FolderGenerator
from synthgap.image_files.decoding import pictures
from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.found import Found, PutAside, Split, part_of
from synthgap.image_sets.image_table import read_images
from synthgap.image_sets.listed_files import ListedFiles, read_list
from synthgap.image_sets.natural import NaturalFolders, NaturalTables
from synthgap.image_sets.quarantine import write_joined

CRANE = Category(class_id="crane", name="crane", folder="Kräne & Vögel")
OWL = Category(class_id="owl", name="owl")


def fill(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encode(noise(8, 6, seed=number)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "Kräne & Vögel", "größe 10.PNG", "a b.jpg", "größe 2.png", "日本.webp")
    fill(tmp_path / "owl", "1.png")
    return tmp_path


def read(image_set, category, tmp_path, least=1, max_unreadable=0.0, index=None, max_copies=1.0):
    """Read a class and return its rows and what was put aside."""
    images, quarantine = tmp_path / "out/images.parquet", tmp_path / "out/quarantine.parquet"
    read_images(
        image_set,
        category,
        index=index,
        images=images,
        quarantine=quarantine,
        least=least,
        max_unreadable=max_unreadable,
        max_copies=max_copies,
        threads=2,
        metadata={"study": "t"},
    )
    return tables.read(images), tables.read(quarantine).to_pylist()


class TestClassFolders:
    def test_tables_name_the_files_in_order_and_copy_nothing(self, folder, tmp_path):
        table, aside = read(ClassFolders(kind="folder", images=str(folder)), CRANE, tmp_path)
        assert aside == []
        assert table.schema.equals(tables.IMAGES)
        rows = table.to_pylist()
        names = ["a b.jpg", "größe 10.PNG", "größe 2.png", "日本.webp"]
        assert [row["image"]["path"] for row in rows] == [
            f"{folder}/Kräne & Vögel/{name}" for name in names
        ]
        assert [row["index"] for row in rows] == [0, 1, 2, 3]
        assert {(row["class_id"], row["prompt"], row["seed"]) for row in rows} == {
            ("crane", None, None)
        }
        for row, shown, number in zip(rows, pictures(table, "t"), (1, 0, 2, 3), strict=True):
            assert row["image"]["bytes"] is None
            content = Path(row["image"]["path"]).read_bytes()
            assert row["sha256"] == hashlib.sha256(content).hexdigest()
            assert np.array_equal(pixels(shown), pixels(noise(8, 6, seed=number)))

    def test_keys_follow_name_and_content_and_not_the_place(self, folder, tmp_path):
        image_set = ClassFolders(kind="folder", images=str(folder))
        before = read(image_set, CRANE, tmp_path)[0]["key"].to_pylist()
        (folder / "Kräne & Vögel/a b.jpg").write_bytes(encode(noise(seed=9)))
        changed = read(image_set, CRANE, tmp_path)[0]["key"].to_pylist()
        assert [a == b for a, b in zip(before, changed, strict=True)] == [False, True, True, True]
        (folder / "moved").mkdir()
        (folder / "Kräne & Vögel").rename(folder / "moved/Kräne & Vögel")
        moved = ClassFolders(kind="folder", images=str(folder / "moved"))
        assert read(moved, CRANE, tmp_path)[0]["key"].to_pylist() == changed

    def test_everything_that_is_not_used_is_listed_with_its_reason(self, folder, tmp_path):
        place = folder / "Kräne & Vögel"
        good = encode(noise())
        (place / "empty.png").write_bytes(b"")
        (place / "half.png").write_bytes(good[: len(good) // 2])
        (place / "text.jpg").write_bytes(b"no image")
        (place / "circle.png").symlink_to("circle.png")
        (place / "all").symlink_to("..")
        (place / "gone.png").symlink_to("nowhere")
        (place / "Thumbs.db").write_bytes(b"x")
        (place / "README").write_bytes(b"x")
        (place / ".hidden.png").write_bytes(good)
        (place / "more").mkdir()
        (place / "link.png").symlink_to("a b.jpg")
        image_set = ClassFolders(kind="folder", images=str(folder))
        table, aside = read(image_set, CRANE, tmp_path, max_unreadable=0.5)
        assert len(table) == 5
        expected = {
            "empty.png": ("empty", True),
            "half.png": ("truncated", True),
            "text.jpg": ("not an image, but text", True),
            "circle.png": ("a link that leads in a circle", True),
            "gone.png": ("a link to nothing", True),
            "all": ("a folder inside the class's folder", False),
            "more": ("a folder inside the class's folder", False),
            "Thumbs.db": ("no image by its name, which ends in .db", False),
            "README": ("no image by its name", False),
            ".hidden.png": ("hidden", False),
        }
        assert {
            Path(row["path"]).name: (row["reason"], row["unreadable"]) for row in aside
        } == expected
        assert {row["class_id"] for row in aside} == {"crane"}
        assert len(table) + len(aside) == len(list(place.iterdir()))

    def test_what_is_no_picture_is_flagged(self, tmp_path):
        """Judged by the pixels that are shown, whatever the file."""
        size, grey = (64, 48), (90, 90, 90)
        nearly = Image.new("RGB", (640, 480), grey)
        nearly.putpixel((319, 241), (96, 96, 96))
        hidden = noise(48, 64).convert("RGBA")
        hidden.putalpha(0)
        two_names = Image.new("P", size)
        two_names.putpalette([7, 8, 9, 7, 8, 9])
        two_names.putpixel((3, 3), 1)
        files = {
            "a.jpg": (encode(Image.new("RGB", size), "JPEG"), "black"),
            "b.jpg": (encode(Image.new("RGB", size, (200, 30, 9)), "JPEG"), "one colour"),
            "c.jpg": (encode(nearly, "JPEG", quality=100, subsampling=0), None),
            "d.png": (encode(Image.new("L", size, 0)), "black"),
            "e.png": (encode(nearly), None),
            "f.png": (encode(hidden), "one colour"),
            "g.png": (encode(two_names), "one colour"),
            "h.png": (encode(Image.new("I;16", size, 40_000)), "one colour"),
            "i.jpg": (encode(Image.new("CMYK", size, (0, 0, 0, 255)), "JPEG"), "black"),
            "j.jpg": (encode(noise(), "JPEG"), None),
        }
        (tmp_path / "owl").mkdir()
        for name, (content, _) in files.items():
            (tmp_path / "owl" / name).write_bytes(content)
        image_set = ClassFolders(kind="folder", images=str(tmp_path))
        table, _ = read(image_set, OWL, tmp_path)
        shown = [pixels(picture).reshape(-1, 3) for picture in pictures(table, "t")]
        by_numpy = [
            None
            if len(np.unique(levels, axis=0)) > 1
            else "one colour"
            if levels.any()
            else "black"
            for levels in shown
        ]
        assert table["flag"].to_pylist() == [flag for _, flag in files.values()] == by_numpy

    def test_a_name_that_is_not_utf8_is_put_aside(self, folder):
        bad = os.fsencode(folder / "owl") + b"/\xff.png"
        Path(os.fsdecode(bad)).write_bytes(encode(noise()))
        found = list(ClassFolders(kind="folder", images=str(folder)).found(OWL))
        assert [item for item in found if isinstance(item, PutAside)] == [
            PutAside(f"{folder}/owl/?.png", "its name is not UTF-8", unreadable=True)
        ]

    def test_missing_folders_are_named_all_at_once(self, folder):
        def problem(images, *categories):
            return ClassFolders(kind="folder", images=str(images)).problem(categories)

        assert problem(folder, CRANE, OWL) is None
        assert problem(folder / "no", CRANE) == f"no folder {folder}/no"
        (folder / "circle").symlink_to("circle")
        gone = [Category(class_id=name, name=name) for name in ("circle", "maillot", "kite")]
        assert problem(folder, CRANE, *gone) == (
            f"no folder circle, maillot, kite in {folder}; each class needs one"
        )

    def test_a_folder_of_two_classes_is_refused(self, folder):
        birds = Category(class_id="birds", name="birds", folder="owl")
        image_set = ClassFolders(kind="folder", images=str(folder))
        assert (
            image_set.problem((OWL, birds)) == f"{folder}/owl: is the folder of both owl and birds"
        )

    def test_only_names_of_images_are_counted(self, folder):
        image_set = ClassFolders(kind="folder", images=str(folder))
        for name in ("a.txt", "b.PNG", ".c.png"):
            (folder / "owl" / name).touch()
        (folder / "owl/d.png").mkdir()
        assert image_set.counts((CRANE, OWL), 9) == {"crane": 4, "owl": 2}

    def test_only_as_many_names_are_read_as_are_needed(self, folder, monkeypatch):
        seen = []
        scandir = os.scandir

        class Counting:
            def __init__(self, path):
                self.entries = scandir(path)

            def __enter__(self):
                return self

            def __exit__(self, *_):
                self.entries.close()

            def __iter__(self):
                for entry in self.entries:
                    seen.append(entry.name)
                    yield entry

        fill(folder / "owl", *(f"{number}.png" for number in range(50)))
        monkeypatch.setattr(os, "scandir", Counting)
        image_set = ClassFolders(kind="folder", images=str(folder))
        assert image_set.counts((OWL,), 3) == {"owl": 3}
        assert len(seen) <= 4


class TestLimit:
    @pytest.fixture
    def image_set(self, folder):
        fill(folder / "owl", *(f"{number}.png" for number in range(10)))
        (folder / "owl/3.png").write_bytes(b"")
        (folder / "owl/Thumbs.db").write_bytes(b"")
        return ClassFolders(kind="folder", images=str(folder))

    def test_a_share_up_to_the_limit_is_put_aside(self, image_set, tmp_path):
        table, aside = read(image_set, OWL, tmp_path, max_unreadable=0.1, least=9)
        assert (len(table), len(aside)) == (9, 2)

    def test_beyond_it_one_line_says_how_many_and_why(self, image_set, tmp_path, folder):
        with pytest.raises(InputError) as caught:
            read(image_set, OWL, tmp_path, max_unreadable=0.09)
        assert str(caught.value) == (
            f"{folder}/owl: 1 of 10 images cannot be read (1 empty); replace or remove them, or "
            "raise max_unreadable, which is 0.09"
        )
        assert not (tmp_path / "out").exists()

    def test_too_few_that_remain_are_refused(self, image_set, tmp_path):
        with pytest.raises(InputError) as caught:
            read(image_set, OWL, tmp_path, max_unreadable=1, least=10)
        assert str(caught.value) == (
            f"{image_set.images}/owl has 9 usable images (1 cannot be read), but measures.n is 10; "
            "the largest that works for it is 9; add images"
        )

    def test_the_joined_table_has_all_and_holds_the_limit_too(self, image_set, tmp_path):
        read(image_set, OWL, tmp_path, max_unreadable=0.1)

        def join(limit):
            write_joined(
                tmp_path / "all.parquet",
                aside={"natural-val": [tmp_path / "out/quarantine.parquet"]},
                images={"natural-val": [tmp_path / "out/images.parquet"]},
                max_unreadable={"natural-val": limit},
                metadata={},
            )

        join(0.1)
        rows = pd.read_csv(tmp_path / "all.csv")
        assert rows["source"].tolist() == ["natural-val"] * 2
        assert sorted(rows["reason"]) == ["empty", "no image by its name, which ends in .db"]
        assert tables.read(tmp_path / "all.parquet").to_pandas().equals(rows)
        with pytest.raises(InputError, match="1 of 10 images cannot be read"):
            join(0.05)


class TestSplit:
    def test_parts_are_disjoint_and_complete(self, folder, tmp_path):
        fill(folder / "owl", *(f"{number}.png" for number in range(20)))
        natural = NaturalFolders(kind="folder", images=str(folder), val_per_class=6)
        names = {
            part: [item.name for item in natural.part(part).found(OWL)] for part in ("train", "val")
        }
        assert len(names["val"]) == 6
        assert sorted(names["train"] + names["val"]) == sorted(os.listdir(folder / "owl"))
        assert names["val"] == sorted(names["val"])

    def test_an_added_image_moves_at_most_one_other(self):
        names = [f"{number}.png" for number in range(100)]

        def val(listed):
            split = Split(part="val", val_per_class=30)
            return {image.name for image in part_of([Found(name, name) for name in listed], split)}

        for added in range(100, 130):
            assert len(val(names) - val([*names, f"{added}.png"])) <= 1
        by_hash = sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
        assert val(names) == set(by_hash[:30])

    def test_images_of_one_name_are_split_all_the_same(self):
        listed = [Found("same.png", str(place)) for place in range(5)]
        parts = [
            [image.path for image in part_of(listed, Split(part=part, val_per_class=2))]
            for part in ("val", "train")
        ]
        assert parts == [["0", "1"], ["2", "3", "4"]]

    def test_what_belongs_to_neither_part_is_reported_once(self, folder):
        (folder / "owl/Thumbs.db").write_bytes(b"")
        fill(folder / "owl", "2.png")
        natural = NaturalFolders(kind="folder", images=str(folder), val_per_class=1)
        aside = [
            [item for item in natural.part(part).found(OWL) if isinstance(item, PutAside)]
            for part in ("train", "val")
        ]
        assert [len(items) for items in aside] == [1, 0]

    def test_too_few_that_remain_of_a_part_are_not_the_whole_folder(self, folder, tmp_path):
        fill(folder / "owl", *(f"{number}.png" for number in range(50)))
        natural = NaturalFolders(kind="folder", images=str(folder), val_per_class=2)
        first = next(natural.part("val").found(OWL))
        Path(first.path).write_bytes(b"")
        with pytest.raises(InputError) as caught:
            read(natural.part("val"), OWL, tmp_path, least=2, max_unreadable=1)
        assert str(caught.value) == (
            f"natural-val's part of {folder}/owl has 1 usable image (1 cannot be read), but "
            "measures.n is 2; none works; raise val_per_class, which is 2"
        )

    @pytest.mark.parametrize(
        "places", [{}, {"train": "a"}, {"images": "a"}, {"train": "a", "val": "b", "images": "c"}]
    )
    def test_places_are_two_or_one_with_a_size(self, places):
        with pytest.raises(ValueError, match="name train and val, or else images and val_per_cl"):
            NaturalFolders(kind="folder", **places)


class TestListedFiles:
    @pytest.fixture(autouse=True)
    def fresh(self):
        read_list.cache_clear()

    def listed(self, folder: Path, text: str, name: str = "list.csv", **keys) -> ListedFiles:
        (folder / name).write_text(text, encoding="utf-8-sig")
        return ListedFiles(kind="table", table=str(folder / name), **keys)

    def test_files_and_prompts_come_in_the_order_of_the_table(self, folder, tmp_path):
        image_set = self.listed(
            folder,
            "file,prompt,class_id,note\n"
            'Kräne & Vögel/größe 2.png,"a crane,\nin ""fog""",crane,1\n'
            "owl/1.png,an owl,owl,2\n"
            "Kräne & Vögel/a b.jpg,,crane,3\n",
        )
        assert image_set.problem((CRANE, OWL)) is None
        rows = read(image_set, CRANE, tmp_path)[0].to_pylist()
        assert [Path(row["image"]["path"]).name for row in rows] == ["größe 2.png", "a b.jpg"]
        assert rows[0]["prompt"] == 'a crane,\nin "fog"'
        assert [row["seed"] for row in rows] == [None, None]

    def test_parquet_is_a_table_too_and_names_stay_text(self, folder, tmp_path):
        fill(folder / "files", "1", "2")
        frame = pd.DataFrame({"class_id": ["007", "007"], "file": ["1", "2"]})
        category = Category(class_id="007", name="agent")
        frame.to_parquet(folder / "list.parquet")
        frame.to_csv(folder / "list.csv", index=False)
        for name in ("list.parquet", "list.csv"):
            generator = FolderGenerator(
                kind="folder", images=str(folder / "files"), table=str(folder / name)
            )
            image_set = generator.image_set()
            assert image_set.problem((category,)) is None
            table, aside = read(image_set, category, tmp_path)
            assert (len(table), aside) == (2, [])

    def test_a_missing_file_is_put_aside(self, folder, tmp_path):
        image_set = self.listed(folder, "class_id,file\nowl,owl/1.png\nowl,owl/2.png\n")
        assert image_set.problem((OWL,)) is None
        table, aside = read(image_set, OWL, tmp_path, max_unreadable=0.5)
        assert len(table) == 1
        assert (aside[0]["path"], aside[0]["reason"]) == (f"{folder}/owl/2.png", "no such file")
        assert aside[0]["unreadable"]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("class_id,file\nkite,owl/1.png\n", "lists no file of the class owl; it has kite"),
            ("class_id,file\nowl,elsewhere/1.png\n", "there is no file {folder}/elsewhere/1.png"),
            ("class_id,file\n", "has no rows"),
        ],
    )
    def test_what_is_wrong_with_a_table_is_one_line(self, folder, text, said):
        problem = self.listed(folder, text).problem((OWL,))
        assert said.format(folder=folder) in problem
        assert problem.startswith(str(folder / "list.csv"))
        assert "\n" not in problem

    def test_a_missing_or_damaged_table_is_one_line(self, folder):
        gone = ListedFiles(kind="table", table=str(folder / "gone.csv"))
        assert gone.problem((OWL,)) == f"no file {folder}/gone.csv"
        (folder / "bad.parquet").write_bytes(b"PAR1 no")
        os.mkfifo(folder / "pipe.parquet")
        (folder / "endless.csv").symlink_to("/dev/zero")
        pq.write_table(pa.table({"class": ["owl"]}), folder / "columns.parquet")
        pq.write_table(pa.table({"class_id": ["owl"], "file": [" "]}), folder / "empty.parquet")
        said = {
            "bad.parquet": "not a readable Parquet file",
            "pipe.parquet": "not a readable Parquet file (not a file)",
            "endless.csv": "cannot be read (not a file)",
            "columns.parquet": "no column class_id; needed are class_id, file, found are class",
            "empty.parquet": "row 1: no file; give each row one",
        }
        for name, line in said.items():
            bad = ListedFiles(kind="table", table=str(folder / name))
            assert bad.problem((OWL,)).startswith(f"{folder}/{name}: {line}"), name

    def test_a_column_that_is_no_text_is_one_line(self, folder):
        nested = pa.table({"class_id": [["owl"]], "file": ["owl/1.png"]})
        pq.write_table(nested, folder / "nested.parquet")
        problem = ListedFiles(kind="table", table=str(folder / "nested.parquet")).problem((OWL,))
        said = "the columns class_id, file must each be there once and hold text; it has"
        assert problem.startswith(f"{folder}/nested.parquet: {said} class_id: ")
        assert "\n" not in problem

    def test_one_table_can_be_split(self, folder):
        lines = "".join(f"owl,owl/{number}.png\n" for number in range(9))
        self.listed(folder, f"class_id,file\n{lines}")
        fill(folder / "owl", *(f"{number}.png" for number in range(9)))
        natural = NaturalTables(kind="table", images=str(folder / "list.csv"), val_per_class=4)
        parts = [[item.name for item in natural.part(part).found(OWL)] for part in ("train", "val")]
        assert [len(names) for names in parts] == [5, 4]
        assert natural.part("val").problem((OWL,)) is None
        # Of both parts together.
        assert natural.part("val").counts((OWL, CRANE), 2) == {"owl": 9, "crane": 0}


def test_a_generator_needs_a_place():
    with pytest.raises(ValueError, match="name images"):
        FolderGenerator(kind="folder")
