import re

import numpy as np
import pytest
from diagnosed import centres, cloud, world
from points import rotation, unit
from scipy import stats

from synthgap.diagnosis import ambiguity, diversity, null
from synthgap.diagnosis.evidence import Class
from synthgap.diagnosis.null import judge, log_ratio, spreads
from synthgap.diagnosis.verdicts import CAUSES, FALSE_DISCOVERY_RATE, VERDICT, diagnose, verdicts

PROMPTS = centres(8, 16)
N, D = 40, 16


def suffering(classes: list[Class], prompts: np.ndarray | None = PROMPTS, draws: int = 500):
    """Which classes suffer, by cause."""
    rows = verdicts(classes, diagnose(classes, draws, prompts))
    return {
        cause: {
            int(row["class_id"][6:]) for row in rows if row["cause"] == cause and row["suffers"]
        }
        for cause in CAUSES
    }


def around(centre: np.ndarray, n: int = N, spread: float = 0.6, seed: int = 99) -> np.ndarray:
    return cloud(np.random.default_rng(seed), centre, n, spread)


class TestCauses:
    def test_images_of_two_classes_are_ambiguous(self):
        mixed = np.concatenate([around(PROMPTS[2], N // 2), around(PROMPTS[5], N // 2)])
        found = suffering(world(1, planted={2: mixed}))
        assert found["ambiguity"] == {2}
        assert 2 not in found["diversity"]

    def test_the_class_that_takes_images_is_named(self):
        mixed = np.concatenate([around(PROMPTS[2], 30), around(PROMPTS[5], 10)])
        classes = world(1, planted={2: mixed})
        rows = verdicts(classes, diagnose(classes, 500, PROMPTS))
        row = next(row for row in rows if row["suffers"] and row["cause"] == "ambiguity")
        assert (row["class_id"], row["other_class"]) == ("class-2", "class-5")
        assert row["value"] == pytest.approx(0.25)
        assert row["natural"] == 0
        assert "class-5 (name 5)" in row["reason"]
        assert "class-5 (name 5)" in row["advice"]

    def test_images_of_one_wrong_class_are_not_ambiguous_but_do_not_adhere(self):
        found = suffering(world(2, planted={3: around(PROMPTS[6])}))
        assert found["ambiguity"] == set()
        assert found["adherence"] == {3}
        assert found["concept"] == {3}
        assert found["diversity"] == set()

    def test_where_prompts_read_the_same_one_wrong_class_is_ambiguous_too(self):
        prompts = PROMPTS.copy()
        prompts[6] = prompts[3]
        found = suffering(world(2, planted={3: around(PROMPTS[6])}), prompts)
        assert found["ambiguity"] == {3}

    def test_following_a_prompt_that_fits_two_classes_is_adherence(self):
        prompts = PROMPTS.copy()
        prompts[[3, 6]] = unit(prompts[[3]] + prompts[[6]])
        classes = world(2, planted={3: around(PROMPTS[6])})
        assert suffering(classes, prompts)["adherence"] == set()

    def test_images_that_are_alike_lack_diversity(self):
        found = suffering(world(3, planted={4: around(PROMPTS[4], spread=0.3)}))
        assert found["diversity"] == {4}
        assert found["ambiguity"] == set()
        assert found["adherence"] == set()

    def test_images_that_are_all_the_same_lack_diversity(self):
        same = np.repeat(PROMPTS[4][None], N, axis=0)
        classes = world(3, planted={4: same})
        rows = verdicts(classes, diagnose(classes, 500, PROMPTS))
        row = next(r for r in rows if r["class_id"] == "class-4" and r["cause"] == "diversity")
        assert row["suffers"]
        assert row["value"] == pytest.approx(0, abs=1e-9)

    def test_a_shifted_mean_misses_the_concept(self):
        moved = unit(around(PROMPTS[1]) + 0.35 * centres(9, 16)[8])
        found = suffering(world(4, planted={1: moved}))
        assert found["concept"] == {1}
        assert found["adherence"] == set()

    def test_more_diverse_images_do_not_suffer(self):
        assert (
            suffering(world(5, planted={4: around(PROMPTS[4], spread=0.9)}))["diversity"] == set()
        )

    def test_a_poor_encoder_is_no_fault_of_the_generator(self):
        # The prompts of two classes are exchanged: natural images fail as well.
        assert suffering(world(6), PROMPTS[[1, 0, 2, 3, 4, 5, 6, 7]])["adherence"] == set()

    def test_rotating_the_space_changes_no_verdict(self):
        turn = rotation(0, D)
        mixed = np.concatenate([around(PROMPTS[2], N // 2), around(PROMPTS[5], N // 2)])
        classes = world(1, planted={2: mixed, 4: around(PROMPTS[4], spread=0.3)})
        turned = [
            one._replace(images=one.images @ turn, train=one.train @ turn, val=one.val @ turn)
            for one in classes
        ]
        assert suffering(turned, PROMPTS @ turn) == suffering(classes)


def shapes(rng: np.random.Generator, number: int, centre: np.ndarray, n: int) -> np.ndarray:
    """Images of a class: round, stretched, or with a rare kind far from the others."""
    points = cloud(rng, centre, n)
    if number % 3 == 1:
        return unit(points + 0.5 * rng.normal(size=(n, 1)) * np.roll(centre, 1))
    if number % 3 == 2:
        rare = rng.random(n) < 0.04
        return np.where(rare[:, None], cloud(rng, -centre, n), points)
    return points


class TestFalseDiscoveries:
    def test_natural_images_as_a_source_rarely_suffer(self, monkeypatch):
        """All verdicts are wrong there: the rate is that of studies with any (within 3 sigma)."""
        monkeypatch.setattr(null, "PARTINGS", 999)
        studies = 60
        wrong = dict.fromkeys(CAUSES, 0)
        for seed in range(studies):
            rng = np.random.default_rng(1000 + seed)
            classes = [
                Class(
                    f"class-{number}",
                    f"study {seed}",
                    *(shapes(rng, number, centre, 24) for _ in range(3)),
                )
                for number, centre in enumerate(centres(12, 16))
            ]
            for cause, found in suffering(classes, centres(12, 16), 100).items():
                wrong[cause] += bool(found)
        limit = FALSE_DISCOVERY_RATE * studies
        limit += 3 * np.sqrt(limit * (1 - FALSE_DISCOVERY_RATE))
        assert all(count <= limit for count in wrong.values()), wrong
        # And not because nothing ever does.
        assert wrong["concept"] + wrong["diversity"] > 0

    def test_p_values_of_natural_images_are_uniform(self, monkeypatch):
        monkeypatch.setattr(null, "PARTINGS", 999)
        found = {"diversity": [], "concept": []}
        for seed in range(40):
            evidence = diagnose(world(5000 + seed, n=24), 100, None)
            for cause, values in found.items():
                values += [one.p_value for one in evidence[cause]]
        for values in found.values():
            assert stats.kstest(values, "uniform").pvalue > 0.001


class TestTests:
    def test_taken_images_are_judged_by_fishers_exact_test(self):
        mixed = np.concatenate([around(PROMPTS[2], 36), around(PROMPTS[5], 4)])
        prompts = PROMPTS.copy()
        prompts[5] = prompts[2]
        found = diagnose(world(1, planted={2: mixed}), 200, prompts)["ambiguity"][2]
        table = [[4, 36], [0, 40]]
        assert found.p_value == pytest.approx(7 * stats.fisher_exact(table, "greater").pvalue)

    def test_adherence_is_judged_by_fishers_exact_test(self):
        mixed = np.concatenate([around(PROMPTS[2], 30), around(PROMPTS[5], 10)])
        classes = world(1, planted={2: mixed})
        found = diagnose(classes, 200, PROMPTS)["adherence"][2]
        hits = round(found.value * N)
        natural = round(found.natural * 2 * N)
        table = [[hits, N - hits], [natural, 2 * N - natural]]
        assert hits < N
        assert found.p_value == pytest.approx(stats.fisher_exact(table, "less").pvalue)

    def test_q_values_are_benjamini_hochbergs(self):
        classes = world(7, planted={1: around(PROMPTS[1], spread=0.5)})
        evidence = diagnose(classes, 200, PROMPTS)
        rows = verdicts(classes, evidence)
        for cause, found in evidence.items():
            expected = stats.false_discovery_control([one.p_value for one in found])
            ours = [row["q_value"] for row in rows if row["cause"] == cause]
            assert ours == pytest.approx(expected)
            suffers = [row["suffers"] for row in rows if row["cause"] == cause]
            assert suffers == list(expected <= FALSE_DISCOVERY_RATE)

    def test_a_shift_is_judged_by_a_permutation_test(self):
        rng = np.random.default_rng(0)
        one, other = rng.normal(size=(2, 20))
        other = other + 0.4

        def apart(first: np.ndarray) -> np.ndarray:
            points = np.concatenate([one, other])
            halves = [(some * points).sum(axis=1) / 20 for some in (first, ~first)]
            return np.abs(halves[0] - halves[1])

        ours = judge(apart, 20, "crane")
        theirs = stats.permutation_test(
            (one, other),
            lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
            n_resamples=9999,
            vectorized=True,
            alternative="greater",
            rng=1,
        )
        assert ours.p_value == pytest.approx(theirs.pvalue, abs=0.015)
        assert ours.excess > 0

    def test_no_p_value_is_zero(self):
        found = judge(lambda first: first[:, :10].sum(axis=1), 10, "crane")
        assert found.p_value == pytest.approx(1 / 10_000, abs=1e-4)

    def test_what_never_varies_is_no_evidence(self):
        found = judge(lambda first: np.ones(len(first)), 10, "crane")
        assert found == (1.0, 1.0, 0.0)


class TestNull:
    def test_partings_are_halves_and_the_same_for_every_variant(self):
        parted = np.concatenate(list(null.partings(N, "crane", 2300)))
        assert parted.shape == (2300, 2 * N)
        assert np.all(parted.sum(axis=1) == N)
        assert np.array_equal(parted, np.concatenate(list(null.partings(N, "crane", 2300))))
        assert abs(parted.mean(axis=0) - 0.5).max() < 0.05

    def test_residuals_differ_in_spread_alone(self):
        points = np.random.default_rng(0).normal(size=(2, 30, 4))
        moved = null.residuals(points[0] + 7, points[1])
        assert np.allclose(moved[:30].mean(axis=0), 0)
        assert np.allclose(moved[30:], points[1] - points[1].mean(axis=0))

    @pytest.mark.parametrize("d", [3, 50])
    def test_displacement_is_the_distance_of_the_means(self, d):
        points = np.random.default_rng(0).normal(size=(20, d))
        first = np.concatenate(list(null.partings(10, "crane", 7)))
        apart = [np.linalg.norm(points[row].mean(0) - points[~row].mean(0)) for row in first]
        assert 2 * np.sqrt(null.displacements(points, first)) == pytest.approx(apart)

    def test_spread_is_the_variance_of_what_is_chosen(self):
        points = np.random.default_rng(0).normal(size=(30, 4)) + 100
        chosen = np.random.default_rng(1).random((5, 30)) < 0.5
        expected = [points[row].var(axis=0).sum() for row in chosen]
        assert spreads(points, chosen) == pytest.approx(expected)

    @pytest.mark.parametrize("d", [1, 3, 50])
    def test_ratio_of_spreads_is_that_of_both_halves(self, d):
        points = np.random.default_rng(0).normal(size=(20, d)) + 5
        first = np.concatenate(list(null.partings(10, "crane", 7)))
        expected = log_ratio(spreads(points, first), spreads(points, ~first))
        assert null.log_spread_ratio(points, first) == pytest.approx(expected)

    def test_ratio_of_nothing_to_nothing_is_one(self):
        assert log_ratio(np.zeros(1), np.zeros(1))[0] == 0


class TestTooFewImages:
    """An interval of the ratio that holds both half and twice says nothing."""

    @staticmethod
    def of_diversity(n: int, seed: int = 1) -> list[dict]:
        classes = world(seed, classes=4, n=n)
        rows = verdicts(classes, diagnose(classes, 500, None))
        return [row for row in rows if row["cause"] == "diversity"]

    @pytest.mark.parametrize("n", [2, 3, 4, 10, 40])
    def test_is_said_where_the_interval_says_nothing_and_nowhere_else(self, n):
        for row in self.of_diversity(n):
            nothing = row["value_low"] < 0.5 and row["value_high"] > 2
            assert row["reason"].startswith("too few images to tell: ") == nothing
            assert row["reason"].startswith("its centroid distance is ") != nothing
        assert nothing == (n < 10)

    def test_says_from_which_n_on_it_would(self):
        # A rare outlying kind: the ratio hangs on whether a draw holds it.
        rng = np.random.default_rng(0)
        sets = [
            unit(PROMPTS[0] + np.array([1e-2] * 9 + [1])[:, None] * rng.normal(size=(10, D)))
            for _ in range(3)
        ]
        (evidence,) = diversity.diagnose([Class("crane", "crane", *sets)], 1000)
        found = re.fullmatch(
            r"too few images to tell: at n = 10 its centroid distance could be 0\.\d+ to .+ times "
            r"that of natural images; from about n = ([\d,]+) on one could \(an estimate: .*\)",
            evidence.reason,
        )
        assert found
        assert int(found[1].replace(",", "")) > 40

    @pytest.mark.parametrize("n", [5, 20])
    def test_the_estimate_follows_from_the_root_of_n(self, n):
        # Normal replicates of a ratio: the interval's half width is 1.96 standard deviations.
        replicates = np.random.default_rng(0).normal(size=100_000) * 1.2
        width = 2 * 1.96 * 1.2 * np.sqrt(n / (n - 1))
        expected = n * (width / np.log(4)) ** 2
        found = diversity._enough(0.0, replicates, n)
        assert expected * 0.98 < found < expected * 1.12

    def test_below_five_images_nothing_is_estimated(self):
        for row in self.of_diversity(3):
            assert row["reason"].endswith("too few to estimate how many would do")

    @pytest.mark.long
    def test_about_as_many_are_indeed_enough(self):
        """Of ordinary clouds: at the n that is named, hardly an interval says nothing any more."""
        named = []
        for seed in range(10):
            for row in self.of_diversity(5, seed):
                named += [int(n) for n in re.findall(r"about n = (\d+)", row["reason"])]
        assert len(named) > 5
        enough = int(np.median(named))
        assert 5 < enough < 40
        rows = [row for seed in range(5) for row in self.of_diversity(enough, seed)]
        assert np.mean([row["reason"].startswith("too few") for row in rows]) < 0.25


class TestMissing:
    def test_without_prompts_adherence_is_not_judged(self):
        classes = world(1)
        rows = verdicts(classes, diagnose(classes, 200, None))
        adherence = [row for row in rows if row["cause"] == "adherence"]
        assert len(adherence) == len(classes)
        assert all(row["suffers"] is None and row["value"] is None for row in adherence)
        assert all("not measured" in row["reason"] for row in adherence)
        assert all(row["suffers"] is not None for row in rows if row["cause"] != "adherence")

    @pytest.mark.parametrize(
        ("classes", "prompts", "embeds_text", "of_ambiguity", "of_adherence"),
        [
            (1, None, True, ["a second class"], ["a second class", "the variant has none"]),
            (1, None, False, ["a second class"], ["a second class", "sees images alone"]),
            (1, PROMPTS, True, ["a second class"], ["a second class"]),
            (8, None, True, [], ["the variant has none"]),
            (8, None, False, [], ["sees images alone"]),
            (8, PROMPTS, True, [], []),
        ],
    )
    def test_what_is_missing_is_said_and_nothing_else(
        self, classes, prompts, embeds_text, of_ambiguity, of_adherence
    ):
        found = world(1, classes=classes)
        given = prompts if prompts is None else prompts[:classes]
        rows = verdicts(found, diagnose(found, 100, given, embeds_text))
        reasons = {row["cause"]: row["reason"] for row in rows}
        said = ("a second class", "the variant has none", "sees images alone")
        for cause, expected in {"ambiguity": of_ambiguity, "adherence": of_adherence}.items():
            assert [part for part in said if part in reasons[cause]] == expected
            assert reasons[cause].startswith("not measured: it needs") == bool(expected)

    def test_one_class_has_no_other_to_be_taken_for(self):
        classes = world(1, classes=1)
        rows = verdicts(classes, diagnose(classes, 200, PROMPTS[:1]))
        judged = {row["cause"] for row in rows if row["suffers"] is not None}
        assert judged == {"diversity", "concept"}

    def test_two_images_a_class_are_enough_to_run_and_too_few_to_accuse(self):
        classes = world(1, n=2)
        assert suffering(classes)["ambiguity"] == set()

    def test_images_that_are_all_the_same_are_told_without_a_ratio(self):
        classes = world(1, classes=2, n=10)
        one = np.tile(classes[0].images[:1], (10, 1))
        for images, alike in (
            (one, "its images are too"),
            (classes[0].images, "its images are no"),
        ):
            same = [classes[0]._replace(images=images, train=one, val=one), classes[1]]
            rows = verdicts(same, diagnose(same, 200, None))
            row = next(row for row in rows if row["cause"] == "diversity")
            assert (row["value"], row["value_low"], row["value_high"]) == (None, None, None)
            assert alike in row["reason"]
            assert row["suffers"] is False
            assert "e+" not in "".join(row["reason"] for row in rows)
        # The reverse is the lowest diversity that there can be.
        same = [classes[0]._replace(images=one), classes[1]]
        rows = verdicts(same, diagnose(same, 200, None))
        row = next(row for row in rows if row["cause"] == "diversity")
        assert row["value"] == pytest.approx(0, abs=1e-12)
        assert row["suffers"] is True

    def test_every_row_has_every_column(self):
        classes = world(1)
        for prompts in (PROMPTS, None):
            for row in verdicts(classes, diagnose(classes, 200, prompts)):
                assert set(row) == {"class_id", "name", "cause", *VERDICT}

    def test_reasons_are_sentences_with_numbers(self):
        classes = world(1)
        for row in verdicts(classes, diagnose(classes, 200, PROMPTS)):
            assert re.search(r"\d", row["reason"])
            assert "nan" not in row["reason"]

    def test_among_equals_the_nearest_class_is_the_rival(self):
        classes = world(1)
        means = np.stack([one.train.mean(axis=0) for one in classes])
        rival = ambiguity._rival(0, classes, means)
        distances = np.linalg.norm(means - means[0], axis=1)
        assert rival.number == np.argsort(distances)[1]
        assert rival.taken == 0
