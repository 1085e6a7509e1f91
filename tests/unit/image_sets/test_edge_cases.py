"""What every public measure does with what comes from real disks and notebooks.

A new function is a line in `CASES`: what makes its arguments, and what it does not promise.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from points import directions

from synthgap import measures
from synthgap.errors import InputError

Arguments = dict[str, np.ndarray]
CLASSES = 4


def clusters(seed: int, n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of four classes and their numbers, unsorted."""
    labels = np.arange(n) % CLASSES
    centres = directions(99, CLASSES, d)
    return directions(seed, n, d, 1.5 * np.sqrt(d) * centres[labels]), labels


def one_set(n: int, d: int) -> Arguments:
    return {"images": directions(0, n, d, 0.3)}


def two_sets(n: int, d: int) -> Arguments:
    return {"images": directions(0, n, d, 0.3), "natural": directions(1, n, d, 0.5)}


def queries(n: int, d: int) -> Arguments:
    images, labels = clusters(0, n, d)
    asked, query_labels = clusters(1, n, d)
    return {"images": images, "labels": labels, "queries": asked, "query_labels": query_labels}


def prompts(n: int, d: int) -> Arguments:
    images, labels = clusters(0, n, d)
    texts, prompt_labels = clusters(1, n, d)
    return {"images": images, "labels": labels, "prompts": texts, "prompt_labels": prompt_labels}


def natural_too(n: int, d: int) -> Arguments:
    natural, natural_labels = clusters(2, n, d)
    return {**queries(n, d), "natural": natural, "natural_labels": natural_labels}


def matched(n: int, d: int) -> Arguments:
    return {"images": directions(0, n, d, 0.3), "prompts": directions(1, n, d, 0.3)}


class Case(NamedTuple):
    name: str
    arguments: Callable[[int, int], Arguments]
    """Valid ones, of n embeddings of d dimensions."""
    smooth: bool = True
    """Small changes of embeddings change the result little."""
    in_any_order: bool = True
    """The order of the rows does not matter."""

    def __call__(self, arguments: Arguments) -> np.ndarray:
        """All numbers of the result."""
        result = getattr(measures, self.name)(**arguments)
        parts = result if isinstance(result, tuple) else (result,)
        numbers = [list(part.values()) if isinstance(part, dict) else part for part in parts]
        return np.concatenate([np.ravel(np.asarray(part, dtype=float)) for part in numbers])


CASES = [
    Case("centroid_distance", one_set),
    Case("centroid_angle", one_set),
    Case("centroid_shift", two_sets),
    Case("centroid_accuracy", queries, smooth=False),
    Case("knn_accuracy", queries, smooth=False),
    # A perceptron learns from one point after another.
    Case("linear_separability", prompts, smooth=False, in_any_order=False),
    Case("mean_pairwise_cosine", one_set),
    Case("vendi_score", one_set),
    Case("frechet_distance", two_sets),
    Case("cmmd", two_sets),
    Case("precision_recall_density_coverage", two_sets, smooth=False),
    Case("isolate", natural_too, smooth=False),
    Case("adherence", prompts, smooth=False),
    # Row i of the one belongs to row i of the other.
    Case("clip_score", matched, in_any_order=False),
]

every = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
with_labels = pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.arguments in (queries, prompts, natural_too)],
    ids=lambda case: case.name,
)
N, D = 24, 6


def embeddings(arguments: Arguments) -> list[str]:
    return [name for name in arguments if "labels" not in name]


def refused(case: Case, arguments: dict[str, Any], *words: str) -> None:
    with pytest.raises(InputError) as caught:
        case(arguments)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def finite_or_refused(case: Case, arguments: Arguments) -> None:
    """Numbers come out, or one line that says why not; never a warning and a NaN."""
    try:
        found, message = case(arguments), ""
    except InputError as error:
        found, message = np.zeros(1), str(error)
    assert np.isfinite(found).all()
    assert "\n" not in message


def in_order(arguments: Arguments, seed: int) -> Arguments:
    """The same arguments, each set with its labels in another order."""
    orders = {
        "labels": "images",
        "natural_labels": "natural",
        "query_labels": "queries",
        "prompt_labels": "prompts",
    }
    shuffled = {
        name: np.random.default_rng([seed, place]).permutation(len(arguments[name]))
        for place, name in enumerate(embeddings(arguments))
    }
    return {name: values[shuffled[orders.get(name, name)]] for name, values in arguments.items()}


def test_every_measure_is_here():
    results = {"Estimate", "Interval", "Isolation", "difference", "interval", "wilson"}
    # What has no number for its result is tested with its module.
    others = {"nearest", "in_balls", "classify", "centroid_accuracy_matrix"}
    assert {case.name for case in CASES} == set(measures.__all__) - results - others


@every
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_what_is_not_finite_is_refused_in_one_line(case, bad, kind):
    for name in embeddings(case.arguments(N, D)):
        arguments = case.arguments(N, D)
        arguments[name] = arguments[name].astype(kind)
        arguments[name][7, 2] = bad
        refused(case, arguments, name, "row 7", "not finite")


@every
@pytest.mark.parametrize(
    "wrong",
    [
        lambda points: points[0],
        lambda points: points[None],
        lambda points: points[:, :0],
        lambda points: points[:0],
        lambda points: points.astype(str),
        lambda points: points.astype(complex),
        lambda points: points > 0,
    ],
    ids=["a vector", "a stack", "no dimensions", "no rows", "text", "complex", "bool"],
)
def test_what_is_no_matrix_of_numbers_is_refused_in_one_line(case, wrong):
    for name in embeddings(case.arguments(N, D)):
        arguments = case.arguments(N, D)
        refused(case, {**arguments, name: wrong(arguments[name])}, name)


