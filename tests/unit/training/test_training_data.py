"""Indexing and reading the images of a training, and mixtures of sources."""

import io
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from training_images import CLASSES, image_tables, png, recipe, rows

from synthgap.errors import InputError
from synthgap.image_files.byte_ranges import Reference, byte_ranges
from synthgap.image_files.parquet_rows import Row
from synthgap.tables import IMAGES, read, write
from synthgap.training.data import IndexedImages, drawn, ordered_loader, shuffled_loader
from synthgap.training.index import Part, data_identity, index_images
from synthgap.training.mixture import Mixture
from synthgap.training.recipe import make_transforms

CPU = torch.device("cpu")


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def dataset(index, transform=np.asarray, seed=None):
    return IndexedImages(index, CLASSES, transform, seed)


class TestIndex:
    def test_every_image_is_read_alone_with_its_label(self, tmp_path):
        parts = image_tables(tmp_path, 7)
        images = dataset(index_images(parts))
        wanted = [row for class_id in CLASSES for row in rows(class_id, 7)]
        assert len(images) == 21
        for position in np.random.default_rng(0).permutation(21):
            picture, label = images[position]
            assert np.array_equal(picture, pixels(wanted[position]["image"]["bytes"]))
            assert CLASSES[label] == wanted[position]["class_id"]

    def test_the_pictures_are_not_held(self, tmp_path):
        noise = [np.random.default_rng(i).bytes(2**20) for i in range(12)]
        table = [{"image": {"bytes": content, "path": "p"}, "class_id": "c0"} for content in noise]
        path = tmp_path / "t.parquet"
        write(pa.Table.from_pylist(table, schema=IMAGES), path, {})
        del table
        before = pa.total_allocated_bytes()
        tracemalloc.start()
        index = index_images([Part(str(path), "s", None)])
        held = tracemalloc.get_traced_memory()[0] + pa.total_allocated_bytes() - before
        tracemalloc.stop()
        assert held < 2**20
        assert dataset(index).cell(7)["bytes"] == noise[7]

    def test_older_tables_files_and_references_work_alike(self, tmp_path):
        """Compressed bytes, a file, a place and a row in other Parquet files, bytes as they are."""
        found = rows("c0", 5)
        contents = [row["image"]["bytes"] for row in found]
        (tmp_path / "größe 1.png").write_bytes(contents[1])
        foreign = pa.table({"image": [{"bytes": content, "path": "x"} for content in contents]})
        pq.write_table(foreign, tmp_path / "foreign.parquet", compression="none")
        place = Reference(
            str(tmp_path / "foreign.parquet"), *byte_ranges(tmp_path / "foreign.parquet")[2]
        )
        pq.write_table(foreign, tmp_path / "packed.parquet", compression="zstd", row_group_size=2)
        row = Row(str(tmp_path / "packed.parquet"), 3, "image")
        found[1]["image"] = {"bytes": None, "path": f"{tmp_path}/größe 1.png"}
        found[2]["image"] = {"bytes": None, "path": str(place)}
        found[3]["image"] = {"bytes": None, "path": str(row)}
        table = pa.Table.from_pylist(found, schema=IMAGES)
        write(table, tmp_path / "new.parquet", {})
        pq.write_table(table, tmp_path / "old.parquet", compression="zstd")
        for name in ("new", "old"):
            index = index_images([Part(f"{tmp_path}/{name}.parquet", "s", None)])
            images = dataset(index)
            for position, content in enumerate(contents):
                assert np.array_equal(images[position][0], pixels(content)), (name, position)
            # The same out of a process that reads.
            spec = recipe(readers=1)
            loader = ordered_loader(dataset(index, make_transforms(spec, True)[1]), spec, 1, CPU)
            plain = make_transforms(spec, False)[1]
            wanted = torch.stack([plain(Image.open(io.BytesIO(content))) for content in contents])
            found_by_reader = torch.cat([batch for batch, _ in loader])
            assert torch.allclose(found_by_reader, wanted, atol=1e-5), name

    def test_an_index_is_of_its_data(self, tmp_path):
        first = index_images(image_tables(tmp_path / "a", 3))
        again = index_images(image_tables(tmp_path / "b", 3))
        other = index_images(image_tables(tmp_path / "c", 3, first=1))
        assert data_identity(first) == data_identity(again) != data_identity(other)


class TestMixture:
    @pytest.mark.parametrize(
        ("size", "shares", "counts"),
        [
            (1000, (0.5, 0.5), (500, 500)),
            (100, (0.29, 0.71), (29, 71)),
            (10, (0.75, 0.25), (8, 2)),
            (7, (0.5, 0.3, 0.2), (4, 2, 1)),
            (3, (1 / 3, 1 / 3, 1 / 3), (1, 1, 1)),
            (5, (1.0,), (5,)),
        ],
    )
    def test_counts_add_up_and_are_within_one_of_the_shares(self, size, shares, counts):
        proportions = dict(zip("abc", shares, strict=False))
        found = Mixture(images_per_class=size, proportions=proportions).counts
        assert tuple(found.values()) == counts

    @pytest.mark.parametrize(
        ("shares", "fragment"),
        [
            ({"a": 0.5, "b": 0.4}, "add up to 0.9; they must add up to 1"),
            ({"a": 0.99, "b": 0.01}, "proportion of b is less than half an image of 10"),
            ({"a": 1.5, "b": -0.5}, "less than or equal to 1"),
            ({}, "at least 1"),
        ],
    )
    def test_what_makes_no_mixture_is_refused(self, shares, fragment):
        with pytest.raises(ValidationError, match=fragment):
            Mixture(images_per_class=10, proportions=shares)

    def test_a_choice_has_no_image_twice_and_larger_ones_contain_it(self, tmp_path):
        parts = image_tables(tmp_path, 12)

        def keys(take):
            return index_images([part._replace(take=take) for part in parts])["key"].to_pylist()

        assert len(set(keys(5))) == 15
        assert set(keys(5)) < set(keys(9)) < set(keys(None))
        assert keys(5) == keys(5)
        assert keys(12) == keys(None)

    def test_sources_and_classes_choose_independently(self, tmp_path):
        parts = image_tables(tmp_path, 40)
        numbers = index_images([part._replace(take=20) for part in parts])["index"].to_numpy()
        assert len({tuple(numbers[start : start + 20]) for start in (0, 20, 40)}) == 3
        other = [part._replace(take=20, source="other") for part in parts]
        assert index_images(other)["index"].to_pylist() != numbers.tolist()

    def test_too_few_images_are_one_line(self, tmp_path):
        part = image_tables(tmp_path, 4)[1]._replace(take=5)
        with pytest.raises(InputError, match=r"takes 5 images a class of s, but there are 4") as e:
            index_images([part])
        assert part.table in str(e.value)


