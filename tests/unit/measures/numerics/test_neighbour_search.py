import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import directions, rotation
from scipy.spatial.distance import cdist

from synthgap.errors import InputError
from synthgap.measures.numerics import exact, neighbour_search, products
from synthgap.measures.numerics.neighbour_search import in_balls, nearest

DEVICES = ("cpu", "torch:cpu")


def brute(
    queries: np.ndarray, points: np.ndarray, k: int, same: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The documented answer by scipy's distances: nearest first, ties by index."""
    apart = cdist(queries.astype(float), points.astype(float))
    if same:
        np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(apart, order, axis=1), order


def inside(
    centres: np.ndarray,
    points: np.ndarray,
    radii: np.ndarray,
    point_radii: np.ndarray,
    device: str = "cpu",
) -> tuple[np.ndarray, np.ndarray]:
    """Both kinds of pairs as matrices; no pair may come twice."""
    found = np.zeros((2, len(centres), len(points)), int)
    for tile in in_balls(centres, points, radii, point_radii, device=device):
        for matrix, pairs in zip(found, tile, strict=True):
            np.add.at(matrix, tuple(pairs), 1)
    assert found.max() <= 1
    return found[0] == 1, found[1] == 1


@pytest.fixture
def small_blocks(monkeypatch):
    """Many blocks and tiles, of sizes that divide nothing, on several threads."""
    monkeypatch.setattr(products.OnNumpy, "threads", 3)
    monkeypatch.setattr(neighbour_search, "FIRST_SEEN", 7)
    monkeypatch.setattr(exact, "NUMBERS_AT_ONCE", 50)
    monkeypatch.setattr(neighbour_search, "ROWS_SETTLED_AT_ONCE", 3)
    for place in (products.OnNumpy, products.OnTorch):
        monkeypatch.setattr(place, "tile", 11)
        monkeypatch.setattr(place, "block", 33)


@pytest.mark.parametrize("device", DEVICES)
class TestNearest:
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    @pytest.mark.parametrize(("n", "q", "d", "k"), [(700, 90, 16, 5), (6000, 50, 64, 20)])
    def test_is_that_of_all_distances(self, device, dtype, n, q, d, k):
        points, queries = (directions(s, m, d).astype(dtype) for s, m in ((0, n), (1, q)))
        apart, indices = brute(queries, points, k)
        found = nearest(queries, points, k, device=device)
        assert np.array_equal(found.indices, indices)
        assert found.distances == pytest.approx(apart, rel=1e-13, abs=0)

    def test_is_faiss_s(self, device):
        points, queries = (directions(s, m, 32).astype(np.float32) for s, m in ((2, 999), (3, 70)))
        index = faiss.IndexFlatL2(32)
        index.add(points)
        squares, indices = index.search(queries, 10)
        found = nearest(queries, points, 10, device=device)
        assert np.array_equal(found.indices, indices)
        # faiss computes squared distances in float32.
        assert found.distances**2 == pytest.approx(squares, abs=1e-5)

    def test_leaves_each_point_out_but_not_its_copy(self, device):
        points = np.repeat(directions(4, 30, 5), 2, axis=0).astype(np.float32)
        found = nearest(points, points, 1, leave_out_self=True, device=device)
        assert found.indices[:, 0].tolist() == [i ^ 1 for i in range(60)]
        assert not found.distances.any()

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_orders_ties_by_index(self, device, dtype):
        # Corners of a cube many times: each has about 112 copies, more than any spare candidates.
        points = np.random.default_rng(5).integers(0, 2, (900, 3)).astype(dtype)
        found = nearest(points, points, 5, leave_out_self=True, device=device)
        assert np.array_equal(found.indices, brute(points, points, 5, same=True)[1])

    def test_is_exact_where_float32_cannot_tell_scores_apart(self, device):
        # A step of 1e-4 at a distance of 1 changes the score by 5e-9, far less than its rounding.
        steps = np.random.default_rng(6).permutation(200)
        angles = 1e-4 * steps + 0.3
        points = np.stack([np.cos(angles), np.sin(angles), np.zeros(200)], axis=1)
        queries = np.array([[1.0, 0, 0], [0, 0, 1]], np.float32)
        points = points.astype(np.float32)
        found = nearest(queries, points, 8, device=device)
        assert np.array_equal(found.indices, brute(queries, points, 8)[1])

    def test_does_not_depend_on_blocks(self, device, small_blocks):
        points = np.random.default_rng(7).integers(-2, 3, (60, 3)).astype(np.float32)
        apart, indices = brute(points, points, 6, same=True)
        found = nearest(points, points, 6, leave_out_self=True, device=device)
        assert np.array_equal(found.indices, indices)
        assert found.distances == pytest.approx(apart, rel=1e-13)

    def test_gives_all_points_where_k_is_their_number(self, device):
        points = directions(8, 9, 3)
        assert np.array_equal(nearest(points, points, 9, device=device).indices[:, 0], range(9))
        alone = nearest(points, points, 8, leave_out_self=True, device=device).indices
        assert [sorted({*row, i}) for i, row in enumerate(alone.tolist())] == [[*range(9)]] * 9


class TestNearestOnly:
    @given(st.integers(0, 999), st.integers(1, 12))
    def test_does_not_depend_on_order_or_rotation(self, seed, k):
        points, queries = directions(seed, 40, 4), directions(seed + 1, 6, 4)
        found = nearest(queries, points, k)
        order, turn = np.random.default_rng(seed).permutation(40), rotation(seed, 4)
        assert np.array_equal(order[nearest(queries, points[order], k).indices], found.indices)
        turned = nearest(queries @ turn, points @ turn, k)
        assert np.array_equal(turned.indices, found.indices)
        assert turned.distances == pytest.approx(found.distances, abs=1e-12)

    def test_reads_memory_maps(self, tmp_path):
        points = directions(9, 5000, 8).astype(np.float32)
        np.save(tmp_path / "points.npy", points)
        mapped = np.load(tmp_path / "points.npy", mmap_mode="r")
        found = nearest(mapped, mapped, 3, leave_out_self=True)
        assert np.array_equal(
            found.indices, nearest(points, points, 3, leave_out_self=True).indices
        )

    def test_of_no_queries_is_empty(self):
        assert nearest(np.zeros((0, 3)), np.eye(3), 2).indices.shape == (0, 2)

    @pytest.mark.parametrize("k", [0, 3, 4])
    def test_refuses_a_k_that_is_none(self, k):
        with pytest.raises(InputError, match="each has 2 others"):
            nearest(np.eye(3), np.eye(3), k, leave_out_self=True)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_refuses_what_is_not_finite_or_of_another_space(self, bad):
        broken = np.eye(3)
        broken[1, 2] = bad
        with pytest.raises(InputError, match="queries: row 1 is not finite"):
            nearest(broken, np.eye(3), 1)
        with pytest.raises(InputError, match="points: row 1 is not finite"):
            nearest(np.eye(3), broken, 1)
        with pytest.raises(InputError, match="3 dimensions, but points have 4"):
            nearest(np.eye(3), np.eye(4), 1)


@pytest.mark.parametrize("device", DEVICES)
class TestBalls:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_hold_what_is_nearer_than_the_radius(self, device, dtype):
        rng = np.random.default_rng(10)
        centres, points = (directions(s, m, 6).astype(dtype) for s, m in ((11, 300), (12, 5000)))
        radii, point_radii = rng.uniform(0.2, 1, 300), rng.uniform(0.2, 1, 5000)
        apart = cdist(centres.astype(float), points.astype(float))
        of_centres, of_points = inside(centres, points, radii, point_radii, device)
        assert np.array_equal(of_centres, apart < radii[:, None])
        assert np.array_equal(of_points, apart < point_radii)

    def test_are_open_but_of_radius_zero(self, device, small_blocks):
        # Distances on a lattice are exact, and many are equal to a radius.
        points = np.random.default_rng(13).integers(-2, 3, (70, 3)).astype(np.float32)
        radii = np.sqrt(np.random.default_rng(14).integers(0, 6, 70))
        apart = cdist(points.astype(float), points.astype(float))
        of_centres, of_points = inside(points, points, radii, radii, device)
        # The ball of radius 0 holds its centre and its copies, of which the lattice has some.
        copies = apart == 0
        assert np.array_equal(of_centres, (apart < radii[:, None]) | copies)
        assert np.array_equal(of_points, (apart < radii) | copies)
        assert np.any((apart == radii) & ~copies)
        assert np.any(copies[radii == 0].sum(axis=1) > 1)

    def test_to_the_kth_neighbour_hold_the_point_itself_and_k_less_one(self, device):
        points = directions(15, 600, 20).astype(np.float32)
        radii = nearest(points, points, 5, leave_out_self=True, device=device).distances[:, -1]
        of_centres, of_points = inside(points, points, radii, radii, device)
        assert (of_centres.sum(axis=1) == 5).all()
        assert np.array_equal(of_points, of_centres.T)
