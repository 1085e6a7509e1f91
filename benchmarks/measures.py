"""How fast measures of many embeddings are, how much memory they take, and how both grow.

    python benchmarks/measures.py --work knn --points 100000 --queries 10000
    python benchmarks/measures.py --work prdc --points 10000
    python benchmarks/measures.py --work vendi --points 10000
    python benchmarks/measures.py --work growth --sizes 10000 20000 40000
    python benchmarks/measures.py --work growth --grow Vendi Fréchet CMMD --sizes 80000 320000

Contestants: faiss's flat search (exact, as ours is) for k-NN; prdc, by the authors of density and
coverage, for precision, recall, density and coverage; vendi-score, by the authors of the Vendi
score: its function for feature vectors, which decomposes the n × n kernel and is measured once
since it takes minutes, and its dual form. All get the same random unit vectors in float32. Peak
memory is that of a fresh process less what its inputs and imports take. Growth is measured on
files that are mapped into memory; pages of them do not count as memory.
"""

import contextlib
import io
import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rates import Contestant, Rate, arguments, record, show, side_by_side

K = 5
FULL = 1_281_167
"""Images of ImageNet's training set."""
A_CLASS = 1281
"""Its images a class, about."""


def unit_vectors(seed: int, n: int, d: int) -> np.ndarray:
    points = np.random.default_rng(seed).standard_normal((n, d), np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points


def nearest(one: np.ndarray, other: np.ndarray) -> None:
    from synthgap.measures import nearest

    nearest(other, one, K)


def faiss_flat(one: np.ndarray, other: np.ndarray) -> None:
    import faiss

    index = faiss.IndexFlatL2(one.shape[1])
    index.add(one)
    index.search(other, K)


def manifolds(one: np.ndarray, other: np.ndarray) -> None:
    from synthgap.measures import precision_recall_density_coverage

    precision_recall_density_coverage(one, other, K)


def prdc(one: np.ndarray, other: np.ndarray) -> None:
    from prdc import compute_prdc

    with contextlib.redirect_stdout(io.StringIO()):
        compute_prdc(other, one, K)


def vendi(one: np.ndarray, other: np.ndarray) -> None:
    from synthgap.measures import vendi_score

    vendi_score(one)


def vendi_score_x(one: np.ndarray, other: np.ndarray) -> None:
    from vendi_score import vendi

    vendi.score_X(one)


def vendi_score_dual(one: np.ndarray, other: np.ndarray) -> None:
    from vendi_score import vendi

    vendi.score_dual(one)


def frechet(one: np.ndarray, other: np.ndarray) -> None:
    from synthgap.measures import frechet_distance

    frechet_distance(one, other)


def cmmd(one: np.ndarray, other: np.ndarray) -> None:
    from synthgap.measures.mmd import of_moments

    of_moments(one, classes(len(one)), other, classes(len(other))).value()


def classes(n: int) -> np.ndarray:
    """Class numbers, ascending, of as many images a class as ImageNet has."""
    return np.arange(n) * max(1, n // A_CLASS) // n


Work = Callable[[np.ndarray, np.ndarray], None]

CONTESTANTS: dict[str, dict[str, Work]] = {
    "knn": {"faiss, flat L2": faiss_flat, "synthgap": nearest},
    "prdc": {"prdc": prdc, "synthgap": manifolds},
    "vendi": {
        "vendi-score, score_dual": vendi_score_dual,
        "vendi-score, score_X": vendi_score_x,
        "synthgap": vendi,
    },
}
"""Of each comparison; the first is what the others are compared with."""

ONCE = {"vendi-score, score_X"}
"""Measured once, in a process of its own: takes minutes."""

GROWING: dict[str, Work] = {
    "5 nearest": nearest,
    "precision to coverage": manifolds,
    "Vendi": vendi,
    "Fréchet": frechet,
    "CMMD": cmmd,
}
"""Works of two sets of n embeddings (Vendi: of one) whose growth is measured."""

ORDER = {"5 nearest": 2, "precision to coverage": 2, "Vendi": 1, "Fréchet": 1, "CMMD": 1}
"""Power of n that time grows with; it extrapolates to ImageNet."""


def measured_alone(work: Work, n: int, m: int, d: int) -> tuple[float, float]:
    """Seconds, and MiB beyond inputs and imports, of a work in a process of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        paths = [Path(folder) / f"{seed}.npy" for seed in range(2)]
        for seed, (path, size) in enumerate(zip(paths, (n, m), strict=True)):
            write_unit_vectors(path, seed, size, d)
        return pool.apply(_seconds_and_mib, (work, *paths))


def write_unit_vectors(path: Path, seed: int, n: int, d: int) -> None:
    """Write them in parts, so that they need not fit into memory."""
    file = np.lib.format.open_memmap(path, "w+", np.float32, (n, d))
    for number, start in enumerate(range(0, n, 10_000)):
        part = file[start : start + 10_000]
        part[:] = unit_vectors(1000 * seed + number, len(part), d)
    file.flush()


def _seconds_and_mib(work: Work, *paths: Path) -> tuple[float, float]:
    one, other = (np.load(path, mmap_mode="r") for path in paths)
    work(one[:50], other[:50])
    before, peak, done = _own_mib(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, _own_mib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    work(one, other)
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    return seconds, max(0.0, peak - before)


def _own_mib() -> float:
    """Memory of this process without pages of files; Linux tells."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("RssAnon:")[1].split()[0]) / 1024


def growth(names: list[str], sizes: list[int], d: int, json_file: Path | None) -> None:
    print(f"\nGrowth, d {d}, numpy {np.__version__}\n")
    print("| work | n | seconds | MiB | seconds extrapolated to ImageNet |\n|---|---|---|---|---|")
    rows = []
    for name in names:
        for n in sizes:
            seconds, mib = measured_alone(GROWING[name], n, n, d)
            full = seconds * (FULL / n) ** ORDER[name]
            rows.append({"work": name, "n": n, "seconds": seconds, "mib": mib, "imagenet": full})
            print(f"| {name} | {n:,} | {seconds:.2f} | {mib:.0f} | {full:,.0f} |", flush=True)
    if json_file is not None:
        json_file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def compare(work: str, n: int, m: int, d: int, rounds: int, seconds: float | None) -> list[Rate]:
    """Rates of a comparison's contestants, with the memory that each takes alone."""
    one, other = unit_vectors(0, n, d), unit_vectors(1, m, d)
    contestants = CONTESTANTS[work]
    *_, rates = side_by_side(
        {
            name: Contestant(partial(work, one, other), m)
            for name, work in contestants.items()
            if name not in ONCE
        },
        "cpu",
        rounds,
        seconds,
    )
    alone = {name: measured_alone(contestants[name], n, m, d) for name in contestants}
    found = {rate.name: rate._replace(peak_mib=alone[rate.name][1]) for rate in rates}
    for name in ONCE & contestants.keys():
        rate = m / alone[name][0]
        found[name] = Rate(name, rate, rate / rates[0].images_per_s, alone[name][1], None)
    return [found[name] for name in contestants]


def main() -> None:
    parser = arguments("Measure many embeddings.")
    parser.add_argument("--work", choices=[*CONTESTANTS, "growth"], default="prdc")
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--queries", type=int, help="as many as points unless given")
    parser.add_argument("--dimensions", type=int, default=768)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5_000, 10_000, 20_000])
    parser.add_argument("--grow", choices=GROWING, nargs="+", default=list(GROWING))
    given = parser.parse_args()
    n, m, d = given.points, given.queries or given.points, given.dimensions
    if given.work == "growth":
        growth(given.grow, given.sizes, d, given.json)
        return
    rates = compare(given.work, n, m, d, given.rounds, given.seconds)
    facts = {"points": n, "queries": m, "d": d, "numpy": np.__version__}
    facts |= {name: version(name) for name in ("faiss-cpu", "prdc", "scikit-learn", "vendi-score")}
    show(record(given.work, rates, "cpu", facts, given.json))


if __name__ == "__main__":
    main()
