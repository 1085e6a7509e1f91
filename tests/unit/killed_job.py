"""A generating job that kills itself midway, as a batch system or the kernel would."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from synthgap.generation.diffusers_pipeline import DiffusersGenerator
from synthgap.generation.image_table import Updated, update_images
from synthgap.generation.journal import Journal
from synthgap.generation.pictures import Picture, Request
from synthgap.models import Checkpoint

COUNT, KILLED_AT = 12, 7
MADE: list[Request] = []


class Slow(DiffusersGenerator):
    """Makes noise of each seed; with a table's path it dies when some of its images are safe."""

    dies_with: str | None = None

    def deciding(self) -> dict[str, Any]:
        return {}

    def images(
        self,
        checkpoint: Checkpoint,
        guidance_scale: float,
        requests: Sequence[Request],
        threads: int,
    ) -> Iterator[Picture]:
        for request in requests:
            while self.dies_with and len(MADE) == KILLED_AT:
                if len(dict(Journal(self.dies_with).read())) == KILLED_AT:
                    os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(0.01)
            MADE.append(request)
            noise = np.random.default_rng(request.seed)
            yield Picture(noise.integers(0, 256, (16, 16, 3), dtype=np.uint8), None)


def update(path: Path, dies_with: str | None = None) -> Updated:
    generator = Slow(
        kind="diffusers",
        model={"folder": "x"},
        num_inference_steps=1,
        height=16,
        width=16,
        dies_with=dies_with,
    )
    # Its code is that of the generator that it stands for, however it was started.
    Slow.__module__ = DiffusersGenerator.__module__
    Slow.__qualname__ = DiffusersGenerator.__qualname__
    return update_images(
        path,
        class_id="crane",
        prompts=["a crane"],
        count=COUNT,
        study_seed=0,
        generator=generator,
        checkpoint=Checkpoint("x", None, "fingerprint"),
        guidance_scale=1.0,
        metadata={},
        threads=1,
    )


if __name__ == "__main__":
    update(Path(sys.argv[1]), dies_with=sys.argv[1])
