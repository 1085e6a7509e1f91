"""Files that change or vanish between reading and use: whoever uses them says so in one line."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from encoding import encode, noise
from reading import read_class
from training_images import recipe

from synthgap import tables
from synthgap.classes import Category
from synthgap.embedding.embedding_tables import embed_image_table
from synthgap.errors import InputError
from synthgap.figures.charts import contact_sheet
from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.image_table import read_images
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.parquet_index import write_index
from synthgap.training.data import IndexedImages, drawn, ordered_loader
from synthgap.training.index import Part, index_images
from synthgap.training.recipe import make_transforms

OWL = Category(class_id="owl", name="owl")


class Means:
    """Stands for an encoder: embeds a picture as its mean colour."""

    batch_size = 2

    def open(self, *_):
        return self

    def prepare(self, pictures):
        return {"means": np.array([np.asarray(each).mean(axis=(0, 1)) for each in pictures])}

    def embed_images(self, prepared):
        return np.concatenate([inputs["means"] for inputs in prepared])


def embed(table, out):
    embed_image_table(
        table, out, encoder=Means(), checkpoint=None, threads=2, metadata={"study": "t"}
    )


def show(table, out):
    contact_sheet.draw("owl", {"made": table}, 4)


def train(table, out, readers=0):
    """What a training does with its images."""
    spec = recipe(readers=readers)
    images = IndexedImages(
        index_images([Part(str(table), "made", None)]), ["owl"], make_transforms(spec, readers)[1]
    )
    assert sum(len(batch) for batch, _ in drawn(loaded(images, spec, readers))) == 4


def loaded(images, spec, readers):
    return ordered_loader(images, spec, readers, torch.device("cpu"))


def train_with_readers(table, out):
    train(table, out, readers=1)


every_user = pytest.mark.parametrize("use", [embed, show, train, train_with_readers])


def read(image_set, folder, index=None):
    table = folder / "images/made/owl.parquet"
    read_images(
        image_set,
        OWL,
        index=index,
        images=table,
        quarantine=folder / "aside.parquet",
        least=1,
        max_unreadable=0,
        max_copies=0,
        threads=1,
        metadata={},
    )
    return table


@pytest.fixture
def table(tmp_path):
    """The table of four files."""
    (tmp_path / "owl").mkdir()
    for number in range(4):
        (tmp_path / f"owl/{number}.png").write_bytes(encode(noise(32, 32, seed=number)))
    return read(ClassFolders(kind="folder", images=str(tmp_path)), tmp_path)


def refused(use, table, out, *said):
    with pytest.raises(InputError) as caught:
        use(table, out)
    message = str(caught.value)
    assert "\n" not in message
    for words in said:
        assert words in message


@every_user
def test_what_is_as_it_was_is_used(use, table, tmp_path):
    use(table, tmp_path / "out")


@every_user
def test_a_file_that_was_overwritten_is_told_with_the_command(use, table, tmp_path):
    path = tmp_path / "owl/2.png"
    before = path.stat()
    content = encode(noise(32, 32, seed=9))
    path.write_bytes(content)
    # Neither time nor name says so.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    refused(
        use,
        table,
        tmp_path / "out",
        f"{path}: has changed since {table} was made; `rm {table}` and run again",
    )
    assert not (tmp_path / "out").exists()


@every_user
def test_a_file_that_vanished_is_told_with_the_command(use, table, tmp_path):
    (tmp_path / "owl/3.png").unlink()
    refused(
        use,
        table,
        tmp_path / "out",
        f"{tmp_path}/owl/3.png: cannot be read any more (no such file), but {table} lists it; ",
        f"`rm {table}` and run again",
    )


@every_user
@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_images_inside_parquet_files_too(use, compression, tmp_path):
    file = tmp_path / "f.parquet"

    def write(first):
        cells = [
            {"bytes": encode(noise(32, 32, seed=first + number)), "path": f"{number}.png"}
            for number in range(4)
        ]
        content = pa.table({"image": cells, "label": ["owl"] * 4})
        pq.write_table(content, file, compression=compression)

    write(0)
    image_set = ParquetFiles(kind="parquet", files=str(file))
    index = str(tmp_path / "index.parquet")
    write_index(image_set, index, {})
    table = read(image_set, tmp_path, index)
    use(table, tmp_path / "out")
    write(9)
    refused(use, table, tmp_path / "out", str(file), f"`rm {table} && touch {file}` and run again")


@every_user
def test_after_the_command_all_is_well(use, table, tmp_path):
    (tmp_path / "owl/2.png").write_bytes(encode(noise(32, 32, seed=9)))
    table.unlink()
    read(ClassFolders(kind="folder", images=str(tmp_path)), tmp_path)
    use(table, tmp_path / "out")


def test_a_file_that_vanishes_while_a_class_is_read_is_put_aside(tmp_path, monkeypatch):
    """Listed, and gone when it is opened."""
    (tmp_path / "owl").mkdir()
    for number in range(4):
        (tmp_path / f"owl/{number}.png").write_bytes(encode(noise(32, 32, seed=number)))
    image_set = ClassFolders(kind="folder", images=str(tmp_path))
    listed = list(image_set.found(OWL))
    (tmp_path / "owl/1.png").unlink()
    monkeypatch.setattr(ClassFolders, "found", lambda *_: iter(listed))
    written = read_class(image_set, OWL, tmp_path, max_unreadable=0.25, max_copies=0, threads=2)
    assert len(tables.read(written.images)) == 3
    assert tables.read(written.aside)["reason"].to_pylist() == ["no such file"]
