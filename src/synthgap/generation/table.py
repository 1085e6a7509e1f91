"""The image table of one class in one variant: what is still right stays, what is missing is made.

A row's `key` is the hash of everything that decides the image. Rows whose key is still wanted are
kept byte for byte.
"""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from tqdm import tqdm

from synthgap.generation.diffusers_pipeline import Request
from synthgap.generation.generators import Generator
from synthgap.identity import code_identity
from synthgap.models import Checkpoint
from synthgap.provenance import digest
from synthgap.seeds import image_seed
from synthgap.tables import IMAGES, read, write


class Updated(NamedTuple):
    """How many images of a table were kept and how many made."""

    kept: int
    made: int


def update_images(
    path: str | Path,
    *,
    class_id: str,
    prompts: Sequence[str],
    count: int,
    study_seed: int,
    generator: Generator,
    checkpoint: Checkpoint,
    guidance_scale: float,
    metadata: Mapping[str, str],
    threads: int,
) -> Updated:
    """Bring the table of one class up to date.

    Args:
        path: the table; its rows are reused if it exists.
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
        InputError: the model cannot be opened.
    """
    requests = [
        Request(prompts[index % len(prompts)], image_seed(study_seed, class_id, index))
        for index in range(count)
    ]
    shared = {
        **generator.deciding(),
        "guidance_scale": guidance_scale,
        "model": checkpoint.identity,
        "code": code_identity(type(generator).__module__),
    }
    keys = [digest({**shared, **request._asdict()}) for request in requests]
    images = _images_by_key(Path(path))
    missing = {
        key: request for key, request in zip(keys, requests, strict=True) if key not in images
    }
    kept = count - len(missing)
    if missing:
        made = generator.images(checkpoint, guidance_scale, list(missing.values()), threads)
        progress = tqdm(made, desc=class_id, total=len(missing), unit="image", file=sys.stderr)
        images |= dict(zip(missing, progress, strict=True))
    rows = [
        {
            "image": {"bytes": images[key], "path": f"{class_id}/{index:05d}"},
            "class_id": class_id,
            "index": index,
            "prompt": request.prompt,
            "seed": request.seed,
            "key": key,
            "sha256": hashlib.sha256(images[key]).hexdigest(),
        }
        for index, (key, request) in enumerate(zip(keys, requests, strict=True))
    ]
    write(pa.Table.from_pylist(rows, schema=IMAGES), path, metadata)
    return Updated(kept, len(missing))


def _images_by_key(path: Path) -> dict[str, bytes]:
    if not path.exists():
        return {}
    table = read(path, ["key", "image"])
    return {
        row["key"]: row["image"]["bytes"]
        for row in table.to_pylist()
        if row["image"]["bytes"] is not None
    }
