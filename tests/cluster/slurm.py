"""A real SLURM on this machine: munge, slurmctld and two nodes with two fake GPUs each.

Everything lies in one folder and listens on the loopback. Needs root, and Debian's packages
slurmctld, slurmd, slurm-client, slurm-wlm-basic-plugins and munge; no systemd.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

NODES, GPUS, CPUS = 2, 2, 4

CONF = """
ClusterName=synthgap
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job waits for as long as its old credential is good.
AuthInfo=socket={folder}/run/munge.sock,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
# Kills a job for memory: what its processes hold is looked at each second.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=10000,batch_sched_delay=0,defer_batch
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=3600
KillWait=5
OverTimeLimit=0
CompleteWait=0
InactiveLimit=0
SlurmctldTimeout=30
SlurmdTimeout=10
JobRequeue=1
GresTypes=gpu
DefMemPerCPU=100
PropagateResourceLimits=NONE
{nodes}
PartitionName=main Nodes=n[1-{count}] Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""

NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} Boards=1 "
    "SocketsPerBoard=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory=16000 Gres=gpu:{gpus} "
    "State=UNKNOWN"
)


class Job(NamedTuple):
    """A job that SLURM knows."""

    number: str
    state: str
    comment: str
    """Snakemake's word for the job: its rule and wildcards."""
    node: str
    requested: str
    """Cores, memory and nodes that it got, as SLURM writes it (`cpu=1,mem=500M,node=1`)."""
    gpus: str
    """GPUs that it asked for (`gres:gpu:1`), or N/A."""


