"""What a script of the workflow does around its work; shown by scripts that are started."""

import inspect
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import snakemake
from processes import running, wait_for
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, ResourceList, Wildcards
from snakemake.script import PythonScript
from snakemake.sourcecache import LocalSourceFile

from synthgap.jobs import client
from synthgap.jobs.runs import RUN, SNAKEMAKE
from synthgap.jobs.workers import VISIBLE

SCRIPT = """
from types import SimpleNamespace

snakemake = SimpleNamespace(log=[{log!r}], threads=1, resources={resources!r})

from synthgap.jobs.job import job


@job(snakemake)
def work():
    import os
    from synthgap.errors import InputError
    from synthgap.jobs.workers import serving
    print("worker" if serving() else "job", os.environ.get("CUDA_VISIBLE_DEVICES"))
    {work}
"""


@pytest.fixture(params=["with workers", "without workers"])
def place(request, monkeypatch):
    """Where a script's work is done."""
    monkeypatch.delenv(VISIBLE, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3] / "src"))
    if request.param == "without workers":
        monkeypatch.delenv(RUN, raising=False)
        return "job"
    request.getfixturevalue("run")
    return "worker"


PYTHON = [sys.executable]
CLIENT = [*PYTHON, "-I", "-S", client.__file__, str(Path(snakemake.__file__).parent)]
"""As Snakemake starts a script, and as it does where a run has workers."""


class Script:
    def __init__(self, folder: Path, starter: list[str]) -> None:
        self.folder, self.log = folder, folder / "logs" / "job.log"
        self.starter = starter

    def start(
        self, work: str = "pass", shell: bool = False, **resources: int
    ) -> "subprocess.Popen[bytes]":
        script = self.folder / "script.py"
        script.write_text(SCRIPT.format(log=str(self.log), resources=resources, work=work))
        command = [*self.starter, str(script)]
        return subprocess.Popen(
            ["sh", "-c", f"{shlex.join(command)}; exit $?"] if shell else command,
            env={**os.environ, "TMPDIR": tempfile.gettempdir()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, work: str = "pass", **resources: int) -> int:
        job = self.start(work, **resources)
        assert job.communicate() == (b"", b"")
        return job.returncode

    def said(self) -> str:
        return self.log.read_text()


@pytest.fixture(params=[PYTHON, CLIENT], ids=["python", "client"])
def script(request, tmp_path):
    return Script(tmp_path, request.param)


def test_what_the_work_prints_is_in_the_log(place, script):
    assert script.run("print('done')") == 0
    assert script.said() == f"{place} None\ndone\n"


def test_an_older_log_is_replaced(place, script):
    script.run("print('older')")
    script.run()
    assert script.said() == f"{place} None\n"


def test_bad_input_is_one_line(place, script):
    assert script.run("raise InputError('study.yaml: no such thing')") == 1
    assert script.said() == f"{place} None\nsynthgap: study.yaml: no such thing\n"


def test_another_failure_has_its_traceback_in_the_log(place, script):
    assert script.run("{}['key']") == 1
    assert "Traceback (most recent call last)" in script.said()
    assert script.said().endswith("KeyError: 'key'\n")


def test_the_work_sees_the_device_that_the_job_holds(place, script, monkeypatch):
    monkeypatch.setenv(VISIBLE, "4,5")
    assert script.run(gpu=1) == 0
    assert script.said() == f"on GPU 4\n{place} 4\n"


def test_work_without_a_device_sees_what_is_there(place, script, monkeypatch):
    monkeypatch.setenv(VISIBLE, "4,5")
    assert script.run() == 0
    assert script.said() == f"{place} 4,5\n"


def test_more_devices_than_there_are_is_one_line(place, script, monkeypatch):
    monkeypatch.setenv(VISIBLE, "4")
    assert script.run(gpu=2) == 1
    assert script.said().startswith("synthgap: the job computes on 2 GPUs, but sees 1 (4)")


def test_where_the_worker_dies_the_job_does_the_work_and_says_so(script, run, monkeypatch):
    monkeypatch.delenv(VISIBLE, raising=False)
    assert script.run("serving() and os._exit(9)") == 0
    first, second, third = script.said().splitlines()
    assert first == "worker None"
    assert second.startswith("synthgap: the worker failed (it ended before it answered)")
    assert third == "job None"


class TestAKilledSnakemake:
    @pytest.fixture
    def snakemake(self, place, monkeypatch) -> Iterator["subprocess.Popen[bytes]"]:
        """Stands for the Snakemake of the job, and of the run if there are workers."""
        process = subprocess.Popen(["sleep", "300"])
        monkeypatch.setenv(SNAKEMAKE, str(process.pid))
        if place == "worker":
            monkeypatch.setenv(RUN, str(process.pid))
        yield process
        process.kill()
        process.wait()

    @staticmethod
    def begun(script: Script, shell: bool = False) -> "tuple[subprocess.Popen[bytes], list[int]]":
        """A job that would work for minutes, and all processes that take part in it."""
        note = script.folder / "pids"
        note.touch()
        work = (
            "import subprocess, time; child = subprocess.Popen(['sleep', '100']) if serving() else "
            f"None; print(os.getpid(), child.pid if child else '', file=open({str(note)!r}, 'a')); "
            "time.sleep(100)"
        )
        job = script.start(work, shell=shell)
        assert wait_for(lambda: note.read_text().endswith("\n"))
        return job, [job.pid, *map(int, note.read_text().split())]

    @pytest.mark.parametrize("reaped", [True, False])
    def test_takes_its_jobs_with_it(self, snakemake, script, reaped):
        job, processes = self.begun(script)
        snakemake.kill()
        if reaped:
            snakemake.wait()
        assert job.wait(5) == 1
        assert wait_for(lambda: not any(map(running, processes)), 2)
        # Nobody went on with the work.
        assert len((script.folder / "pids").read_text().splitlines()) == 1
        assert script.said().endswith("\nsynthgap: Snakemake has ended, and so does this job\n")
        assert "going on without it" not in script.said()

    def test_takes_a_job_with_it_that_has_hardly_begun(self, snakemake, script):
        snakemake.kill()
        assert script.start("import time; time.sleep(100)").wait(10) == 1

    def test_is_not_mistaken_for_one_that_lives(self, snakemake, script):
        job, _ = self.begun(script)
        time.sleep(1.5)
        assert job.poll() is None
        job.kill()

    def test_a_job_whose_shell_was_killed_ends_too(self, snakemake, script):
        shell, processes = self.begun(script, shell=True)
        shell.kill()
        shell.wait()
        assert wait_for(lambda: not any(map(running, processes)), 5)


SAYS_MODULES = """
import sys
print(*sys.modules, file=open("modules", "a"))

from synthgap.jobs.job import job


@job(snakemake)
def work():
    print(snakemake.input[0], snakemake.params.n, snakemake.resources.get("gpu"))
"""


def test_a_client_takes_what_snakemake_says_and_loads_nothing_of_it(run, tmp_path):
    """The beginning of the script, which holds the job's object, is written by Snakemake."""
    files = {"input_": InputFiles(["in {x}"]), "output": OutputFiles(), "log": Log(["job.log"])}
    values = {"params": Params(fromdict={"n": 3}), "resources": ResourceList(fromdict={"gpu": 0})}
    given = {**files, **values, "path": LocalSourceFile(str(tmp_path / "script.py"))}
    names = inspect.signature(PythonScript.generate_preamble).parameters
    others = {name: None for name in names if name != "preamble_addendum"}
    others |= {"threads": 1, "wildcards": Wildcards(), "config": {}, "rulename": "rule"}
    beginning = PythonScript.generate_preamble(**others | given)
    (tmp_path / "script.py").write_text(beginning + SAYS_MODULES)
    subprocess.run([*CLIENT, "script.py"], cwd=tmp_path, check=True)
    assert (tmp_path / "job.log").read_text() == "in {x} 3 0\n"
    # The worker's come in a second line.
    loaded = (tmp_path / "modules").read_text().split("\n")[0].split()
    assert "snakemake.iocontainers" in loaded
    assert not {"snakemake.shell", "snakemake.common", "asyncio"} & set(loaded)


def test_a_job_whose_work_a_worker_does_loads_nothing_heavy():
    code = "import sys, synthgap.jobs.job; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pyarrow", "pydantic", "jaxtyping", "tqdm", "torch", "asyncio"}
    assert not heavy & set(done.stdout.split())


