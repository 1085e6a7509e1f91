"""Lines on how far a run is: its jobs by Snakemake's events, a long one by what tqdm wrote."""

import io
import logging
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent
from tqdm import tqdm

import snakemake_logger_plugin_synthgap as plugin
from snakemake_logger_plugin_synthgap.progress import Progress, of_bar

AS_MAKE = (Quietness.HOST, Quietness.REASON, Quietness.RULES)


def event(kind: LogEvent | None, text: str | None = None, **told: Any) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"name": "snakemake", "levelno": logging.INFO, "msg": text, "event": kind, **told}
    )


def begins(number: int, log: Path | None = None, **wildcards: str) -> logging.LogRecord:
    return event(
        LogEvent.JOB_INFO,
        jobid=number,
        rule_name="generate_images",
        wildcards=wildcards,
        log=[str(log)] if log else [],
    )


def ends(number: int) -> logging.LogRecord:
    return event(LogEvent.JOB_FINISHED, f"Finished jobid: {number}", job_id=number)


def done(jobs: int, total: int) -> logging.LogRecord:
    return event(LogEvent.PROGRESS, done=jobs, total=total)


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def hearing(clock: Clock, *records: logging.LogRecord) -> Progress:
    progress = Progress(clock)
    for record in records:
        progress.hear(record)
    return progress


def bar(n: int, rate: float, prefix: str = "n01440764", unit: str = "image", **more: Any) -> str:
    """As tqdm itself writes it."""
    total = more.pop("total", 1300)
    return tqdm.format_meter(n, total, n / rate, unit=unit, prefix=prefix, rate=rate, **more)


def test_jobs_are_counted_and_the_time_left_is_that_of_those_before(clock: Clock) -> None:
    progress = hearing(clock, begins(1), begins(2))
    assert progress.line() is None
    clock.now += 120
    progress.hear(ends(1))
    progress.hear(done(312, 480))
    assert progress.line() == "312 of 480 jobs (65 %), about 1 min left"


def test_what_was_said_is_not_said_again_though_time_passes(clock: Clock) -> None:
    progress = hearing(clock, begins(1), done(1, 1480))
    assert progress.line() is not None
    clock.now += 60
    assert progress.line() is None
    progress.hear(done(2, 1480))
    assert (progress.line() or "").startswith("2 of 1,480 jobs (0 %), about ")


def test_the_end_is_a_line_without_time(clock: Clock) -> None:
    progress = hearing(clock, begins(1), done(480, 480))
    assert progress.line() == "480 of 480 jobs (100 %)"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (bar(640, 5.2), "640 of 1,300 images, 5.2 images/s, 2 min left"),
        (bar(640, 0.25), "640 of 1,300 images, 4 s per image, 44 min left"),
        (bar(1200, 5.2, prefix=""), "1,200 of 1,300 images, 5.2 images/s, under 1 min left"),
        (bar(2, 0.01, prefix="a: b|c"), "2 of 1,300 images, 100 s per image, 36.1 h left"),
        (
            bar(6_400_000, 52e3, unit="pair", unit_scale=True, total=130_000_000),
            "6.40M of 130M pairs, 52.0k pairs/s, 40 min left",
        ),
        (
            bar(40, 2, prefix="epoch 3/90", unit="step", total=80),
            "epoch 3 of 90, 40 of 80 steps, 2 steps/s, about 58 min left",
        ),
        (bar(640, 5.2, postfix="loss=0.123"), "640 of 1,300 images, 5.2 images/s, 2 min left"),
        (bar(640, 5.2, unit="it"), "640 of 1,300 steps, 5.2 steps/s, 2 min left"),
        (bar(640, 5.2, total=None), None),
        (bar(1300, 5.2), None),
        (tqdm.format_meter(0, 1300, 0, unit="image"), None),
        ("put aside: 49%| of 1/2 [a", None),
    ],
)
def test_what_tqdm_writes_is_read(written: str, said: str | None) -> None:
    assert of_bar(written) == said


