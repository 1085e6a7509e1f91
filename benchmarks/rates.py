"""Side-by-side measurement: what every benchmark here shares.

Contestants take turns in one run, so that a noisy machine is noisy for all of them; the ratio of a
round is taken within the round. Each benchmark prints one table and writes the same as JSON.
"""

import argparse
import json
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch

ROUNDS = 3


class Rate(NamedTuple):
    """What one contestant did."""

    name: str
    images_per_s: float
    """Median over the rounds."""
    ratio: float
    """Median over the rounds of this contestant's rate over the first one's."""
    peak_mib: float
    """Peak memory: allocated on the GPU, or resident in this process (then of all so far)."""
    matrix_share: float | None
    """Share of the measured matrix rate; None where it makes no sense or the FLOPs are unknown."""


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each contestant")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    return parser


def side_by_side(
    contestants: Mapping[str, Callable[[], object]],
    images: int,
    device: str,
    rounds: int = ROUNDS,
    flops_per_image: float | None = None,
    matrix_flops_per_s: float | None = None,
) -> list[Rate]:
    """Let contestants take turns; the first is what the others are compared with.

    Args:
        contestants: of each name what does the whole work once.
        images: images in the work.
        device: cpu or cuda.
        rounds: turns of each, after one to warm up.
        flops_per_image: floating-point operations an image, if known.
        matrix_flops_per_s: the measured matrix rate of the device.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    peak: dict[str, float] = {}
    for turn in range(rounds + 1):
        for name, work in contestants.items():
            if device == "cuda":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
                torch.cuda.synchronize()
            start = time.perf_counter()
            work()
            if device == "cuda":
                torch.cuda.synchronize()
            if turn:
                seconds[name].append(time.perf_counter() - start)
            peak[name] = _peak_mib(device)
    first = seconds[next(iter(contestants))]
    rates = []
    for name, taken in seconds.items():
        rate = images / statistics.median(taken)
        known = flops_per_image is not None and matrix_flops_per_s is not None
        rates.append(
            Rate(
                name,
                rate,
                statistics.median(a / b for a, b in zip(first, taken, strict=True)),
                peak[name],
                rate * flops_per_image / matrix_flops_per_s if known else None,
            )
        )
    return rates


def matrix_rate(device: str, dtype: torch.dtype, side: int | None = None) -> float:
    """Measure how many floating-point operations a second a plain matrix product reaches."""
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


def report(
    title: str, rates: list[Rate], device: str, facts: Mapping[str, object], json_file: Path | None
) -> None:
    """Print a table, and write the same as JSON if a file is named.

    Args:
        title: what was measured.
        rates: the contestants.
        device: cpu or cuda.
        facts: sizes, dtypes and versions that the figures depend on.
        json_file: where to, or None.
    """
    name = torch.cuda.get_device_name() if device == "cuda" else f"CPU ({platform.machine()})"
    print(f"\n{title}\n{name}, {', '.join(f'{key} {value}' for key, value in facts.items())}\n")
    print("| contestant | images/s | ratio | peak memory, MiB | share of matrix rate |")
    print("|---|---|---|---|---|")
    for rate in rates:
        share = "" if rate.matrix_share is None else f"{rate.matrix_share:.0%}"
        print(
            f"| {rate.name} | {rate.images_per_s:.3g} | {rate.ratio:.2f} "
            f"| {rate.peak_mib:.0f} | {share} |"
        )
    if json_file is not None:
        found = {
            "title": title,
            "device": name,
            "facts": dict(facts),
            "rates": [rate._asdict() for rate in rates],
        }
        json_file.write_text(json.dumps(found, indent=2, default=str) + "\n", encoding="utf-8")


def _peak_mib(device: str) -> float:
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