@every
def test_embeddings_of_two_encoders_are_refused_in_one_line(case):
    for name in embeddings(case.arguments(N, D))[1:]:
        arguments = case.arguments(N, D)
        refused(case, {**arguments, name: case.arguments(N, D + 1)[name]}, "dimensions")


@with_labels
def test_labels_that_are_not_as_many_as_embeddings_are_refused_in_one_line(case):
    arguments = case.arguments(N, D)
    for name in set(arguments) - set(embeddings(arguments)):
        refused(case, {**arguments, name: arguments[name][1:]}, name)
        refused(case, {**arguments, name: arguments[name][:, None]}, name)


@every
def test_half_precision_loses_only_its_own_digits(case):
    exact = case.arguments(N, D)
    half = {
        name: values.astype(np.float16) if name in embeddings(exact) else values
        for name, values in exact.items()
    }
    widened = {
        name: values.astype(np.float64) if name in embeddings(exact) else values
        for name, values in half.items()
    }
    # The sums are in double precision, whatever comes in.
    assert case(half) == pytest.approx(case(widened), rel=1e-12, abs=1e-15)
    if case.smooth:
        assert case(half) == pytest.approx(case(exact), rel=5e-3, abs=5e-4)


@every
def test_single_precision_and_lists_are_taken(case):
    exact = case.arguments(N, D)
    single = {
        name: values.astype(np.float32) if name in embeddings(exact) else values
        for name, values in exact.items()
    }
    expected = case(single)
    lists: dict[str, Any] = {name: values.tolist() for name, values in single.items()}
    # Of float32 it may be computed in single precision.
    rounding = 1e-5 if case.name == "vendi_score" else 1e-12
    assert case(lists) == pytest.approx(expected, rel=rounding, abs=1e-15)
    if case.smooth:
        assert expected == pytest.approx(case(exact), rel=1e-5, abs=1e-6)


@every
def test_inputs_stay_as_they_are(case):
    arguments = case.arguments(N, D)
    before = {name: values.copy() for name, values in arguments.items()}
    for values in arguments.values():
        values.flags.writeable = False
    case(arguments)
    for name, values in arguments.items():
        assert np.array_equal(values, before[name])


@every
def test_rows_that_do_not_lie_one_after_another_are_taken(case):
    arguments = case.arguments(N, D)
    strided = {
        name: np.asfortranarray(np.repeat(values, 2, axis=0))[::2]
        for name, values in arguments.items()
    }
    assert case(strided) == pytest.approx(case(arguments), rel=1e-9, abs=1e-12)


@every
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [1, 2, 3, CLASSES, 5, 6, 7])
def test_few_images_are_measured_or_refused_in_one_line(case, n):
    finite_or_refused(case, case.arguments(n, D))


@every
@pytest.mark.filterwarnings("error")
def test_more_dimensions_than_images(case):
    assert np.isfinite(case(case.arguments(16, 30))).all()


@every
@pytest.mark.filterwarnings("error")
def test_one_dimension_is_measured_or_refused_in_one_line(case):
    arguments = {
        name: values[:, :1] if name in embeddings(case.arguments(N, D)) else values
        for name, values in case.arguments(N, D).items()
    }
    finite_or_refused(case, arguments)


@every
@pytest.mark.filterwarnings("error")
def test_every_image_twice(case):
    arguments = case.arguments(N, D)
    twice = {name: np.repeat(values, 2, axis=0) for name, values in arguments.items()}
    assert np.isfinite(case(twice)).all()


@every
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("point", [0.0, 1.0])
def test_all_classes_on_one_point(case, point):
    arguments = case.arguments(N, D)
    for name in embeddings(arguments):
        arguments[name] = np.full((N, D), point) / np.sqrt(D)
    finite_or_refused(case, arguments)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.in_any_order], ids=lambda case: case.name
)
def test_order_of_the_rows_does_not_matter(case):
    arguments = case.arguments(N, D)
    for seed in range(3):
        assert case(in_order(arguments, seed)) == pytest.approx(
            case(arguments), rel=1e-9, abs=1e-12
        )


@with_labels
def test_labels_may_be_names_or_numbers_with_gaps(case):
    arguments = case.arguments(N, D)
    expected = case(arguments)
    for translation in (
        np.array(["crane", "maillot", "owl", "zebra"]),
        np.array([-3, 5, 70, 900]),
        np.array(["a", "bb", "ccc", "dddd"], dtype=object),
    ):
        named = {
            name: values if name in embeddings(arguments) else translation[values]
            for name, values in arguments.items()
        }
        assert case(named) == pytest.approx(expected, rel=1e-12)


@with_labels
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("side", [0, 1])
def test_a_class_that_one_side_lacks_is_measured_or_refused_in_one_line(case, side):
    arguments = case.arguments(N, D)
    points, labels = list(arguments)[2 * side : 2 * side + 2]
    kept = arguments[labels] != 2
    lacking = {**arguments, points: arguments[points][kept], labels: arguments[labels][kept]}
    finite_or_refused(case, lacking)


@pytest.mark.parametrize("name", ["centroid_accuracy", "knn_accuracy"])
def test_queries_of_a_class_without_images_are_never_right(name):
    (case,) = (case for case in CASES if case.name == name)
    arguments = case.arguments(N, D)
    arguments["queries"] = arguments["images"]
    assert case(arguments) == 1
    kept = arguments["labels"] != 2
    arguments |= {name: arguments[name][kept] for name in ("images", "labels")}
    assert case(arguments) == 1 - 1 / CLASSES
