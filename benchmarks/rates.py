"""Side-by-side measurement: what every benchmark here shares.

Contestants take turns in one run, so that a noisy machine is noisy for all of them; the ratio of a
turn is taken within the turn. Each benchmark prints its tables and writes the same as JSON.
"""

import argparse
import json
import operator
import platform
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

ROUNDS = 3


class Contestant(NamedTuple):
    """Who takes part."""

    work: Callable[[], object]
    """Does all of it once."""
    images: int
    """That this makes; the rate is comparable where the numbers differ."""
    warm_up: Callable[[], object] | None = None
    """Less work that has the same effect on later turns; all of it, unless told."""


class Rate(NamedTuple):
    """What one contestant did."""

    name: str
    images_per_s: float
    """Median over the turns."""
    ratio: float
    """Median over the turns of this contestant's rate over the first one's."""
    peak_mib: float
    """Peak memory: allocated on the GPU, or resident in this process (then of all so far)."""
    matrix_share: float | None
    """Share of the measured matrix rate; None where it makes no sense or the FLOPs are unknown."""
    turns: int = 1
    """How often it was measured, after a turn to warm up."""
    warming_s: float | None = None
    """What the turn to warm up took beyond an ordinary one: loading, compiling, choosing."""


class Goal(NamedTuple):
    """What a figure should reach."""

    what: str
    wanted: float | None
    """None where nobody said, and the figure is only told."""
    measured: float | None
    """None where it could not be measured."""
    at_most: bool = False
    """Whether it should stay below instead."""

    def met(self) -> bool | None:
        """Whether it does; None where it was not measured, or nothing is wanted."""
        if self.measured is None or self.wanted is None:
            return None
        return bool((operator.le if self.at_most else operator.ge)(self.measured, self.wanted))


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each contestant")
    parser.add_argument(
        "--seconds", type=float, help="begin no turn but the first after that many of measuring"
    )
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    return parser


def side_by_side(
    contestants: Mapping[str, Contestant],
    device: str,
    rounds: int = ROUNDS,
    seconds: float | None = None,
    flops_per_image: float | None = None,
    matrix_flops_per_s: float | None = None,
) -> Iterator[list[Rate]]:
    """Let contestants take turns; the first is what the others are compared with.

    Yields the rates after each turn of all, so that whatever ends the run leaves what was measured.

    Args:
        contestants: of each name what it does.
        device: cpu or cuda.
        rounds: turns of each, after one to warm up.
        seconds: no turn but the first of those begins later than this.
        flops_per_image: floating-point operations an image, if known.
        matrix_flops_per_s: the measured matrix rate of the device.
    """
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    warming: dict[str, float] = {}
    peak: dict[str, float] = {}
    began = time.perf_counter()
    for turn in range(rounds + 1):
        if turn > 1 and seconds is not None and time.perf_counter() - began > seconds:
            break
        for name, contestant in contestants.items():
            if device == "cuda":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
                torch.cuda.synchronize()
            start = time.perf_counter()
            if turn:
                contestant.work()
            else:
                (contestant.warm_up or contestant.work)()
            if device == "cuda":
                torch.cuda.synchronize()
            took = time.perf_counter() - start
            if turn:
                taken[name].append(took)
            else:
                warming[name] = took
            peak[name] = _peak_mib(device)
        if turn:
            yield _rates(contestants, taken, warming, peak, flops_per_image, matrix_flops_per_s)


def _rates(
    contestants: Mapping[str, Contestant],
    taken: Mapping[str, Sequence[float]],
    warming: Mapping[str, float],
    peak: Mapping[str, float],
    flops_per_image: float | None,
    matrix_flops_per_s: float | None,
) -> list[Rate]:
    each = {name: [s / contestants[name].images for s in found] for name, found in taken.items()}
    first = each[next(iter(contestants))]
    rates = []
    for name, found in each.items():
        rate = 1 / statistics.median(found)
        share = None
        if flops_per_image is not None and matrix_flops_per_s is not None:
            share = rate * flops_per_image / matrix_flops_per_s
        rates.append(
            Rate(
                name,
                rate,
                statistics.median(a / b for a, b in zip(first, found, strict=True)),
                peak[name],
                share,
                len(found),
                None
                if contestants[name].warm_up
                else max(0.0, warming[name] - statistics.median(taken[name])),
            )
        )
    return rates