LIBRARY = """
import logging, sys, warnings

own = logging.getLogger("library")
own.addHandler(logging.StreamHandler())
own.propagate = False
warnings.filterwarnings("once", message="once")
warnings.filterwarnings("ignore", message="never")


def warn(text):
    warnings.warn(text)
"""

SAYING = {
    "a handler of the library's own": "library.own.warning(text)",
    "logging's last resort": "logging.getLogger('other').warning(text)",
    "transformers": "hf('transformers').warning(text)",
    "diffusers": "hf('diffusers').warning(text)",
    "a warning shown once a place": "library.warn(text)",
    "the same again": "library.warn(text); library.warn(text)",
    "a warning shown once a process": "library.warn('once ' + text)",
}
"""Ways in which a library speaks to the user."""


@pytest.mark.parametrize("how", SAYING)
def test_what_a_library_says_is_once_in_the_log_of_each_job(place, script, how):
    (script.folder / "library.py").write_text(LIBRARY)
    get = "lambda name: __import__(name + '.utils.logging').utils.logging.get_logger(name + '.x')"
    names = f"import logging, sys, warnings; sys.path.insert(0, {str(script.folder)!r})"
    speak = f"{names}; import library; hf = {get}; text = {{!r}}; {SAYING[how]}"
    # Without workers each has its own process; of a worker's the last says what the first said.
    for number in range(3 if place == "worker" else 1):
        text = f"beware {number % 2}"
        assert script.run(speak.format(text)) == 0
        assert script.said().count(text) == script.said().count("beware") == 1
        assert "Logging error" not in script.said()
        assert "Traceback" not in script.said()


def test_what_a_library_keeps_quiet_about_stays_so(place, script):
    (script.folder / "library.py").write_text(LIBRARY)
    code = f"import sys; sys.path.insert(0, {str(script.folder)!r}); import library"
    for _ in range(2):
        script.run(f"{code}; library.warn('never say this')")
        assert "never" not in script.said()
