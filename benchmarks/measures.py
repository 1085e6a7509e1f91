"""How fast measures of many embeddings are, how much memory they take, and how both grow.

    python benchmarks/measures.py --work knn --points 100000 --queries 10000
    python benchmarks/measures.py --work prdc --points 10000
    python benchmarks/measures.py --work growth --sizes 10000 20000 40000

Contestants: faiss's flat search (exact, as ours is) for k-NN; prdc, by the authors of density and
coverage, for precision, recall, density and coverage. All get the same random unit vectors in
float32. Peak memory is that of a fresh process less what its inputs and imports take.
"""

import contextlib
import io
import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rates import arguments, report, side_by_side

K = 5
FULL = 1_281_167
"""Images of ImageNet's training set."""


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


Work = Callable[[np.ndarray, np.ndarray], None]

CONTESTANTS: dict[str, dict[str, Work]] = {
    "knn": {"faiss, flat L2": faiss_flat, "synthgap": nearest},
    "prdc": {"prdc": prdc, "synthgap": manifolds},
}
"""Of each comparison; the first is what the others are compared with."""

GROWING: dict[str, Work] = {"5 nearest": nearest, "precision to coverage": manifolds}
"""Works of two sets of n embeddings whose growth is measured."""

ORDER = {"5 nearest": 2, "precision to coverage": 2}
"""Power of n that time grows with; it extrapolates to ImageNet."""


def measured_alone(work: Work, n: int, m: int, d: int) -> tuple[float, float]:
    """Seconds, and MiB beyond inputs and imports, of a work in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_seconds_and_mib, (work, n, m, d))


def _seconds_and_mib(work: Work, n: int, m: int, d: int) -> tuple[float, float]:
    one, other = unit_vectors(0, n, d), unit_vectors(1, m, d)
    work(one[:50], other[:50])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    work(one, other)
    seconds = time.perf_counter() - start
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def growth(sizes: list[int], d: int, json_file: Path | None) -> None:
    print(f"\nGrowth, d {d}, numpy {np.__version__}\n")
    print("| work | n | seconds | MiB | seconds extrapolated to ImageNet |\n|---|---|---|---|---|")
    rows = []
    for name, work in GROWING.items():
        for n in sizes:
            seconds, mib = measured_alone(work, n, n, d)
            full = seconds * (FULL / n) ** ORDER[name]
            rows.append({"work": name, "n": n, "seconds": seconds, "mib": mib, "imagenet": full})
            print(f"| {name} | {n} | {seconds:.2f} | {mib:.0f} | {full:.0f} |")
    if json_file is not None:
        json_file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = arguments("Measure many embeddings.")
    parser.add_argument("--work", choices=[*CONTESTANTS, "growth"], default="prdc")
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--queries", type=int, help="as many as points unless given")
    parser.add_argument("--dimensions", type=int, default=768)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5_000, 10_000, 20_000])
    given = parser.parse_args()
    if given.work == "growth":
        growth(given.sizes, given.dimensions, given.json)
        return
    n, m, d = given.points, given.queries or given.points, given.dimensions
    one, other = unit_vectors(0, n, d), unit_vectors(1, m, d)
    contestants = CONTESTANTS[given.work]
    rates = side_by_side(
        {name: lambda work=work: work(one, other) for name, work in contestants.items()},
        m,
        "cpu",
        given.rounds,
    )
    rates = [
        rate._replace(peak_mib=measured_alone(contestants[rate.name], n, m, d)[1]) for rate in rates
    ]
    facts = {"points": n, "queries": m, "d": d, "numpy": np.__version__}
    facts |= {name: version(name) for name in ("faiss-cpu", "prdc", "scikit-learn")}
    report(given.work, rates, "cpu", facts, given.json)


if __name__ == "__main__":
    main()
