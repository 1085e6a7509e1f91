"""Measures of many embeddings on a GPU, beside what a few lines of PyTorch do there.

    python benchmarks/measures_on_device.py --device cuda    (100,000 × 768)

Two sets of random unit vectors in float32. The peers are what one would write: distances by
torch.cdist block by block and torch.topk (no matrix of 100,000 × 100,000 fits); eigenvalues of
second moments, in double precision, as vendi-score and torchmetrics compute them; CMMD as its
authors publish it, over all pairs. Images a second are embeddings of one set. The share of the
matrix rate is that of a product in float32, of the distances that cannot be avoided: each pair
once. What is found must agree with the peer, or the benchmark fails in the end.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from measures import K, classes, unit_vectors
from rates import Contestant, Goal, Rate, arguments, matrix_rate, record, show, side_by_side

from synthgap.measures.frechet import frechet_distance
from synthgap.measures.manifolds import precision_recall_density_coverage
from synthgap.measures.mmd import SCALE, SIGMA, of_moments
from synthgap.measures.numerics.neighbour_search import nearest
from synthgap.measures.vendi import vendi_score

BLOCK = 8192
"""Rows of a block of the peers' distances."""

WARM = 5000
"""Embeddings of each set in a turn to warm up."""

Sets = tuple[np.ndarray, np.ndarray]
Work = Callable[[Sets, str], Any]


class Comparison(NamedTuple):
    """A measure, what one would write instead, and what they are held against."""

    ours: Work
    peer: Work
    tolerance: float
    """Largest difference that the peer's rounding and, for CMMD, the end of a series explain."""
    pairs: float | None = None
    """Pairs of two sets of n whose distance is needed, in n²; None where it takes none."""


