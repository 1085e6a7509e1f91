"""What Snakemake says on the terminal: as always, but errors in one line, however quiet it is, and
now and then a line on how far the run is.

A plugin of Snakemake's, which finds it by its name; profiles/default takes it. It hears of mistakes
on the command line, which end Snakemake before it reads the Snakefile.
"""

import argparse
import re
import sys
import threading
from logging import LogRecord
from pathlib import Path

from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter, logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import OutputSettingsLoggerInterface

from snakemake_logger_plugin_synthgap.progress import Progress

# Nothing of synthgap is imported before it is needed: the Snakefile says from where.

OURS = "synthgap: "
"""What a line begins with that says what a user can mend."""

EVERY, EVERY_IN_A_FILE = 5.0, 60.0
"""Seconds between two lines on progress, where a person watches and elsewhere."""


class LogHandler(LogHandlerBase):
    """The door for Snakemake: puts `Terminal` in the place of its own handler."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Let Snakemake's logger speak to the terminal itself, as it does without plugins.

        A plugin is told by a thread, later: by then a job that is tried again has removed its log.
        """
        logger.addHandler(Terminal(self.common_settings))

    def emit(self, record: LogRecord) -> None:
        """Leave it to the terminal, which has heard it."""


class Terminal(ColorizingTextHandler):  # type: ignore[misc]  # Snakemake has no types
    """Snakemake's own handler for the terminal, and what it leaves out of errors."""

    def __init__(self, said: OutputSettingsLoggerInterface) -> None:
        """Be as Snakemake's own would be that was told what to say."""
        super().__init__(
            nocolor=said.nocolor,
            stream=sys.stdout if said.stdout else sys.stderr,
            formatter=DefaultFormatter(said.quiet, said.show_failed_logs),
            filter=DefaultFilter(
                said.quiet, said.debug_dag, said.verbose, said.dryrun, said.printshellcmds
            ),
        )
        self.failures: set[str] = set()
        quiet = set(said.quiet or ())
        self.says_progress = not (said.dryrun or quiet & {Quietness.ALL, Quietness.PROGRESS})
        self.says_jobs = Quietness.RULES not in quiet
        self.progress = Progress()
        self.watch: threading.Thread | None = None

    def handle(self, record: LogRecord) -> bool:
        """Say one thing of Snakemake's; whether it was said as Snakemake says it."""
        try:
            return self._handle(record)
        except Exception:
            # As of any handler: no mistake here ends what it speaks of.
            self.handleError(record)
            return False

    def _handle(self, record: LogRecord) -> bool:
        event = getattr(record, "event", None)
        if self.says_progress:
            self._follow(record)
        if event == LogEvent.PROGRESS or (not self.says_jobs and _is_of_numbers(record)):
            return False
        if event == LogEvent.ERROR and (mistake := _mistake_on_command_line()):
            self._say(OURS + mistake)
        elif super().handle(record):
            return True
        elif event == LogEvent.JOB_ERROR:
            # It may be tried several times.
            if (reason := _reason(record.__dict__)) not in self.failures:
                self.failures.add(reason)
                self._say(reason)
        elif event == LogEvent.ERROR and not self._follows_from_a_job(record):
            self.emit(record)
        return False

    def _follow(self, record: LogRecord) -> None:
        with self.lock:
            self.progress.hear(record)
            if self.progress.complete:
                self._say_progress()
            if self.watch is None and self.progress.running:
                self.watch = threading.Thread(target=self._watch, name="progress", daemon=True)
                self.watch.start()

    def _watch(self) -> None:
        """Say now and then how far the run is, also while no job begins or ends."""
        pause = threading.Event()
        while not (self.progress.complete or pause.wait(self.every)):
            with self.lock:
                self._say_progress()

    @property
    def every(self) -> float:
        """Seconds between two lines on progress."""
        return EVERY if self.is_tty else EVERY_IN_A_FILE

    def _say_progress(self) -> None:
        if (line := self.progress.line()) is not None:
            self._say(line)

    def _say(self, line: str) -> None:
        with self.lock:
            print(line, file=self.stream, flush=True)

    def _follows_from_a_job(self, record: LogRecord) -> bool:
        return bool(self.failures) or getattr(record, "exception", None) == "RuleException"


def _is_of_numbers(record: LogRecord) -> bool:
    """Whether it tells the numbers of jobs alone, which mean nothing to whom no job was shown."""
    if getattr(record, "event", None) in (LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED):
        return True
    return record.msg == "Select jobs to execute..."


def _reason(job: dict[str, object]) -> str:
    """Why a job failed, as its log says at the end."""
    logs = job["log"] or []
    assert isinstance(logs, list)
    lasts = [_last_line(Path(log)) for log in logs]
    for last in lasts:
        if last.startswith(OURS):
            return last
    said = next((f": {last}" for last in lasts if last), " without a word")
    where = f"; see {logs[0]}" if logs else ""
    return f"{OURS}{job['rule_name']} failed{said}{where}"


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line.strip()), "")


def _mistake_on_command_line() -> str | None:
    """What is wrong with the study that is named there, if that is what Snakemake fails at."""
    error = sys.exc_info()[1]
    if str(error).startswith("Invalid config definition: "):
        given = re.search(r"Unparsable value: (.*)\)", str(error))
        wrong = f"not {given[1]}" if given else "and a key is a word of two letters or more"
        return f"--config takes key=value, as in --config images_per_class=100, {wrong}"
    # PyYAML leaves an impossible date or number to Python's own errors.
    python = (OSError, ValueError, AttributeError, LookupError)
    if isinstance(error, python) or str(error).startswith("Config file "):
        return next(filter(None, map(_unreadable, _study_files())), None)
    return None


def _study_files() -> list[str]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", default=[])
    found, _ = parser.parse_known_args()
    return list(found.configfile)


def _unreadable(file: str) -> str | None:
    from synthgap.errors import InputError
    from synthgap.study.parsing import read_yaml

    try:
        read_yaml(file)
    except InputError as error:
        return str(error)
    return None
