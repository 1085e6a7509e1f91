"""How far a run is, in a line for people: its jobs, and inside of a long job its images.

Of the jobs Snakemake tells by its events. How far a job is stands at the end of its log, as tqdm
writes it.
"""

import re
import time
from collections.abc import Callable
from logging import LogRecord
from pathlib import Path
from typing import NamedTuple

from snakemake_interface_logger_plugins.common import LogEvent

LONG = 10.0
"""Seconds from which on a job is worth a line of its own."""

TAIL = 4096
"""Bytes at the end of a log that are looked at."""

NUMBER = r"[\d.]+[kMGT]?"

BAR = re.compile(
    rf"(?:(?P<what>.*): )? *\d+%\|.*\| (?P<done>{NUMBER})/(?P<total>{NUMBER}) "
    rf"\[[\d:]+<(?P<left>[\d:]+), +(?P<rate>{NUMBER})"
    r"(?:s/(?P<each>[a-z]+)|(?P<unit>[a-z]+)/s)"
)
"""What tqdm writes while it knows both the total and the rate."""

EPOCH = re.compile(r"epoch (\d+)/(\d+)")
"""What a training calls its bar, of which it has one an epoch."""


class Job(NamedTuple):
    """A job that runs, or waits on a cluster."""

    name: str
    log: Path | None
    since: float
    """Seconds since 1970."""


class Progress:
    """What a run has told of itself."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Know nothing yet; `clock` gives the seconds since 1970."""
        self.clock = clock
        self.began: float | None = None
        self.running: dict[int, Job] = {}
        self.done, self.total = 0, 0
        self.said: dict[str, str] = {}
        """What was said last of all jobs (no name), and of a job by its name; the latest last."""
        self.last = ""
        """Of whom."""

    def hear(self, record: LogRecord) -> None:
        """Take what Snakemake says; what tells nothing of progress is let pass."""
        told = record.__dict__
        match told.get("event"):
            case LogEvent.JOB_INFO:
                log = next(iter(told["log"] or []), None)
                name = " ".join([told["rule_name"], *map(str, (told["wildcards"] or {}).values())])
                now = self.clock()
                self.running[told["jobid"]] = Job(name, Path(log) if log else None, now)
                self.began = self.began or now
            case LogEvent.JOB_FINISHED:
                self._ends(told["job_id"])
            case LogEvent.JOB_ERROR:
                self._ends(told["jobid"])
            case LogEvent.GROUP_ERROR:
                for job in told["job_error_info"]:
                    self._ends(job["jobid"])
            case LogEvent.PROGRESS:
                self.done, self.total = told["done"], told["total"]

    @property
    def complete(self) -> bool:
        """Whether every job is done."""
        return 0 < self.total == self.done

    def line(self) -> str | None:
        """What is new since the last call, in one line: of all jobs and of long ones by turns."""
        now = self.clock()
        long = [job for job in self.running.values() if now - job.since >= LONG]
        if self.complete:
            long = []
        # Whoever was heard of the longest ago comes first.
        heard = {name: place for place, name in enumerate(self.said)}
        long.sort(key=lambda job: heard.get(job.name, -1))
        ways: list[Job | None] = [None, *long] if self.last else [*long, None]
        for job in ways:
            text = of_job(job) if job else self._of_all()
            name, news = (job.name, text) if job else ("", f"{self.done}/{self.total}")
            if text and news and self.said.get(name) != news:
                self.said.pop(name, None)
                self.said[name] = news
                self.last = name
                return text
        return None

    def _ends(self, number: int) -> None:
        job = self.running.pop(number, None)
        if job is not None:
            self.said.pop(job.name, None)

    def _of_all(self) -> str | None:
        if not self.done:
            return None
        said = f"{self.done:,} of {self.total:,} jobs ({100 * self.done // self.total} %)"
        if self.complete or self.began is None:
            return said
        # As if the jobs to come took as long as those before them.
        left = (self.clock() - self.began) * (self.total - self.done) / self.done
        return f"{said}, {duration(left, 'about ')} left"


def of_job(job: Job) -> str | None:
    """Say how far a job is by the end of its log; nothing, if that is not what it says."""
    if job.log is None:
        return None
    try:
        # A job that waits on a cluster has the log of its last attempt.
        if job.log.stat().st_mtime < job.since - 1:
            return None
        with job.log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - TAIL))
            tail = file.read().decode("utf-8", errors="replace")
    except OSError:
        return None
    parts = [part for part in re.split(r"[\r\n]", tail) if part.strip()]
    said = of_bar(parts[-1]) if parts else None
    return said and f"{job.name}: {said}"


def of_bar(bar: str) -> str | None:
    """Read what tqdm wrote.

    >>> of_bar("n01440764:  49%|####9     | 640/1300 [02:03<02:06,  5.20image/s]")
    '640 of 1,300 images, 5.2 images/s, 2 min left'
    >>> of_bar("epoch 3/5:  50%|#####     | 40/80 [01:00<01:00,  1.50s/step]")
    'epoch 3 of 5, 40 of 80 steps, 1.5 s per step, about 5 min left'
    """
    found = BAR.match(bar)
    if found is None or found["done"] == found["total"]:
        return None
    unit = found["unit"] or found["each"]
    # tqdm's own word, where a bar has none.
    unit = "step" if unit == "it" else unit
    rate = found["rate"].rstrip("0").rstrip(".") if "." in found["rate"] else found["rate"]
    speed = f"{rate} {unit}s/s" if found["unit"] else f"{rate} s per {unit}"
    left: float = _seconds(found["left"])
    about, where = "", ""
    if epoch := EPOCH.fullmatch(found["what"] or ""):
        number, last = map(int, epoch.groups())
        done, total = float(found["done"]), float(found["total"])
        if done < total:
            left += (last - number) * left * total / (total - done)
        about, where = "about ", f"epoch {number} of {last}, "
    counted = f"{_grouped(found['done'])} of {_grouped(found['total'])} {unit}s"
    return f"{where}{counted}, {speed}, {duration(left, about)} left"


def duration(seconds: float, about: str = "") -> str:
    """Say how long that is, as people do, with a word before what is a number.

    >>> [duration(seconds) for seconds in (20, 130, 5400, 10000)]
    ['under 1 min', '2 min', '90 min', '2.8 h']
    """
    if seconds < 60:
        return "under 1 min"
    number = f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
    return about + number


def _seconds(clock: str) -> int:
    seconds = 0
    for part in clock.split(":"):
        seconds = 60 * seconds + int(part)
    return seconds


def _grouped(number: str) -> str:
    return f"{int(number):,}" if number.isdigit() else number
