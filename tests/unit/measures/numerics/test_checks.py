"""One rule for all measures: unit embeddings, and labels of one kind, at every public door."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from points import directions

from synthgap import measures
from synthgap.embedding_classifiers import classify
from synthgap.errors import InputError
from synthgap.measures.numerics import checks

N = 12
LABELS = np.arange(N) % 2


def points(seed: int = 0) -> np.ndarray:
    return directions(seed, N, 3)


def names(values: Any = LABELS) -> np.ndarray:
    return np.array(["crane", "owl"])[values]


# What is called with embeddings, and under which names it takes them.
DOORS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "centroid_angle": (measures.centroid_angle, ("images",)),
    "centroid_distance": (measures.centroid_distance, ("images",)),
    "mean_pairwise_cosine": (measures.mean_pairwise_cosine, ("images",)),
    "vendi_score": (measures.vendi_score, ("images",)),
    "centroid_shift": (measures.centroid_shift, ("images", "natural")),
    "frechet_distance": (measures.frechet_distance, ("images", "natural")),
    "cmmd": (measures.cmmd, ("images", "natural")),
    "precision_recall_density_coverage": (
        measures.precision_recall_density_coverage,
        ("images", "natural"),
    ),
    "clip_score": (measures.clip_score, ("images", "prompts")),
    "centroid_accuracy": (
        lambda a, b: measures.centroid_accuracy(a, LABELS, b, LABELS),
        ("images", "queries"),
    ),
    "knn_accuracy": (
        lambda a, b: measures.knn_accuracy(a, LABELS, b, LABELS),
        ("images", "queries"),
    ),
    "adherence": (
        lambda a, b: measures.adherence(a, LABELS, b, LABELS),
        ("images", "prompts"),
    ),
    "linear_separability": (
        lambda a, b: measures.linear_separability(a, LABELS, b, LABELS),
        ("images", "prompts"),
    ),
    "centroid_accuracy_matrix": (
        lambda a, b: measures.centroid_accuracy_matrix({"one": (a, LABELS), "two": (b, LABELS)}),
        ("one", "two"),
    ),
    "isolate": (
        lambda a, b, c: measures.isolate(a, LABELS, b, LABELS, c, LABELS),
        ("images", "natural", "queries"),
    ),
    "classify": (lambda a, b: classify("nearest_centroid", a, LABELS, b), ("images", "queries")),
}

# What is called with labels of images and labels of something else.
TWO_LISTS: dict[str, Callable[[Any, Any], Any]] = {
    "centroid_accuracy": lambda a, b: measures.centroid_accuracy(points(), a, points(1), b),
    "knn_accuracy": lambda a, b: measures.knn_accuracy(points(), a, points(1), b),
    "adherence": lambda a, b: measures.adherence(points(), a, points(1), b),
    "linear_separability": lambda a, b: measures.linear_separability(points(), a, points(1), b),
    "centroid_accuracy_matrix": lambda a, b: measures.centroid_accuracy_matrix(
        {"one": (points(), a), "two": (points(1), b)}
    ),
    "isolate, queries": lambda a, b: measures.isolate(points(), a, points(1), a, points(2), b),
    "isolate, natural": lambda a, b: measures.isolate(points(), a, points(1), b, points(2), a),
}

EACH_ARGUMENT = [
    pytest.param(name, place, id=f"{name}, {what}")
    for name, (_, arguments) in DOORS.items()
    for place, what in enumerate(arguments)
]


def test_no_measure_is_left_out():
    searches = {"in_balls", "nearest"}
    of_numbers = {"Estimate", "Interval", "difference", "interval", "wilson", "Isolation"}
    public = set(measures.__all__) - searches - of_numbers
    assert public == set(DOORS) - {"classify"}


@pytest.mark.parametrize(("name", "place"), EACH_ARGUMENT)
class TestUnitLength:
    def called(self, name: str, place: int, change: Callable[[np.ndarray], Any]) -> None:
        function, arguments = DOORS[name]
        given = [points(seed) for seed in range(len(arguments))]
        given[place] = change(given[place])
        function(*given)

    @pytest.mark.parametrize("factor", [0.5, 1.02, 30.0])
    def test_of_another_length_is_refused(self, name, place, factor):
        what = DOORS[name][1][place]

        def longer(rows: np.ndarray) -> np.ndarray:
            rows[4] *= factor
            return rows

        said = f"^{what}: row 4 has the length {factor:.4g}; measures take unit embeddings: divide"
        with pytest.raises(InputError, match=said):
            self.called(name, place, longer)

    @pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
    def test_of_none_is_refused(self, name, place, value):
        what = DOORS[name][1][place]

        def broken(rows: np.ndarray) -> np.ndarray:
            rows[7] = value
            return rows

        said = "is all zeros and has no direction" if value == 0 else "is not finite"
        with pytest.raises(InputError, match=f"^{what}: row 7 {said}"):
            self.called(name, place, broken)

    def test_rounding_of_any_type_in_use_is_accepted(self, name, place):
        self.called(name, place, lambda rows: rows.astype(np.float32))
        self.called(name, place, lambda rows: rows.astype(np.float16))
        self.called(name, place, lambda rows: rows.tolist())
        self.called(name, place, lambda rows: in_bfloat16(rows))


def in_bfloat16(rows: np.ndarray) -> np.ndarray:
    """Rounded to the eight binary digits that bfloat16 has."""
    bits = rows.astype(np.float32).view(np.uint32) + np.uint32(0x8000)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


class TestTolerance:
    @given(st.integers(0, 9999), st.integers(1, 64))
    def test_is_wider_than_rounding_to_bfloat16(self, seed, d):
        rows = torch.from_numpy(directions(seed, 4, d)).to(torch.bfloat16).float().numpy()
        assert np.array_equal(rows, in_bfloat16(directions(seed, 4, d)))
        checks.rows(rows)

    def test_lengths_are_exact_in_half_precision_and_of_whole_numbers(self):
        # In float16, 70,000 squares of 2^-12 would be lost, and 300² be infinite.
        checks.rows(np.full((2, 65_536), 2.0**-8, np.float16))
        with pytest.raises(InputError, match="row 0 has the length 300"):
            checks.rows(np.array([[300.0, 0.0]], np.float16))
        checks.rows(np.array([[1, 0], [0, -1]]))
        with pytest.raises(InputError, match=r"row 1 has the length 1.414"):
            checks.rows(np.array([[1, 0], [1, 1]]))

    @given(st.integers(0, 9999), st.integers(1, 900), st.floats(-2e-6, 2e-6))
    def test_of_single_precision_is_that_of_double_next_to_the_border(self, seed, d, beside):
        rows = (directions(seed, 1, d) * (1 + checks.UNIT + beside)).astype(np.float32)
        try:
            checks.rows(rows)
            taken = True
        except InputError:
            taken = False
        assert taken == (abs(np.linalg.norm(rows.astype(np.float64)) - 1) <= checks.UNIT)

    @pytest.mark.parametrize("value", [1e30, 3e38])
    def test_squares_beyond_single_precision_have_their_length_said(self, value):
        with pytest.raises(InputError, match=f"row 0 has the length {value:.4g}".replace("+", ".")):
            checks.rows(np.array([[value, 0]], np.float32))

    def test_names_the_row_of_any_block_of_a_memory_map(self, tmp_path, monkeypatch):
        monkeypatch.setattr(checks, "NUMBERS_AT_ONCE", 10)
        file = np.memmap(tmp_path / "points", np.float32, "w+", shape=(N, 3))
        file[:] = points()
        assert checks.rows(file) is file
        file[11] *= 2
        with pytest.raises(InputError, match="queries: row 11 has the length 2;"):
            checks.rows(file, "queries")


@pytest.mark.parametrize("function", TWO_LISTS.values(), ids=TWO_LISTS)
class TestKindsOfLabels:
    @pytest.mark.parametrize(
        ("one", "other", "said"),
        [
            (LABELS, LABELS.astype(str), "numbers"),
            (LABELS.tolist(), [str(label) for label in LABELS], "numbers"),
            (pd.Series(LABELS), pd.Series(LABELS).astype(str), "texts"),
            (LABELS.astype(bool), LABELS, "truth values"),
            (names(), names().astype(bytes), "bytes"),
        ],
        ids=["arrays", "lists", "series", "truth values", "bytes"],
    )
    def test_of_two_lists_must_be_the_same(self, function, one, other, said):
        for a, b in ((one, other), (other, one)):
            with pytest.raises(InputError, match=f"{said}.*none are equal; give both one kind"):
                function(a, b)

    @pytest.mark.parametrize(
        ("broken", "said"),
        [
            ([*names()[1:], None], "row 11 is None; a class is a number or a name"),
            ([*names()[1:], np.nan], "row 11 is nan; a class is a number or a name"),
            (np.append(LABELS[1:], np.nan), "row 11 is nan; a class is a number or a name"),
            (pd.Series([*names()[1:], None]), "row 11 is (None|nan); a class is a number"),
            (pd.Series([*names()[1:], pd.NA], dtype="string"), "row 11 is <NA>; a class is"),
            ([("a",)] * N, r"an array of shape \(12, 1\) for 12 embeddings"),
            (np.array(["2020-01-01"] * N, "datetime64[ns]"), "row 0 is 2020-01-01.*; a class is"),
            (["1", 1] * 6, "numbers and texts, of which none are equal; give one kind"),
            (LABELS[:3], r"an array of shape \(3,\) for 12 embeddings"),
        ],
        ids=str,
    )
    def test_that_are_missing_mixed_or_none_are_refused(self, function, broken, said):
        for a, b in ((broken, names()), (names(), broken)):
            with pytest.raises(InputError, match=said):
                function(a, b)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (LABELS, LABELS.astype(float)),
            (LABELS.tolist(), LABELS.astype(np.uint8)),
            (names().tolist(), pd.Series(names())),
            (names(), pd.Series(names()).astype("category")),
            ([2**70 + int(label) for label in LABELS], [2**70 + int(label) for label in LABELS]),
        ],
        ids=["whole and real numbers", "list and bytes", "series", "category", "large numbers"],
    )
    def test_that_are_equal_may_be_written_differently(self, function, one, other):
        function(one, other)


def test_one_list_of_labels_is_checked_too():
    for broken, said in (
        ([*names()[1:], None], "labels: row 11 is None"),
        (["1", 1] * 6, "labels: numbers and texts"),
    ):
        with pytest.raises(InputError, match=said):
            classify("nearest_centroid", points(), broken, points(1))