def on_device(sets: Sets, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    one, other = (torch.from_numpy(points).to(device) for points in sets)
    return one, other


def blocks(one: torch.Tensor, other: torch.Tensor) -> Iterator[tuple[slice, torch.Tensor]]:
    """Distances of a block of one set from all of the other."""
    for start in range(0, len(one), BLOCK):
        rows = slice(start, start + BLOCK)
        # By products: the default would take differences, far more slowly, in small blocks.
        yield rows, torch.cdist(one[rows], other, compute_mode="use_mm_for_euclid_dist")


def our_neighbours(sets: Sets, device: str) -> np.ndarray:
    return nearest(sets[1], sets[0], K, device=device).distances


def torch_neighbours(sets: Sets, device: str) -> np.ndarray:
    one, other = on_device(sets, device)
    found = [apart.topk(K, largest=False).values for _, apart in blocks(other, one)]
    return torch.cat(found).cpu().numpy()


def our_manifolds(sets: Sets, device: str) -> np.ndarray:
    return np.array(precision_recall_density_coverage(*sets, K, device))


def torch_manifolds(sets: Sets, device: str) -> np.ndarray:
    """As prdc computes them, block by block."""
    images, natural = on_device(sets, device)
    # The nearest of all is the point itself.
    radii, image_radii = (
        torch.cat([apart.topk(K + 1, largest=False).values[:, -1] for _, apart in blocks(x, x)])
        for x in (natural, images)
    )
    inside, covered = torch.zeros_like(image_radii), torch.zeros_like(radii, dtype=torch.bool)
    recalled = torch.zeros_like(covered)
    for rows, apart in blocks(natural, images):
        within = apart < radii[rows, None]
        inside += within.sum(0)
        covered[rows] = within.any(1)
        recalled[rows] = (apart < image_radii).any(1)
    found = [(inside > 0).float(), recalled.float(), inside / K, covered.float()]
    return np.array([float(values.mean()) for values in found])


def our_vendi(sets: Sets, device: str) -> float:
    return vendi_score(sets[0], device=device)


def torch_vendi(sets: Sets, device: str) -> float:
    one = on_device(sets, device)[0].double()
    values = torch.linalg.eigvalsh(one.T @ one / len(one)).clamp(min=1e-300)
    return float(torch.exp(-(values * values.log()).sum()))


def our_frechet(sets: Sets, device: str) -> float:
    return frechet_distance(*sets, device=device)


def torch_frechet(sets: Sets, device: str) -> float:
    one, other = (points.double() for points in on_device(sets, device))
    a, b = torch.cov(one.T), torch.cov(other.T)
    overlap = torch.linalg.eigvals(a @ b).sqrt().real.sum()
    apart = (one.mean(0) - other.mean(0)).square().sum()
    return float(apart + a.trace() + b.trace() - 2 * overlap)


def our_cmmd(sets: Sets, device: str) -> float:
    labels = classes(len(sets[0]))
    return of_moments(sets[0], labels, sets[1], labels, device).value()


def torch_cmmd(sets: Sets, device: str) -> float:
    """Over all pairs, but for those of an embedding with itself."""

    def kernel_sum(x: torch.Tensor, y: torch.Tensor) -> float:
        found = 0.0
        for start in range(0, len(x), BLOCK):
            # Of unit vectors: ‖x - y‖² = 2 - 2 x·y.
            squares = 2 - 2 * (x[start : start + BLOCK] @ y.T)
            found += float(torch.exp(-squares / (2 * SIGMA**2)).sum(dtype=torch.float64))
        return found

    one, other = on_device(sets, device)
    n = len(one)
    within = (kernel_sum(one, one) + kernel_sum(other, other) - 2 * n) / (n * n - n)
    return SCALE * (within - 2 * kernel_sum(one, other) / n**2)


COMPARISONS = {
    # The peer takes the vectors for unit ones, which in float32 they nearly are.
    "Vendi": Comparison(our_vendi, torch_vendi, 1e-5),
    "Fréchet": Comparison(our_frechet, torch_frechet, 1e-6),
    "CMMD": Comparison(our_cmmd, torch_cmmd, 2e-3),
    "5 nearest": Comparison(our_neighbours, torch_neighbours, 1e-3, pairs=1),
    "precision to coverage": Comparison(our_manifolds, torch_manifolds, 1e-3, pairs=2),
}


def compared(
    name: str, sets: Sets, device: str, rounds: int, seconds: float | None
) -> tuple[list[Rate], str | None]:
    """Rates of peer and ours, and in which values they disagree, if they do."""
    comparison = COMPARISONS[name]
    found: dict[str, Any] = {}
    few = sets[0][:WARM], sets[1][:WARM]

    def contestant(who: str, work: Work) -> Contestant:
        def run() -> None:
            found[who] = work(sets, device)

        return Contestant(run, len(sets[0]), lambda: work(few, device))

    n, d = sets[0].shape
    *_, rates = side_by_side(
        {
            f"{name}: PyTorch": contestant("peer", comparison.peer),
            f"{name}: synthgap": contestant("ours", comparison.ours),
        },
        device,
        rounds,
        seconds,
        None if comparison.pairs is None else comparison.pairs * 2 * n * d,
        matrix_rate(device, torch.float32),
    )
    apart = float(np.abs(np.subtract(found["ours"], found["peer"])).max())
    agree = apart <= comparison.tolerance
    return rates, None if agree else f"{name}: {found['ours']} is not the peer's {found['peer']}"


def main() -> None:
    parser = arguments("Measures of many embeddings on a device.")
    parser.add_argument("--points", type=int, default=100_000, help="embeddings of each set")
    parser.add_argument("--dimensions", type=int, default=768)
    given = parser.parse_args()
    n, d = given.points, given.dimensions
    sets = unit_vectors(0, n, d), unit_vectors(1, n, d)
    rates: list[Rate] = []
    goals: list[Goal] = []
    disagreements = []
    facts = {"points": n, "d": d, "numpy": np.__version__, "torch": torch.__version__}
    for name, comparison in COMPARISONS.items():
        these, disagreement = compared(name, sets, given.device, given.rounds, given.seconds)
        rates += these
        if disagreement:
            disagreements.append(disagreement)
        if comparison.pairs is not None:
            goals.append(Goal(f"{name}: share of the matrix rate", 0.5, rates[-1].matrix_share))
        found = record("Measures of many embeddings", rates, given.device, facts, given.json, goals)
    show(found)
    if disagreements:
        raise SystemExit("\n".join(disagreements))


if __name__ == "__main__":
    main()
