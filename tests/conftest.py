"""How the tests are dealt out to processes."""

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