class Cluster:
    """A running SLURM, and its commands."""

    def __init__(self, folder: Path) -> None:
        """Use an empty folder with a short absolute path."""
        self.folder = folder
        self.conf = folder / "etc/slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which SLURM's commands find this cluster."""
        return {
            **os.environ,
            "SLURM_CONF": str(self.conf),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def start(self) -> None:
        """Start everything, and wait until the nodes are idle."""
        for part in ("etc", "state", "log", "run", "spool", "dev", "bin"):
            (self.folder / part).mkdir(mode=0o755, parents=True)
        self._write_configuration()
        self._start(
            "munged",
            "--force",
            *(
                f"--{option}={self.folder / file}"
                for option, file in (
                    ("key-file", "etc/munge.key"),
                    ("socket", "run/munge.sock"),
                    ("pid-file", "run/munged.pid"),
                    ("log-file", "log/munged.log"),
                    ("seed-file", "state/munge.seed"),
                )
            ),
        )
        self._start("slurmctld", "-i", "-c", "-f", str(self.conf))
        for name in self.nodes:
            self.start_node(name)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait until all nodes are up and without work."""
        wait_for(self._idle, 60, lambda: "the nodes are not idle: " + self.command("sinfo"))

    def logs(self) -> str:
        """What the daemons wrote down."""
        return "".join(file.read_text() for file in self.folder.glob("log/*.log"))

    def stop(self) -> None:
        """End its jobs, those who submit them and every process of this cluster, by pid files."""
        self._end("client-*.pid")
        with contextlib.suppress(Exception):
            self.cancel_all()
        for pattern in ("slurmd-*.pid", "slurmctld.pid", "munged.pid"):
            self._end(pattern)

    @property
    def nodes(self) -> list[str]:
        """Names of the nodes."""
        return [f"n{number + 1}" for number in range(NODES)]

    def start_node(self, name: str) -> None:
        """Bring a node up."""
        self._start("slurmd", "-N", name, "-f", str(self.conf))

    def stop_node(self, name: str) -> None:
        """Let a node vanish with all that runs on it, as if its power were cut."""
        steps = [f"slurmstepd: [{job.number}." for job in self.jobs() if job.node == name]
        roots = {int((self.folder / f"run/slurmd-{name}.pid").read_text())}
        roots |= {pid for pid in processes() if command_of(pid).startswith(tuple(steps))}
        for process in _with_children(roots):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def command(self, *words: str) -> str:
        """What a command of SLURM prints."""
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, timeout=20, check=False
        )
        return done.stdout + done.stderr

    def jobs(self) -> list[Job]:
        """All jobs, finished ones too, in the order of their numbers."""
        form = "JobID:|,State:|,Comment:|,NodeList:|,tres-alloc:|,tres-per-job:|"
        lines = self.command("squeue", "--noheader", "--states=all", f"--Format={form}", "--sort=i")
        return [
            Job(*map(str.strip, line.split("|")[:6])) for line in lines.splitlines() if "|" in line
        ]

    def cancel_all(self) -> None:
        """Cancel what still waits or runs."""
        self.command("scancel", "--user=root")
        wait_for(lambda: not self.command("squeue", "--noheader").strip(), 30, lambda: "jobs stay")

    def _idle(self) -> bool:
        states = self.command("sinfo", "--noheader", "--Node", "--format=%T").split()
        return states == ["idle"] * NODES

    def _write_configuration(self) -> None:
        host = socket.gethostname().split(".")[0]
        ports = _free_ports(NODES + 1)
        nodes = [
            NODE.format(name=name, host=host, port=port, cpus=CPUS, gpus=GPUS)
            for name, port in zip(self.nodes, ports[1:], strict=True)
        ]
        self.conf.write_text(
            CONF.format(
                host=host,
                port=ports[0],
                folder=self.folder,
                nodes="\n".join(nodes),
                count=NODES,
            )
        )
        key = self.folder / "etc/munge.key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o400)
        for number in range(GPUS):
            # SLURM hands out devices; a plain file would leave CUDA_VISIBLE_DEVICES empty.
            os.mknod(self.folder / f"dev/nvidia{number}", 0o20666, os.makedev(1, 3))
        (self.folder / "etc/gres.conf").write_text(
            f"AutoDetect=off\nNodeName=n[1-{NODES}] Name=gpu "
            f"File={self.folder}/dev/nvidia[0-{GPUS - 1}]\n"
        )
        # Snakemake's plugin for job steps drops every variable of SLURM's.
        srun = self.folder / "bin/srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.conf} exec {shutil.which("srun")} "$@"\n')
        srun.chmod(0o755)

    def _start(self, *command: str) -> None:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} does not start: {done.stdout}{done.stderr}")

    def _end(self, pattern: str) -> None:
        for pid_file in (self.folder / "run").glob(pattern):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
                _end_process(int(pid_file.read_text()))


@contextlib.contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Start a cluster in an empty folder, and take it down whatever happens.

    That is the work of a process that waits for the end of this one, should it be killed.
    """
    cluster = Cluster(folder)
    watch = subprocess.Popen(
        [sys.executable, __file__, str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        cluster.start()
        yield cluster
    finally:
        watch.communicate()


def take_down_at_the_end(folder: Path) -> None:
    """Wait until whoever uses a cluster closes standard input, and leave nothing of it."""
    sys.stdin.read()
    Cluster(folder).stop()
    shutil.rmtree(folder)


def wait_for(condition: Callable[[], object], seconds: float, otherwise: Callable[[], str]) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it was not so in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise())
        time.sleep(0.2)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as open_sockets:
        ports = []
        for _ in range(count):
            one = open_sockets.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            ports.append(one.getsockname()[1])
        return ports


def _end_process(process: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.kill(process, number)
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: process not in processes(), 10, lambda: "it stays")


def processes() -> list[int]:
    """All processes of this machine."""
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def command_of(process: int) -> str:
    """Its command line, with a null character after each word; empty if it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace")
    return ""


def _with_children(roots: set[int]) -> set[int]:
    parents = {}
    for process in processes():
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1]
            parents[process] = int(stat.split()[1])
    found = set(roots)
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


if __name__ == "__main__":
    take_down_at_the_end(Path(sys.argv[1]))
