"""The image table of one class in one variant: what is still right stays, what is missing is made.

A row's `key` is the hash of everything that decides the image. Rows whose key is still wanted are
kept: they stay byte for byte.

Snakemake removes a job's output before it runs. With `update()` it would not, but it would put the
old table back when the job fails and then take it for up to date. So the table has a second name, a
hidden hard link from which the next job takes its rows.
"""

import contextlib
import os
import sys
import uuid
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from tqdm import tqdm

from synthgap.errors import InputError
from synthgap.generation.journal import Finished, Journal
from synthgap.generation.maker import Maker
from synthgap.generation.pictures import Picture, Request
from synthgap.identity import code_identity
from synthgap.image_files.flags import NOT_A_NUMBER, SAFETY_CHECKER
from synthgap.models import Checkpoint
from synthgap.provenance import digest
from synthgap.seeds import image_seed
from synthgap.tables import IMAGES, read, write

ENCODERS = 4
"""Threads that encode and write pictures while the device makes the next."""

WAITING = 256
"""Pictures that may wait for them; a device that is faster still waits itself."""

ROWS = 100
"""Rows put together at once: a column of bytes must stay below 2 GB."""


class Updated(NamedTuple):
    """Where the images of a table are from."""

    kept: int
    """In the table before."""
    made: int
    """Made now."""
    resumed: int = 0
    """Made by a job that did not finish."""


def update_images(
    path: str | Path,
    *,
    class_id: str,
    prompts: Sequence[str],
    count: int,
    study_seed: int,
    generator: Maker,
    checkpoint: Checkpoint,
    guidance_scale: float,
    metadata: Mapping[str, str],
    threads: int,
) -> Updated:
    """Bring the table of one class up to date.

    Args:
        path: the table; the rows that it has, or had when it was last finished, are reused.
        class_id: the class.
        prompts: the prompts of the class; image i is made from `prompts[i % len(prompts)]`.
        count: how many images are wanted.
        study_seed: the study's seed.
        generator: how images are made.
        checkpoint: the model.
        guidance_scale: of classifier-free guidance.
        metadata: what made the table.
        threads: CPU threads to use.

    Raises:
        InputError: the model cannot be opened, or too many images are flagged. Images that were
            made until then are in the journal for the next try.
    """
    requests = [
        Request(prompts[index % len(prompts)], image_seed(study_seed, class_id, index))
        for index in range(count)
    ]
    shared = {
        **generator.deciding(),
        "guidance_scale": guidance_scale,
        "model": checkpoint.identity,
        "code": code_identity(type(generator)),
    }
    keys = [digest({**shared, **request._asdict()}) for request in requests]
    wanted = dict(zip(keys, requests, strict=True))
    images = {key: image for key, image in _rows(Path(path)) if key in wanted}
    kept = len(images)
    with contextlib.closing(Journal(path)) as journal:
        images |= {
            key: image for key, image in journal.read() if key in wanted and key not in images
        }
        resumed = len(images) - kept
        missing = {key: request for key, request in wanted.items() if key not in images}
        allowed = _Allowed(class_id, count, generator.max_flagged, images)
        if missing:
            made = generator.images(checkpoint, guidance_scale, list(missing.values()), threads)
            shown = tqdm(
                made,
                desc=class_id,
                initial=len(images),
                total=len(wanted),
                unit="image",
                file=sys.stderr,
            )
            images |= _finished(zip(missing, shown, strict=True), generator, journal, allowed)
        write(_table(class_id, keys, requests, images), path, metadata)
        _give_second_name(Path(path))
        journal.remove()
    return Updated(kept, len(missing), resumed)


class _Allowed:
    """Counts flagged images and ends the job when there are too many."""

    def __init__(
        self, class_id: str, count: int, share: float, images: Mapping[str, Finished]
    ) -> None:
        self.class_id, self.count, self.share = class_id, count, share
        self.found: Counter[str] = Counter()
        for image in images.values():
            self.add(image.flag)

    def add(self, flag: str | None) -> None:
        if flag is None:
            return
        self.found[flag] += 1
        flagged = self.found.total()
        if flagged <= self.share * self.count:
            return
        hints = {
            SAFETY_CHECKER: "set safety_checker: false",
            NOT_A_NUMBER: "try dtype bfloat16 or float32",
        }
        # What is wrong most often says what to try.
        hint = hints.get(
            self.found.most_common(1)[0][0], "try dtype float32, another scheduler or more steps"
        )
        what = ", ".join(f"{number} {name}" for name, number in self.found.most_common())
        raise InputError(
            f"{self.class_id}: {flagged} of {self.count} images are flagged ({what}), more than "
            f"max_flagged: {self.share:g} allows; {hint}, or raise max_flagged, which makes no "
            "image again"
        )


def _finished(
    made: Iterator[tuple[str, Picture]], generator: Maker, journal: Journal, allowed: _Allowed
) -> dict[str, Finished]:
    """Encode and write down pictures on threads while the next are made."""

    def finish(key: str, picture: Picture) -> tuple[str, Finished]:
        image = Finished(generator.encode(picture.pixels), picture.flag)
        journal.append(key, image)
        return key, image

    images: dict[str, Finished] = {}
    waiting: deque[Future[tuple[str, Finished]]] = deque()
    # Leaving the pool waits for what was handed to it, also after an error.
    with ThreadPoolExecutor(ENCODERS) as pool:
        for key, picture in made:
            waiting.append(pool.submit(finish, key, picture))
            allowed.add(picture.flag)
            while len(waiting) > WAITING:
                images |= [waiting.popleft().result()]
        images |= [future.result() for future in waiting]
    return images


def second_name(path: Path) -> Path:
    """The hidden name of a table that outlives its removal, so that its rows can be kept."""
    return path.with_name(f".{path.stem}.kept")


def _give_second_name(path: Path) -> None:
    """Give a finished table its second name, where the file system knows hard links."""
    beside = path.with_name(f".{uuid.uuid4().hex}.{path.stem}.kept")
    with contextlib.suppress(OSError):
        os.link(path, beside)
        os.replace(beside, second_name(path))
        # Nothing was renamed if both were names of one file already.
        beside.unlink(missing_ok=True)


def _rows(path: Path) -> Iterator[tuple[str, Finished]]:
    """The images of a table as it stands, or as it was when it was last finished."""
    if path.exists():
        yield from _rows_of(path)
    elif second_name(path).exists():
        # What was damaged and therefore deleted has no rows any more.
        with contextlib.suppress(InputError):
            yield from _rows_of(second_name(path))


def _rows_of(path: Path) -> Iterator[tuple[str, Finished]]:
    for batch in read(path).to_batches(max_chunksize=ROWS):
        for row in batch.to_pylist():
            if row["image"]["bytes"] is not None:
                yield row["key"], Finished(row["image"]["bytes"], row.get("flag"))


def _table(
    class_id: str,
    keys: Sequence[str],
    requests: Sequence[Request],
    images: Mapping[str, Finished],
) -> pa.Table:
    rows = [
        {
            "image": {"bytes": images[key].content, "path": f"{class_id}/{index:05d}"},
            "class_id": class_id,
            "index": index,
            "prompt": request.prompt,
            "seed": request.seed,
            "key": key,
            "sha256": images[key].sha256,
            "flag": images[key].flag,
        }
        for index, (key, request) in enumerate(zip(keys, requests, strict=True))
    ]
    return pa.Table.from_batches(
        [
            pa.RecordBatch.from_pylist(rows[start : start + ROWS], schema=IMAGES)
            for start in range(0, len(rows), ROWS)
        ],
        schema=IMAGES,
    )
