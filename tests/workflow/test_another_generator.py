"""A generator of another kind is one module and its name; rules and scripts stay as they are."""

from pathlib import Path

import pytest

from synthgap.tables import metadata_of, read
from tests.workflow.project import ROOT, Project

pytestmark = pytest.mark.long

MODULE = '''
"""The generator `noise`."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from synthgap.generation.maker import Maker
from synthgap.generation.pictures import Picture, Request
from synthgap.models import Checkpoint


class NoiseGenerator(Maker):
    """Noise."""

    kind: Literal["noise"]
    """Noise."""

    def images(
        self,
        checkpoint: Checkpoint,
        guidance_scale: float,
        requests: Sequence[Request],
        threads: int,
    ) -> Iterator[Picture]:
        """Noise of the seed."""
        for request in requests:
            rng = np.random.default_rng(request.seed)
            yield Picture(rng.integers(0, 256, (16, 16, 3), np.uint8), None)
'''


def test_noise_is_generated_beside_stable_diffusion(tmp_path: Path) -> None:
    project = Project.copy_of_sources(tmp_path / "project", ROOT / "tests/studies/tiny.yaml")
    generation = "src/synthgap/generation"
    (project.folder / generation / "noise.py").write_text(MODULE)
    line = "Generator = DiffusersGenerator"
    project.change_source(
        f"{generation}/generators.py",
        f"\n{line}\n",
        f"\nfrom synthgap.generation.noise import NoiseGenerator\n\n{line} | NoiseGenerator\n",
    )
    study = project.study
    of_noise = {"generator": "noise", "prompts": "disamb", "guidance_scale": 1}
    project.change_study(
        generators={**study["generators"], "noise": {"kind": "noise", "max_flagged": 0.5}},
        variants={**study["variants"], "noise": of_noise},
    )
    tables = [f"results/images/noise/digit-{digit}.parquet" for digit in (0, 6)]
    project.run(*tables)
    found = read(project.folder / tables[0])
    assert found.num_rows == 6
    assert len(set(found["sha256"].to_pylist())) == 6
    assert '"generator":{"kind":"noise"}' in metadata_of(project.folder / tables[0])["spec"]
    # Stable Diffusion is asked for what it has besides, and noise waits for none of its models.
    jobs = project.counts("images")
    assert jobs["generate_images"] == 2 * 3 + 1
    assert jobs["train_miniature_diffusion"] == 1