def test_a_long_job_says_how_far_it_is_and_takes_turns(clock: Clock, tmp_path: Path) -> None:
    logs = [tmp_path / f"{number}.log" for number in range(2)]
    for log in logs:
        log.write_text(f"a line\n\r{bar(1, 5.2)}\r{bar(640, 5.2)}")
    progress = hearing(clock, *(begins(n, log, variant=f"v{n}") for n, log in enumerate(logs)))
    assert progress.line() is None, "not yet long"
    clock.now += 11
    progress.hear(done(1, 8))
    said = [progress.line() for _ in range(4)]
    assert said == [
        "generate_images v0: 640 of 1,300 images, 5.2 images/s, 2 min left",
        "1 of 8 jobs (12 %), about 1 min left",
        "generate_images v1: 640 of 1,300 images, 5.2 images/s, 2 min left",
        None,
    ]
    # Neither is left out for good, however often the other has news.
    for log in logs:
        log.write_text(bar(641, 5.2))
    progress.hear(ends(1))
    assert (progress.line() or "").startswith("generate_images v0: 641 of")
    assert progress.line() is None, "the other has ended"


def test_the_log_of_an_earlier_attempt_says_nothing(clock: Clock, tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text(bar(640, 5.2))
    os.utime(log, (clock.now - 100, clock.now - 100))
    progress = hearing(clock, begins(1, log), begins(2, tmp_path / "none.log"), begins(3))
    clock.now += 60
    assert progress.line() is None


def terminal(stream: io.StringIO, quiet: tuple[Quietness, ...], dryrun: bool = False) -> Any:
    said = SimpleNamespace(
        nocolor=True, stdout=False, quiet=quiet, show_failed_logs=False, debug_dag=False
    )
    said.verbose, said.dryrun, said.printshellcmds = False, dryrun, False
    made = plugin.Terminal(said)  # type: ignore[arg-type]
    made.setStream(stream)
    return made


RUN = (
    event(None, "Select jobs to execute..."),
    event(LogEvent.JOB_STARTED, "Execute 1 jobs...", jobs=[1]),
    begins(1),
    ends(1),
    done(1, 2),
    begins(2),
    ends(2),
    done(2, 2),
)


def test_as_quiet_as_make_jobs_are_one_line_in_a_file() -> None:
    stream = io.StringIO()
    handler = terminal(stream, AS_MAKE)
    for record in RUN:
        handler.handle(record)
    assert stream.getvalue() == "2 of 2 jobs (100 %)\n"


@pytest.mark.parametrize(
    ("quiet", "dryrun"),
    [((Quietness.ALL,), False), ((Quietness.PROGRESS, Quietness.RULES), False), (AS_MAKE, True)],
)
def test_whoever_asks_for_quiet_has_it(quiet: tuple[Quietness, ...], dryrun: bool) -> None:
    stream = io.StringIO()
    handler = terminal(stream, quiet, dryrun)
    for record in RUN:
        handler.handle(record)
    assert " jobs (" not in stream.getvalue()
    assert handler.watch is None


def test_lines_come_while_no_job_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "EVERY_IN_A_FILE", 0.01)
    monkeypatch.setattr("snakemake_logger_plugin_synthgap.progress.LONG", 0.0)
    stream = io.StringIO()
    handler = terminal(stream, AS_MAKE)
    log = tmp_path / "job.log"
    with log.open("w") as file, tqdm(total=8, unit="image", file=file, mininterval=0) as shown:
        handler.handle(begins(1, log, variant="disamb"))
        deadline = time.monotonic() + 10
        while not stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
            if shown.n < 7:
                shown.update()
    handler.handle(ends(1))
    handler.handle(done(1, 1))
    handler.watch.join(timeout=10)
    assert not handler.watch.is_alive()
    first, *_, last = stream.getvalue().splitlines()
    assert first.startswith("generate_images disamb: ")
    assert " of 8 images, " in first
    assert last == "1 of 1 jobs (100 %)"
