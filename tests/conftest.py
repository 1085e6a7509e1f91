"""How the tests are dealt out to processes."""

import gc

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, LoadScopeScheduling

CLUSTER = "tests/cluster"


class ByFile(LoadFileScheduling):
    """A file of tests goes to one process; all that need the one SLURM go to one process too."""

    def _split_scope(self, nodeid: str) -> str:
        return CLUSTER if nodeid.startswith(CLUSTER) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return ByFile(config, log)


def pytest_collection_finish() -> None:
    """Spare collections of garbage what was imported: letting a model go makes one each time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """At the end of Python what is left is counted as a leak by some libraries."""
    gc.unfreeze()
