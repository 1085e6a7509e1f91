"""Every figure that needs a GPU, in one run of eight minutes; `gpu.sh` calls this.

Each part is a process with a time limit of its own: one that fails, hangs or is late leaves the
others' figures, and what it wrote itself. After each part everything is in two files, JSON and
Markdown, named by the card.
"""

import argparse
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from rates import card, said, tables

HERE = Path(__file__).resolve().parent

PACKAGES = ("torch", "diffusers", "transformers", "timm", "numpy", "pillow", "pyarrow")

LEAST_S = 15
"""A part that has less time left is not begun."""


class Part(NamedTuple):
    """One benchmark, as it runs on a GPU and, to try it, small."""

    script: str
    limit_s: float
    full: tuple[str, ...]
    small: tuple[str, ...]


ONE = ("--rounds", "1")
TWO = ("--rounds", "2", "--seconds")
"""Turns; a second one only where the first was done by then."""
MODEL = ("--model", "{work}/pipeline")

PARTS = {
    # What matters most comes first, and what takes longest last.
    "generation": Part(
        "generation.py",
        150,
        (*ONE, *MODEL),
        (*ONE, *MODEL, "--images", "9", "--alone", "2", "--batched", "4", "--steps", "2"),
    ),
    "embedding": Part(
        "embedding.py",
        60,
        (*TWO, "15"),
        (*ONE, "--architecture", "miniature", "--images", "40"),
    ),
    "training": Part(
        "training.py",
        90,
        (*TWO, "25"),
        (*ONE, "--images", "64", "--side", "64"),
    ),
    "correctness": Part("correctness.py", 90, (), ("--small",)),
    "measures": Part(
        "measures_on_device.py",
        90,
        ONE,
        (*ONE, "--points", "1500", "--dimensions", "64"),
    ),
    "compiled": Part(
        "generation.py",
        170,
        (*TWO, "10", *MODEL, "--compile", "--images", "32", "--steps", "10"),
        (*ONE, *MODEL, "--compile", "--images", "9", "--steps", "2"),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--small", action="store_true", help="tiny works, to see that all runs")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--limit", type=float, default=470, help="seconds for all parts together")
    parser.add_argument(
        "--into", type=Path, default=HERE / "gpu", help="folder of the JSON and the Markdown"
    )
    given = parser.parse_args()
    # The parts' processes see it too.
    if given.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    given.into.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {
        **facts(given.device),
        "small": given.small,
        "seconds": 0.0,
        "parts": {},
    }
    place = given.into / "-".join(found["card"].replace("(", " ").replace(")", " ").split())
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as work,
        place.with_suffix(".log").open("w", encoding="utf-8") as log,
    ):
        for name in given.parts:
            part = PARTS[name]
            left = given.limit - (time.monotonic() - began)
            arguments = [
                each.format(work=work) for each in (part.small if given.small else part.full)
            ]
            command = [
                sys.executable,
                str(HERE / part.script),
                "--device",
                given.device,
                *arguments,
            ]
            print(f"{name} ...", flush=True)
            # Where it is only tried, the machine may be slow and busy.
            limit_s = min(part.limit_s * (3 if given.small else 1), left)
            found["parts"][name] = measured(command, Path(work), limit_s, log)
            found["seconds"] = round(time.monotonic() - began, 1)
            print(f"{name}: {found['parts'][name]['ended']}", flush=True)
            place.with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
            place.with_suffix(".md").write_text("\n".join(page(found)), "utf-8")
    print("\n".join(page(found)))
    print(f"Written: {place}.json, .md and .log")
    if any(part["code"] != 0 for part in found["parts"].values()):
        sys.exit(1)


def facts(device: str) -> dict[str, Any]:
    """What the figures depend on. The card is asked through NVML: CUDA is the parts' alone."""
    versions = {package: version(package) for package in PACKAGES}
    if device == "cuda":
        import pynvml

        pynvml.nvmlInit()
        name = pynvml.nvmlDeviceGetName(pynvml.nvmlDeviceGetHandleByIndex(0))
        versions["driver"] = pynvml.nvmlSystemGetDriverVersion()
    else:
        name = card(device)
    return {
        "card": name,
        "cores": len(os.sched_getaffinity(0)),
        "date": time.strftime("%Y-%m-%d"),
        "versions": {"python": platform.python_version(), **versions},
    }


def measured(command: list[str], work: Path, limit_s: float, log: TextIO) -> dict[str, Any]:
    """Run a part; give what it wrote, and how it ended: `code` is 0 where it ended well."""
    if limit_s < LEAST_S:
        return {"code": None, "ended": "not begun, the time was over"}
    report = work / "report.json"
    report.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        # Where a part that is killed leaves its models.
        "TMPDIR": str(work),
        # Nothing that an earlier run has found or compiled.
        "XDG_CACHE_HOME": str(work / "cache"),
        "TORCHINDUCTOR_CACHE_DIR": str(work / "inductor"),
        "TRITON_CACHE_DIR": str(work / "triton"),
    }
    log.write(f"\n$ {' '.join(command)}\n")
    log.flush()
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, "--json", str(report)],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    code: int | None = None
    ended = f"stopped after {limit_s:.0f} s"
    try:
        code = process.wait(limit_s)
        ended = "failed; see the log" if code else f"done in {time.monotonic() - began:.0f} s"
    except subprocess.TimeoutExpired:
        pass
    finally:
        # With all that it started.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    written = json.loads(report.read_text("utf-8")) if report.exists() else {}
    return {"code": code, "ended": ended, **written}


def page(found: Mapping[str, Any]) -> Iterator[str]:
    """Everything as lines of Markdown."""
    yield f"# {found['card']}"
    yield ""
    yield f"{found['date']}, {found['cores']} cores, {said(found['versions'])}."
    yield f"Random weights; written by `benchmarks/gpu.sh` in {found['seconds']:.0f} s."
    if found["small"]:
        yield "Tiny works: they show that everything runs, and say nothing of speed."
    for name, part in found["parts"].items():
        yield ""
        yield f"## {part.get('title', name)}"
        yield ""
        yield f"{said(part['facts'])}; {part['ended']}" if "facts" in part else part["ended"]
        if "rates" in part:
            yield ""
            yield tables(part).rstrip()
    yield ""


if __name__ == "__main__":
    main()