def ratio(rates: Sequence[Rate], name: str, other: str) -> float:
    """How many times as fast one contestant is as another."""
    of = {rate.name: rate.ratio for rate in rates}
    return of[name] / of[other]


def matrix_rate(device: str, dtype: torch.dtype, side: int | None = None) -> float:
    """Measure how many floating-point operations a second a plain matrix product reaches.

    In float32 without TF32, as PyTorch leaves it.
    """
    side = side or (8192 if device == "cuda" else 1024)
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        if device == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        a @ b
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return 2 * side**3 / best


def card(device: str) -> str:
    """Name of the device."""
    return torch.cuda.get_device_name() if device == "cuda" else f"CPU ({platform.machine()})"


def show(found: Mapping[str, Any]) -> None:
    """Print what `record` gave."""
    title, facts = found["title"], said(found["facts"])
    print(f"\n{title}\n{found['device']}, {facts}\n\n{tables(found)}", flush=True)


def record(
    title: str,
    rates: Sequence[Rate],
    device: str,
    facts: Mapping[str, object],
    json_file: Path | None,
    goals: Sequence[Goal] = (),
    judged: bool | None = None,
) -> dict[str, Any]:
    """Put figures together, and write them as JSON if a file is named.

    Args:
        title: what was measured.
        rates: the contestants.
        device: cpu or cuda.
        facts: sizes, dtypes and versions that the figures depend on.
        json_file: where to, or None.
        goals: what was hoped for.
        judged: whether to say which are met; unless told, only on a GPU, for which they were set.
    """
    if judged is None:
        judged = device == "cuda"
    found = {
        "title": title,
        "device": card(device),
        "facts": {key: value if _plain(value) else str(value) for key, value in facts.items()},
        "rates": [rate._asdict() for rate in rates],
        "goals": [_told(goal, judged) for goal in goals],
    }
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


def said(facts: Mapping[str, object]) -> str:
    """Facts in one line."""
    return ", ".join(f"{key} {value}" for key, value in facts.items())


def tables(found: Mapping[str, Any]) -> str:
    """The rates and goals of a report in Markdown."""
    lines = []
    if found["rates"]:
        lines += [
            "| contestant | images/s | ratio | peak memory, MiB | share of matrix rate "
            "| turns | warming up, s |",
            "|---|---|---|---|---|---|---|",
        ]
    for rate in found["rates"]:
        share = "" if rate["matrix_share"] is None else f"{rate['matrix_share']:.0%}"
        warming = "" if rate["warming_s"] is None else f"{rate['warming_s']:.1f}"
        lines.append(
            f"| {rate['name']} | {rate['images_per_s']:.3g} | {rate['ratio']:.2f} "
            f"| {rate['peak_mib']:.0f} | {share} | {rate['turns']} | {warming} |"
        )
    if found["goals"]:
        lines += ["", "| goal | wanted | measured | |", "|---|---|---|---|"]
    for goal in found["goals"]:
        sign = "≤" if goal["at_most"] else "≥"
        wanted = "" if goal["wanted"] is None else f"{sign} {goal['wanted']:.7g}"
        measured = "not measured" if goal["measured"] is None else _number(goal["measured"])
        verdict = {None: "", True: "met", False: "missed"}[goal["met"]]
        lines.append(f"| {goal['what']} | {wanted} | {measured} | {verdict} |")
    return "\n".join(lines) + "\n"


def _told(goal: Goal, judged: bool) -> dict[str, Any]:
    # numpy's numbers are no JSON.
    measured = None if goal.measured is None else float(goal.measured)
    goal = goal._replace(measured=measured)
    return {**goal._asdict(), "met": goal.met() if judged else None}


def _number(value: float) -> str:
    """Three digits; near 1, as cosines are, as many as tell it from 1."""
    return f"{value:.7f}" if 0.99 < value < 1 else f"{value:.3g}"


def _plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool | None)


def _peak_mib(device: str) -> float:
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