class TestLoading:
    """Own draws: what an image becomes depends on seed, epoch and image, not on who reads it."""

    def loaded(self, index, readers=1, rank=0, ranks=1, epochs=(0, 1)):
        spec = recipe(readers=readers, gpus=ranks, auto_augment="rand-m9-mstd0.5", color_jitter=0.4)
        images = dataset(index, make_transforms(spec, True)[0], seed=5)
        loader, order = shuffled_loader(images, spec, 5, rank, readers, CPU)
        found = []
        for epoch in epochs:
            order.epoch = epoch
            found += [(batch.clone(), labels.clone()) for batch, labels in loader]
        return found

    @pytest.mark.filterwarnings("ignore:This DataLoader will create")
    def test_more_readers_give_the_same_batches(self, tmp_path):
        index = index_images(image_tables(tmp_path, 9))
        one, three = self.loaded(index), self.loaded(index, readers=3)
        assert len(one) == 6
        for (images, labels), (others, other_labels) in zip(one, three, strict=True):
            assert torch.equal(images, others)
            assert torch.equal(labels, other_labels)

    def test_epochs_differ_in_order_and_augmentation(self, tmp_path):
        index = index_images(image_tables(tmp_path, 8))
        batches = self.loaded(index)
        first, second = batches[:3], batches[3:]
        assert not torch.equal(
            torch.cat([labels for _, labels in first]), torch.cat([labels for _, labels in second])
        )
        sums = [
            torch.cat([x.sum((1, 2, 3)) for x, _ in part]).sort()[0] for part in (first, second)
        ]
        assert not torch.allclose(*sums)

    def test_an_epoch_can_be_had_without_the_ones_before(self, tmp_path):
        """What an exact resume rests on."""
        index = index_images(image_tables(tmp_path, 8))
        whole, later = self.loaded(index), self.loaded(index, epochs=(1,))
        for (images, _), (others, _) in zip(whole[3:], later, strict=True):
            assert torch.equal(images, others)

    def test_ranks_share_the_batches_of_one_process(self, tmp_path):
        index = index_images(image_tables(tmp_path, 11))
        alone = self.loaded(index, epochs=(3,))
        shares = [self.loaded(index, rank=rank, ranks=2, epochs=(3,)) for rank in (0, 1)]
        for number, (images, labels) in enumerate(alone):
            (a, a_labels), (b, b_labels) = (share[number] for share in shares)
            assert torch.equal(images[0::2], a)
            assert torch.equal(images[1::2], b)
            assert torch.equal(labels[1::2], b_labels)
            assert torch.equal(labels[0::2], a_labels)

    def test_a_pass_shows_each_image_once(self, tmp_path):
        index = index_images(image_tables(tmp_path, 8))
        spec = recipe(readers=2)
        _, order = shuffled_loader(dataset(index), spec, 0, 0, 2, CPU)
        for epoch in (0, 7):
            order.epoch = epoch
            assert sorted(position - 24 * epoch for position in order) == list(range(24))

    def test_normalising_later_is_normalising_in_the_transform(self, tmp_path):
        """Against the plain transform of timm, which makes normalised tensors itself."""
        index = index_images(image_tables(tmp_path, 3))
        spec = recipe(readers=1)
        later = ordered_loader(dataset(index, make_transforms(spec, True)[1]), spec, 1, CPU)
        plain = dataset(index, make_transforms(spec, False)[1])
        wanted = torch.stack([plain[number][0] for number in range(9)])
        found = torch.cat([images for images, _ in later])
        assert torch.allclose(found, wanted, atol=1e-5)

    @pytest.mark.parametrize("readers", [0, 1])
    def test_a_broken_image_is_one_line_whoever_reads_it(self, readers, tmp_path):
        part = image_tables(tmp_path, 3)[0]
        table = read(part.table).to_pylist()
        table[1]["image"]["bytes"] = b"no image"
        write(pa.Table.from_pylist(table, schema=IMAGES), part.table, {})
        spec = recipe(readers=readers)
        images = dataset(index_images([part]), make_transforms(spec, bool(readers))[1])
        with pytest.raises(InputError) as caught:
            list(drawn(ordered_loader(images, spec, readers, CPU)))
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith(part.table)


def test_a_picture_is_a_picture():
    assert pixels(png(0, 80)).mean() == pytest.approx(80 + 44.5, abs=2)
