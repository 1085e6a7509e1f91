"""What a training keeps after each epoch, so that it goes on after a kill as if there was none."""

import random
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from synthgap.files import replacing


class Checkpoint:
    """A hidden folder beside a training's outputs.

    Snakemake does not know of it, and so does not remove it with the outputs of a killed job.
    """

    def __init__(self, folder: str | Path, identity: str) -> None:
        """Keep checkpoints in a folder.

        Args:
            folder: where; it is removed with the last one.
            identity: hash of everything that decides the training. What belongs to another is not
                gone on from.
        """
        self.file = Path(folder) / "last.pt"
        self.identity = identity

    def load(self) -> dict[str, Any] | None:
        """What was saved last, on the CPU; None if there is nothing, or nothing of use."""
        import torch

        if not self.file.exists():
            return None
        try:
            # Tensors and plain values alone: a file that runs code is refused.
            saved: dict[str, Any] = torch.load(self.file, map_location="cpu", weights_only=True)
            identity = saved["identity"]
        # Whatever is wrong with the file, the training can start anew.
        except Exception as error:
            print(f"{self.file}: cannot be read ({type(error).__name__}); anew", file=sys.stderr)
            return None
        if identity != self.identity:
            print(f"{self.file}: of another recipe, data, seed or code; anew", file=sys.stderr)
            return None
        return saved

    def save(self, state: dict[str, Any]) -> None:
        """Replace what was saved last."""
        import torch

        with replacing(self.file) as beside:
            torch.save({"identity": self.identity, **state}, beside)

    def remove(self) -> None:
        """Forget the training."""
        shutil.rmtree(self.file.parent, ignore_errors=True)


def random_state() -> dict[str, Any]:
    """The state of every global random generator, as plain values and tensors."""
    import torch

    state: Any = np.random.get_state()  # noqa: NPY002 (timm's transforms draw from it)
    name, keys, *rest = state
    return {
        "python": random.getstate(),
        "numpy": [name, torch.from_numpy(keys.astype(np.int64)), *rest],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_state(state: dict[str, Any]) -> None:
    """Put every global random generator back into a state."""
    import torch

    random.setstate(state["python"])
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))  # noqa: NPY002
    torch.set_rng_state(state["torch"])
    if state["cuda"]:
        torch.cuda.set_rng_state_all(state["cuda"])
