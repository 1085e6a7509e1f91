"""The cluster of the tests itself."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cluster.slurm import command_of, processes, wait_for
from tests.workflow.project import ROOT

USE = """
import sys, time
from pathlib import Path
from tests.cluster.slurm import running_cluster
with running_cluster(Path(sys.argv[1])) as cluster:
    cluster.command("sbatch", "--output=/dev/null", "--wrap", "sleep 1000")
    print(flush=True)
    time.sleep(1000)
"""


def test_nothing_of_a_cluster_stays_when_its_user_is_killed() -> None:
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    command = [sys.executable, "-c", USE, str(folder)]
    user = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert user.stdout is not None
    assert user.stdout.readline()
    assert len(commands_with(folder)) > 4
    user.kill()
    user.communicate()
    wait_for(lambda: not commands_with(folder), 60, lambda: str(commands_with(folder)))
    assert not folder.exists()


def commands_with(folder: Path) -> list[str]:
    """Command lines that name a folder or something in it."""
    return [command for command in map(command_of, processes()) if str(folder) in command]
