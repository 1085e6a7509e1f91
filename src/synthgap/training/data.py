"""The images of a training as data sets and loaders of torch."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from synthgap.errors import InputError
from synthgap.image_files.byte_ranges import Reference, read
from synthgap.image_files.decoding import picture
from synthgap.training.timm_classifier import TimmClassifier

REMEMBERED = 256 * 2**20
"""Bytes of pictures, and of tensors to test on, that a process keeps so as to open each once."""


class IndexedImages:
    """The pictures of an index, read when they are asked for, and the numbers of their classes."""

    def __init__(
        self,
        index: pa.Table,
        class_ids: Sequence[str],
        transform: Callable[[Any], Any],
        seed: int | None = None,
    ) -> None:
        """Take an index over.

        Args:
            index: where the images lie, see `index_images`.
            class_ids: the classes, in the order of their numbers.
            transform: what makes a tensor of a picture.
            seed: if given, what the transform draws depends on it, epoch and image alone.
        """
        number = {class_id: label for label, class_id in enumerate(class_ids)}
        self.labels = np.array([number[name] for name in index["class_id"].to_pylist()], np.int64)
        # A column in one piece finds a row at once.
        names = ("path", "offset", "length", "sha256", "table")
        columns = [index[name].combine_chunks() for name in names]
        self.paths, self.offsets, self.lengths, self.hashes, self.tables = columns
        self.contents = index["bytes"]
        self.transform = transform
        self.seed = seed
        self._remembered: dict[int, Any] = {}
        # Of several readers each would keep pictures of its own.
        self._room = REMEMBERED if seed is None else 0

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.labels)

    def __getitem__(self, position: int) -> tuple[Any, int]:
        """The picture at a position, transformed, and the number of its class.

        The position counts on over the epochs: e × length + i is image i in epoch e.
        """
        epoch, row = divmod(position, len(self.labels))
        if self.seed is not None:
            _seed_all(self.seed, epoch, row)
        return self.transform(self._picture(row)), int(self.labels[row])

    def _picture(self, row: int) -> Any:
        image = self._remembered.get(row)
        if image is None:
            hashed, table = self.hashes[row].as_py(), self.tables[row].as_py()
            image = picture(self.cell(row), hashed, table)
            self._room -= 3 * image.width * image.height
            if self._room >= 0:
                self._remembered[row] = image
        return image

    def cell(self, row: int) -> dict[str, Any]:
        """The image of a row as a cell of an image table."""
        path, offset = self.paths[row].as_py(), self.offsets[row].as_py()
        if offset is None:
            return {"bytes": self.contents[row].as_py(), "path": path}
        place = Reference(path, offset, self.lengths[row].as_py())
        if self.hashes[row].is_valid:
            # In another file than the table.
            return {"bytes": None, "path": str(place)}
        return {"bytes": read(*place), "path": path}


class Shuffled:
    """Positions of a training set in a new order each epoch, those that one of several ranks reads.

    The order depends on seed and epoch alone; the ranks' batches together are those that a single
    process would have.
    """

    def __init__(self, length: int, seed: int, rank: int, ranks: int) -> None:
        """Shuffle `length` positions, of which the rank takes every `ranks`-th."""
        self.length, self.seed, self.rank, self.ranks = length, seed, rank, ranks
        self.epoch = 0

    def __len__(self) -> int:
        """How many positions a rank has in an epoch: as many as any other."""
        return self.length // self.ranks

    def __iter__(self) -> Iterator[int]:
        """The positions of the epoch, as `IndexedImages` takes them."""
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.length)
        mine = order[self.rank : len(self) * self.ranks : self.ranks]
        yield from (self.epoch * self.length + mine).tolist()


def shuffled_loader(
    images: IndexedImages, spec: TimmClassifier, seed: int, rank: int, readers: int, device: Any
) -> tuple[Any, Any]:
    """Batches of a part of a step, and what decides their order.

    Without readers this process reads, the order is drawn from a generator that lasts over the
    epochs, and batches are tensors. With readers, batches come normalised on the device.

    Returns:
        The loader, and the `torch.Generator` or the `Shuffled` behind it.
    """
    import torch

    whole_batches = len(images) > spec.batch_size
    if not spec.own_draws:
        generator = torch.Generator().manual_seed(seed)
        loader: Any = torch.utils.data.DataLoader(
            images,  # type: ignore[arg-type]
            batch_size=spec.part_size,
            shuffle=True,
            drop_last=whole_batches,
            generator=generator,
        )
        return loader, generator
    order = Shuffled(len(images), seed, rank, spec.gpus)
    batches = _with_readers(
        images, readers, device, batch_size=spec.part_size, drop_last=whole_batches, sampler=order
    )
    return _on_device(batches, device, spec.random_erasing), order


def ordered_loader(images: Any, spec: TimmClassifier, readers: int, device: Any) -> Any:
    """Batches of images in their order."""
    import torch

    if not spec.own_draws:
        # A pass draws a number: not from what the training draws from.
        generator = torch.Generator()
        return Remembered(
            torch.utils.data.DataLoader(images, batch_size=spec.part_size, generator=generator)
        )
    return _on_device(_with_readers(images, readers, device, batch_size=spec.part_size), device)


class Remembered:
    """Batches that are the same in every pass: kept after the first one, if there is room."""

    def __init__(self, batches: Iterable[Any]) -> None:
        """Take what makes the batches: images and numbers of their classes."""
        self._batches, self._whole = batches, False

    def __iter__(self) -> Iterator[Any]:
        """Yield the batches."""
        if self._whole:
            yield from self._batches
            return
        kept: list[Any] = []
        room = REMEMBERED
        for images, labels in self._batches:
            room -= images.nbytes
            if room >= 0:
                kept.append((images, labels))
            yield images, labels
        if room >= 0:
            self._batches, self._whole = kept, True


def drawn(batches: Iterable[Any]) -> Iterator[Any]:
    """Yield batches; what is wrong with an image is said in one line, whoever read it.

    Raises:
        InputError: an image cannot be opened, or is not what its table lists.
    """
    try:
        yield from batches
    except InputError as error:
        # From a reader it comes with the reader's traceback, whose last line it is.
        line = str(error).strip().splitlines()[-1]
        raise InputError(line.partition(f"{InputError.__name__}: ")[2] or line) from error


def _with_readers(images: Any, readers: int, device: Any, **options: Any) -> Any:
    import torch
    from timm.data.loader import fast_collate

    return torch.utils.data.DataLoader(
        images,
        num_workers=readers,
        # A fork shares the index; what it reads needs neither CUDA nor threads.
        multiprocessing_context="fork",
        persistent_workers=True,
        prefetch_factor=4,
        pin_memory=device.type == "cuda",
        collate_fn=fast_collate,
        # The start of the readers draws a number: not from what the training draws from.
        generator=torch.Generator(),
        **options,
    )


def _on_device(batches: Any, device: Any, erasing: float = 0) -> Any:
    from timm.data.loader import PrefetchLoader

    return PrefetchLoader(batches, device=device, re_prob=erasing)


def _seed_all(seed: int, epoch: int, row: int) -> None:
    """Seed every generator that timm's transforms draw from."""
    import torch

    state = np.random.SeedSequence((seed, epoch, row)).generate_state(3)
    random.seed(int(state[0]))
    np.random.seed(state[1])  # noqa: NPY002 (timm's transforms draw from it)
    torch.default_generator.manual_seed(int(state[2]))
