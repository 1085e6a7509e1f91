from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import directions, rotation, unit
from scipy.stats import norm, ttest_1samp
from simulated_coverage import coverage
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from synthgap.errors import InputError
from synthgap.measures import isolate
from synthgap.measures.intervals.estimates import Estimate, averaged, bonett_price, student
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.isolation import (
    ACCURACIES,
    COLUMNS,
    CORNERS,
    Isolation,
    corner_hits,
    of_points,
    of_source,
    parts,
)
from synthgap.measures.nearest_centroid import centroids
from synthgap.measures.nearest_neighbours import hits

CLASSES, D = 4, 5
PARTS = ("gap_from_shift", "gap_from_spread", "gap_from_shape")


def cloud(seed: int, per_class: int, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping clouds of embeddings, one a class, in one dense mass."""
    rng = np.random.default_rng(seed)
    centres = directions(99, CLASSES, D)
    labels = np.repeat(np.arange(CLASSES), per_class)
    return centres[labels] + spread * 0.6 * rng.normal(size=(len(labels), D)), labels


def shifted(points: np.ndarray, labels: np.ndarray, seed: int, by: float = 0.8) -> np.ndarray:
    """A constant vector a class is added."""
    return points + by * np.random.default_rng(seed).normal(size=(CLASSES, D))[labels]


def sample_of(seed: int = 0, per_class: int = 20, asked: int = 30) -> SourceSample:
    """Images that differ from the natural ones in all three factors."""
    natural, natural_labels = cloud(seed, per_class)
    images, labels = cloud(seed + 1, per_class, spread=0.4)
    images[:, 0] *= 0.2
    queries, query_labels = cloud(seed + 2, asked)
    return SourceSample(
        tuple(f"class-{c}" for c in range(CLASSES)),
        shifted(images, labels, seed),
        labels,
        queries,
        query_labels,
        same=False,
        prompts=None,
        prompt_labels=np.zeros(0, dtype=int),
        draws=200,
        natural=natural,
        natural_labels=natural_labels,
    )


def arguments(sample: SourceSample) -> tuple[np.ndarray, ...]:
    assert sample.natural is not None
    return (
        sample.images,
        sample.labels,
        sample.natural,
        sample.natural_labels,
        sample.queries,
        sample.query_labels,
    )


def isolated(*points: np.ndarray, k: int = 5) -> Isolation:
    """Of points of any length, as clouds and their shifts are."""
    return of_points(*points, k=k, classes=points[-1])


def accuracy(
    images: np.ndarray, labels: np.ndarray, queries: np.ndarray, asked: np.ndarray, k: int = 5
) -> float:
    """k-NN accuracy; all classes are asked alike often."""
    return float(hits(images, labels, queries, asked, [k])[k].mean())


def on_the_sphere(sample: SourceSample) -> SourceSample:
    """The same directions, as unit embeddings."""
    assert sample.natural is not None
    images, natural, queries = map(unit, (sample.images, sample.natural, sample.queries))
    return sample._replace(images=images, natural=natural, queries=queries)


def split(points: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Location, scale and shape of one class, as the definition says."""
    location = points.mean(axis=0)
    scale = float(np.sqrt(np.mean(np.sum((points - location) ** 2, axis=1))))
    return location, scale, (points - location) / scale


def corner_by_definition(sample: SourceSample, corner: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels, natural, natural_labels, *_ = arguments(sample)
    made, numbers = [], []
    for c in range(CLASSES):
        of = {"N": split(natural[natural_labels == c]), "S": split(images[labels == c])}
        points = of[corner[0]][0] + of[corner[1]][1] * of[corner[2]][2]
        made.append(points)
        numbers += [c] * len(points)
    return np.concatenate(made), np.array(numbers)


class TestCorners:
    @pytest.mark.parametrize("corner", CORNERS)
    def test_are_classified_as_scikit_learn_does(self, corner):
        sample = sample_of()
        points, numbers = corner_by_definition(sample, corner)
        model = KNeighborsClassifier(5).fit(points, numbers)
        shares = np.sort(model.predict_proba(sample.queries), axis=1)
        clear = shares[:, -1] > shares[:, -2]
        assert clear.mean() > 0.7
        expected = model.predict(sample.queries) == sample.query_labels
        found = corner_hits(*arguments(sample), k=5)[corner]
        assert np.array_equal(found[clear], expected[clear])

    def test_the_first_and_the_last_are_the_sets_themselves(self):
        sample = sample_of(1)
        images, labels, natural, natural_labels, queries, asked = arguments(sample)
        found = corner_hits(*arguments(sample), k=5)
        of_natural = hits(natural, natural_labels, queries, asked, [5])[5]
        of_images = hits(images, labels, queries, asked, [5])[5]
        assert np.array_equal(found["NNN"], of_natural)
        assert np.array_equal(found["SSS"], of_images)

    def test_float32_is_enough(self):
        sample = sample_of(2)
        exact = corner_hits(*arguments(sample), k=5)
        assert sample.natural is not None
        rounded = sample._replace(
            images=sample.images.astype(np.float32),
            natural=sample.natural.astype(np.float32),
            queries=sample.queries.astype(np.float32),
        )
        for corner, hit in corner_hits(*arguments(rounded), k=5).items():
            assert np.array_equal(hit, exact[corner])

    @pytest.mark.parametrize("location", ["N", "S"])
    def test_of_one_location_are_alike_to_the_nearest_centroid(self, location):
        """Why an isolation by nearest centroids cannot show any effect of diversity."""
        sample = sample_of(3)
        predicted = [
            NearestCentroid().fit(*corner_by_definition(sample, corner)).predict(sample.queries)
            for corner in CORNERS
            if corner[0] == location
        ]
        assert all(np.array_equal(found, predicted[0]) for found in predicted)


class TestParts:
    def test_are_owen_values(self):
        """Averaged over the orders that keep scale and shape together, as the definition says."""
        sample = sample_of(4)
        found = corner_hits(*arguments(sample), k=5)
        expected = np.zeros((3, len(sample.queries)))
        together = [order for order in permutations(range(3)) if order[1] != 0]
        assert len(together) == 4
        for order in together:
            corner = ["N", "N", "N"]
            for factor in order:
                before = found["".join(corner)].astype(float)
                corner[factor] = "S"
                expected[factor] += (before - found["".join(corner)]) / 4
        by_column = parts(found)
        for factor, name in enumerate(PARTS):
            assert by_column[name] == pytest.approx(expected[factor], abs=1e-12)
        assert np.abs(expected).max() > 0.3
        assert by_column["gap_from_diversity"] == pytest.approx(expected[1:].sum(axis=0), abs=1e-12)

    def test_what_only_both_together_cost_is_shared_equally(self):
        """As by the Shapley value of two players; of three, diversity would have 2/3."""
        only_together = {corner: np.array([corner != "SSS"]) for corner in CORNERS}
        assert {name: float(part[0]) for name, part in parts(only_together).items()} == {
            "accuracy_gap": 1.0,
            "gap_from_shift": 0.5,
            "gap_from_diversity": 0.5,
            "diversity_minus_shift": 0.0,
            "gap_from_spread": 0.25,
            "gap_from_shape": 0.25,
        }

    @given(st.integers(0, 10**6))
    def test_of_any_hits_add_up_to_the_gap_and_stay_within_bounds(self, seed):
        rng = np.random.default_rng(seed)
        found = {corner: rng.random(20) < rng.random() for corner in CORNERS}
        by_column = parts(found)
        total = by_column["gap_from_shift"] + by_column["gap_from_diversity"]
        assert total == pytest.approx(by_column["accuracy_gap"], abs=1e-12)
        inner = by_column["gap_from_spread"] + by_column["gap_from_shape"]
        assert inner == pytest.approx(by_column["gap_from_diversity"], abs=1e-12)
        between = by_column["diversity_minus_shift"]
        # Of each query a difference of hits, for which its interval was made.
        assert np.array_equal(between, found["SNN"].astype(float) - found["NSS"])
        for scores_of_part in by_column.values():
            assert np.abs(scores_of_part).max() <= 1

    def test_of_factors_without_effect_are_exactly_zero(self):
        only_location = {corner: np.array([corner[0] == "N"]) for corner in CORNERS}
        by_column = {name: float(part[0]) for name, part in parts(only_location).items()}
        assert by_column == {
            "accuracy_gap": 1.0,
            "gap_from_shift": 1.0,
            "gap_from_diversity": 0.0,
            "diversity_minus_shift": -1.0,
            "gap_from_spread": 0.0,
            "gap_from_shape": 0.0,
        }


class TestIsolate:
    def test_parts_add_up_to_the_difference_of_the_accuracies(self):
        sample = sample_of(5)
        images, labels, natural, natural_labels, queries, asked = arguments(sample)
        found = isolated(*arguments(sample))
        gap = accuracy(natural, natural_labels, queries, asked) - accuracy(
            images, labels, queries, asked
        )
        assert gap > 0.2
        assert found.gap == pytest.approx(gap, abs=1e-12)
        assert found.shift + found.diversity == pytest.approx(gap, abs=1e-12)
        assert found.spread + found.shape == pytest.approx(found.diversity, abs=1e-12)
        assert min(abs(found.shift), abs(found.spread), abs(found.shape)) > 0.005

    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("k", [1, 5])
    def test_a_shift_alone_has_no_diversity_part(self, seed, k):
        natural, labels = cloud(seed, 20)
        queries, asked = cloud(seed + 100, 30)
        images = shifted(natural, labels, seed)
        found = isolated(images, labels, natural, labels, queries, asked, k=k)
        assert abs(found.gap) > 0.01
        assert found.shift == pytest.approx(found.gap, abs=1e-12)
        assert (found.diversity, found.spread, found.shape) == pytest.approx((0, 0, 0), abs=1e-12)

    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("factor", [0.2, 3.0])
    def test_another_spread_alone_is_all_spread(self, seed, factor):
        natural, labels = cloud(seed, 20)
        queries, asked = cloud(seed + 100, 30)
        means = centroids(natural, labels, CLASSES)[labels]
        found = isolated(
            means + factor * (natural - means), labels, natural, labels, queries, asked
        )
        assert found.shift == pytest.approx(0, abs=1e-12)
        assert found.shape == pytest.approx(0, abs=1e-12)
        assert found.spread == pytest.approx(found.gap, abs=1e-12)
        assert found.centroid_gap == 0

    @pytest.mark.parametrize("seed", range(3))
    def test_another_shape_alone_is_all_shape(self, seed):
        natural, labels = cloud(seed, 40)
        queries, asked = cloud(seed + 100, 30)
        # Every class flat along one axis, as spread out as before, about the same means.
        means = centroids(natural, labels, CLASSES)[labels]
        flat = (natural - means) * np.eye(1, D)[0]
        lengths = [
            np.sqrt(np.sum((natural - means)[labels == c] ** 2) / np.sum(flat[labels == c] ** 2))
            for c in range(CLASSES)
        ]
        images = means + flat * np.array(lengths)[labels][:, None]
        found = isolated(images, labels, natural, labels, queries, asked)
        assert abs(found.gap) > 0.02
        assert found.shape == pytest.approx(found.gap, abs=1e-12)
        assert found.shift == pytest.approx(0, abs=1e-12)

    def test_of_a_set_and_itself_is_nothing(self):
        natural, labels = cloud(6, 20)
        found = isolated(natural, labels, natural, labels, *cloud(7, 30))
        assert found[:5] == (0, 0, 0, 0, 0)
        assert set(found.accuracies.values()) == {found.accuracies["NNN"]}

    @given(st.integers(0, 999))
    def test_does_not_depend_on_order_rotation_or_names(self, seed):
        sample = on_the_sphere(sample_of(seed, per_class=8, asked=10))
        images, labels, natural, natural_labels, queries, asked = arguments(sample)
        rng = np.random.default_rng(seed)
        order, natural_order, query_order = (
            rng.permutation(len(points)) for points in (images, natural, queries)
        )
        names = np.array(["owl", "crane", "heron", "stork"])
        turn = rotation(seed, D)
        one = isolate(*arguments(sample))
        other = isolate(
            (images @ turn)[order],
            names[labels[order]],
            (natural @ turn)[natural_order],
            names[natural_labels[natural_order]],
            (queries @ turn)[query_order],
            names[asked[query_order]],
        )
        assert other[:5] == pytest.approx(one[:5], abs=1e-12)
        assert other.accuracies == pytest.approx(one.accuracies, abs=1e-12)

    def test_sets_may_differ_in_number(self):
        images, labels = cloud(8, 6)
        natural, natural_labels = cloud(9, 25)
        found = isolated(images, labels, natural, natural_labels, *cloud(10, 30))
        assert found.shift + found.diversity == pytest.approx(found.gap, abs=1e-12)

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_equal_images_have_no_shape_and_stay_on_their_mean(self, dtype):
        natural, labels = cloud(11, 20)
        queries, asked = cloud(12, 30)
        # A third is no binary fraction: its mean is off by rounding.
        points = (directions(13, CLASSES, D) / 3).astype(dtype)
        images = points[labels].astype(np.float64)
        found = isolated(images, labels, natural, labels, queries, asked, k=1)
        # Whatever scale it is given, a shape of zeros is the class's mean, here or there.
        means = centroids(natural, labels, CLASSES)
        numbers = np.arange(CLASSES)
        at_natural = accuracy(means, numbers, queries, asked, k=1)
        at_images = accuracy(points.astype(np.float64), numbers, queries, asked, k=1)
        for corner, expected in {
            "NNS": at_natural,
            "NSS": at_natural,
            "SNS": at_images,
            "SSS": at_images,
            "NSN": at_natural,
            "SSN": at_images,
        }.items():
            assert found.accuracies[corner] == pytest.approx(expected, abs=1e-12), corner

    def test_one_image_a_class_is_enough(self):
        points, labels = directions(14, CLASSES, D), np.arange(CLASSES)
        found = isolate(points, labels, points[::-1], labels, points, labels, k=1)
        assert found.shift == found.gap
        assert found.diversity == 0

    def test_queries_of_an_unknown_class_are_never_right(self):
        points = directions(15, CLASSES, D)
        names = np.array(["crane", "heron", "stork", "ibis"])
        found = isolate(points, names, points, names, points[:1], ["owl"], k=1)
        assert set(found.accuracies.values()) == {0.0}

    def test_refuses_what_means_nothing(self):
        points, labels = cloud(16, 3)
        points = unit(points)
        queries = (points, labels)
        broken = points.copy()
        broken[4, 1] = np.nan
        with pytest.raises(InputError, match="natural: row 4 is not finite"):
            isolate(points, labels, broken, labels, *queries)
        with pytest.raises(InputError, match="queries: row 4 is not finite"):
            isolate(points, labels, points, labels, broken, labels)
        with pytest.raises(InputError, match="differ in their classes"):
            isolate(points, labels, points[labels > 0], labels[labels > 0], *queries)
        with pytest.raises(InputError, match="differ in their classes"):
            isolate(points[labels > 0], labels[labels > 0], points, labels, *queries)
        with pytest.raises(InputError, match="queries have 4"):
            isolate(points, labels, points, labels, unit(points[:, :4]), labels)
        with pytest.raises(InputError, match=r"natural_labels: an array of shape \(3,\)"):
            isolate(points, labels, points, labels[:3], *queries)
        with pytest.raises(InputError, match="k: 0 neighbours"):
            isolate(points, labels, points, labels, *queries, k=0)


class TestOfSource:
    def test_gives_every_column_per_class_and_overall(self):
        sample = on_the_sphere(sample_of(17))
        found = of_source(sample)
        assert list(found) == list(COLUMNS)
        by_hand = isolate(*arguments(sample))
        for name, value in {
            "accuracy_gap": by_hand.gap,
            "gap_from_shift": by_hand.shift,
            "gap_from_diversity": by_hand.diversity,
            "diversity_minus_shift": by_hand.diversity - by_hand.shift,
            "gap_from_spread": by_hand.spread,
            "gap_from_shape": by_hand.shape,
            "centroid_accuracy_gap": by_hand.centroid_gap,
            **{name: by_hand.accuracies[corner] for name, corner in ACCURACIES.items()},
        }.items():
            share = found[name]
            assert share.overall.value == pytest.approx(value, abs=1e-12)
            assert share.per_class.mean() == pytest.approx(value, abs=1e-12)
            for middle, ends in [
                (value, share.overall_interval),
                *zip(share.per_class, share.per_class_interval, strict=True),
            ]:
                assert ends.low - 1e-12 <= middle <= ends.high + 1e-12

    def test_parts_add_up_in_every_class_and_in_every_replicate(self):
        found = of_source(sample_of(18))
        gap, shift, diversity = (
            found[name] for name in ("accuracy_gap", "gap_from_shift", "gap_from_diversity")
        )
        assert shift.per_class + diversity.per_class == pytest.approx(gap.per_class, abs=1e-12)
        assert shift.overall.replicates + diversity.overall.replicates == pytest.approx(
            gap.overall.replicates, abs=1e-12
        )
        assert np.ptp(gap.overall.replicates) > 0.01
        assert found["diversity_minus_shift"].overall.replicates == pytest.approx(
            diversity.overall.replicates - shift.overall.replicates, abs=1e-12
        )

    def test_is_the_nearest_centroid_s_alone_where_a_class_could_not_win_a_vote(self):
        assert list(of_source(sample_of(22, per_class=2))) == ["centroid_accuracy_gap"]
        assert list(of_source(sample_of(22, per_class=3))) == list(COLUMNS)
        sample = on_the_sphere(sample_of(22, per_class=2))
        with pytest.raises(InputError, match="with 5 votes a class needs 3 images to win, but 0"):
            isolate(*arguments(sample))

    def test_is_nothing_for_natural_sources(self):
        sample = sample_of(19)
        assert sample.natural is not None
        itself = sample._replace(images=sample.natural, labels=sample.natural_labels)
        assert of_source(itself) == {}
        assert of_source(sample._replace(same=True)) == {}
        assert of_source(sample._replace(natural=None)) == {}


def scores(rng: np.random.Generator, n: int, lost: float, won: float) -> np.ndarray:
    """Differences of hits: 1, -1 or 0."""
    return rng.choice([1.0, -1.0, 0.0], size=n, p=[lost, won, 1 - lost - won])


class TestIntervals:
    """95 % intervals of means of signed scores, for given images: queries are what is sampled."""

    @pytest.mark.parametrize(("lost", "won"), [(0.3, 0.1), (0.2, 0.2), (0.6, 0.05)])
    def test_of_single_classes_cover_the_truth_at_40_queries(self, lost, won):
        rng = np.random.default_rng(0)
        ends = [bonett_price(scores(rng, 40, lost, won)) for _ in range(2000)]
        assert 0.93 <= np.mean([low <= lost - won <= high for low, high in ends]) <= 0.97

    @pytest.mark.parametrize(("lost", "won"), [(0.1, 0.02), (0.05, 0.0), (0.01, 0.01)])
    def test_of_single_classes_cover_rare_losses_more_often(self, lost, won):
        rng = np.random.default_rng(0)
        ends = [bonett_price(scores(rng, 40, lost, won)) for _ in range(2000)]
        assert np.mean([low <= lost - won <= high for low, high in ends]) >= 0.95

    def test_of_differences_are_bonetts_and_prices(self):
        """Their formula: a count of 1 is added to both kinds of discordant pairs."""
        n, lost, won = 40, 7, 2
        drawn = np.repeat([1.0, -1.0, 0.0], [lost, won, n - lost - won])
        p12, p21 = (lost + 1) / (n + 2), (won + 1) / (n + 2)
        half = norm.ppf(0.975) * np.sqrt((p12 + p21 - (p12 - p21) ** 2) / (n + 2))
        assert bonett_price(drawn) == pytest.approx((p12 - p21 - half, p12 - p21 + half))

    def test_over_all_classes_cover_the_truth(self):
        lost, won = np.array([0.02, 0.2, 0.5]), np.array([0.1, 0.05, 0.0])
        labels = np.repeat(np.arange(3), 40)

        def estimate(rng: np.random.Generator) -> Estimate:
            drawn = np.concatenate([scores(rng, 40, *p) for p in zip(lost, won, strict=True)])
            return averaged(drawn, labels, [rng] * 3, 200, bonett_price).overall

        assert 0.93 <= coverage(estimate, float(np.mean(lost - won))) <= 0.97

    def test_of_equal_scores_leave_room_for_what_was_not_drawn(self):
        # The rule of three: a share of up to 3 / n would be missed in 5 % of the samples.
        labels, rngs = np.zeros(40, dtype=int), [np.random.default_rng(0)]
        found = averaged(np.zeros(40), labels, rngs, 100, bonett_price)
        for low, high in (found.overall_interval, found.per_class_interval[0]):
            assert high == -low
            assert 2.5 / 40 < high < 4 / 40
        assert bonett_price(np.ones(1)).low < 0.3

    def test_of_continuous_scores_are_students(self):
        drawn = np.random.default_rng(1).normal(0.3, 0.05, size=40)
        found = averaged(drawn, np.zeros(40, dtype=int), [np.random.default_rng(0)], 4000, student)
        expected = ttest_1samp(drawn, 0).confidence_interval(0.95)
        assert found.per_class_interval[0] == pytest.approx(tuple(expected), abs=1e-12)
        assert found.overall_interval == pytest.approx(tuple(expected), abs=0.003)
        assert student(np.ones(1)) == (-np.inf, np.inf)
