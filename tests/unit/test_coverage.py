"""Do 95 % intervals hold the truth in 95 % of samples? Simulated, where the truth is known.

Points are Gaussians around a centre, put on the unit sphere, with equal variances or with variances
that fall as 1/rank (half of the variance in four of the directions). The truth at a sample size is
the measure's expectation at that size: in closed form up to moments of the population, which come
from a million points that no sample shares. In a thousand repetitions a coverage errs by 0.7 %
(standard error); the seeds are fixed, so that a result is the same in every run.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from points import unit
from scipy.stats import binom, norm
from simulated_coverage import coverage, coverages

from synthgap.measures import shift, spread
from synthgap.measures.intervals.estimates import Estimate, difference, interval, share, wilson
from synthgap.measures.intervals.samples import ClassSample

pytestmark = pytest.mark.long

D = 16
DRAWS = 120
"""Fewer replicates than a study's 1,000, to be fast; the ends of an interval hold as often."""

SPECTRA = {"equal": np.ones(D), "falling": 1 / np.arange(1, D + 1)}
STEP = 0.4 * np.eye(D)[0]
"""Between the sources' centres."""


class Sample(ClassSample):
    """A class whose random numbers differ between repetitions."""

    def rng(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng([int(self.class_id), len(purpose)])


def draw(
    rng: np.random.Generator, spectrum: str, n: int, step: np.ndarray | float = 0.0
) -> np.ndarray:
    scale = np.sqrt(SPECTRA[spectrum] / SPECTRA[spectrum].sum())
    return unit(rng.normal(size=(n, D)) * scale + np.eye(D)[-1] + step)


def sample(
    rng: np.random.Generator, spectrum: str, n: int, step: np.ndarray | float = STEP
) -> Sample:
    images, natural = draw(rng, spectrum, n, step), draw(rng, spectrum, n)
    return Sample(str(rng.integers(2**60)), images, natural, same=False, draws=DRAWS)


def means(rng: np.random.Generator, repetitions: int, *of: object) -> np.ndarray:
    """Means of many samples of one size."""
    spectrum, n, step = of
    points = draw(rng, spectrum, repetitions * n, step)
    return points.reshape(repetitions, n, D).mean(axis=1)


class Truth(NamedTuple):
    """What measures expect at n."""

    centroid_distance: float
    centroid_angle: float
    centroid_shift: float
    centroid_shift_cosine: float
    centroid_shift_baseline: float


@cache
def truth(spectrum: str, n: int) -> Truth:
    rng = np.random.default_rng(1)
    # The trace of the covariance, for the source and for the natural images.
    source, natural = (
        1 - float(np.sum(draw(rng, spectrum, 200_000, step).mean(axis=0) ** 2))
        for step in (STEP, 0.0)
    )
    samples = draw(rng, spectrum, 400_000 // n * n, STEP).reshape(-1, n, D)
    centres = unit(samples.mean(axis=1))
    angles = np.arccos(np.clip(np.einsum("snd,sd->sn", samples, centres), -1, 1))
    half, repetitions = n // 2, 1_000_000 // n
    one, other = (means(rng, repetitions, spectrum, half, 0.0) for _ in range(2))
    shifted = means(rng, repetitions, spectrum, half, STEP)
    apart = np.linalg.norm(one - other, axis=1)
    # The mean square is known, and takes most of the noise out of the mean (control variate).
    square = 2 * natural / half
    return Truth(
        centroid_distance=(n - 1) / n * source,
        centroid_angle=float(angles.mean()),
        centroid_shift=float(np.linalg.norm(one - shifted, axis=1).mean()),
        centroid_shift_cosine=float(np.sum(unit(one) * unit(shifted), axis=1).mean()),
        centroid_shift_baseline=float(
            apart.mean() - (np.mean(apart**2) - square) / (2 * np.sqrt(square))
        ),
    )


EXCESS = "excess over the baseline"


@cache
def covered(spectrum: str, n: int, repetitions: int = 1000) -> dict[str, float]:
    """Coverage of every measure of one class."""
    known = truth(spectrum, n)._asdict()
    known[EXCESS] = known["centroid_shift"] - known["centroid_shift_baseline"]

    def estimates(rng: np.random.Generator) -> dict[str, Estimate]:
        drawn = sample(rng, spectrum, n)
        found = spread.of_class(drawn) | shift.of_class(drawn)
        return found | {
            EXCESS: difference(found["centroid_shift_baseline"], found["centroid_shift"])
        }

    return coverages(estimates, known, repetitions)


@pytest.mark.parametrize("name", [*Truth._fields, EXCESS])
@pytest.mark.parametrize(("spectrum", "n"), [("equal", 40), ("falling", 40), ("falling", 200)])
def test_measures_of_a_class(n, spectrum, name):
    assert 0.93 <= covered(spectrum, n)[name] <= 0.97


def test_excess_of_nothing_is_held_to_be_nothing():
    """Two samples of one distribution: the interval is too wide there, never too narrow."""

    def excess(rng: np.random.Generator) -> Estimate:
        found = shift.of_class(sample(rng, "falling", 20, step=0.0))
        return difference(found["centroid_shift_baseline"], found["centroid_shift"])

    # Measured at n = 10, 40 and 200: 0.995 to 1.
    assert coverage(excess, 0.0) >= 0.99


def mean_over(estimates: list[Estimate]) -> Estimate:
    """As the summary averages classes."""
    return Estimate(
        float(np.mean([found.value for found in estimates])),
        np.mean([found.replicates for found in estimates], axis=0),
    )


def test_mean_over_classes():
    def distance(rng: np.random.Generator) -> Estimate:
        return mean_over(
            [
                spread.of_class(sample(rng, spectrum, 20))["centroid_distance"]
                for spectrum in SPECTRA
            ]
        )

    expected = np.mean([truth(spectrum, 20).centroid_distance for spectrum in SPECTRA])
    assert 0.93 <= coverage(distance, float(expected)) <= 0.97


class TestDifference:
    """Two sources whose images are moved by the same noise, as those of one seed are."""

    SHARED = 0.8
    N = 40
    SIZES = (0.7, 1.0)

    @staticmethod
    def points(noise: np.ndarray, size: float) -> np.ndarray:
        scale = np.sqrt(SPECTRA["falling"] / SPECTRA["falling"].sum())
        return unit(noise * scale * size + np.eye(D)[-1])

    def pair(self, rng: np.random.Generator) -> tuple[Estimate, Estimate]:
        noise = rng.normal(size=(3, self.N, D))
        own, common = np.sqrt(1 - self.SHARED), np.sqrt(self.SHARED)
        sets = [
            self.points(own * noise[which] + common * noise[2], size)
            for which, size in enumerate(self.SIZES)
        ]
        purpose = str(rng.integers(2**60))
        one, other = (
            spread.of_class(Sample(purpose, images, images, same=True, draws=DRAWS))
            for images in sets
        )
        return one["centroid_distance"], other["centroid_distance"]

    def truth(self) -> float:
        rng = np.random.default_rng(2)
        scale = np.sqrt(SPECTRA["falling"] / SPECTRA["falling"].sum())
        small, large = (
            1
            - np.sum(
                unit(rng.normal(size=(200_000, D)) * scale * size + np.eye(D)[-1]).mean(0) ** 2
            )
            for size in (0.7, 1.0)
        )
        return float((self.N - 1) / self.N * (large - small))

    def test_holds_the_truth(self):
        found = coverage(lambda rng: difference(*self.pair(rng)), self.truth())
        assert 0.93 <= found <= 0.97

    def test_is_narrower_than_unpaired(self):
        rng = np.random.default_rng(3)
        paired, unpaired = [], []
        for _ in range(50):
            one, other = self.pair(rng)
            paired.append(np.ptp(interval(difference(one, other))))
            shuffled = Estimate(other.value, rng.permutation(other.replicates))
            unpaired.append(np.ptp(interval(difference(one, shuffled))))
        assert np.mean(paired) < 0.75 * np.mean(unpaired)


class TestShare:
    """Hits in classes of `queries` each, by trainings that differ by a normal number."""

    @staticmethod
    def covered(
        classes: int, queries: int, repetitions: int = 1, apart: float = 0.0, accuracy: float = 0.85
    ) -> float:
        labels = np.repeat(np.arange(classes), queries)
        held = 0
        for number in range(1000):
            rng = np.random.default_rng([4, number])
            # A probit model: how hard the query, how good the training, and both at once.
            score = np.sqrt(0.7) * rng.normal(size=(1, len(labels)))
            score = score + np.sqrt(0.3) * rng.normal(size=(repetitions, len(labels)))
            score = score + apart * rng.normal(size=(repetitions, 1))
            hits = score < norm.ppf(accuracy) * np.sqrt(1 + apart**2)
            rngs = [np.random.default_rng([5, number, label]) for label in range(classes)]
            low, high = share(hits, labels, rngs, DRAWS).overall_interval
            held += low <= accuracy <= high
        return held / 1000

    def test_mean_over_classes(self):
        assert 0.93 <= self.covered(2, 40) <= 0.97

    def test_few_queries_a_class(self):
        assert 0.93 <= self.covered(4, 10) <= 0.97

    def test_two_trainings(self):
        assert 0.93 <= self.covered(2, 40, repetitions=2, apart=0.05) <= 0.975

    @pytest.mark.parametrize("n", [10, 40, 200])
    @pytest.mark.parametrize("accuracy", [0.5, 0.85, 0.95])
    def test_wilson_exactly(self, n, accuracy):
        """The exact coverage jumps with n and the accuracy, since hits are whole numbers."""
        hits = np.arange(n + 1)
        held = [low <= accuracy <= high for low, high in (wilson(k, n) for k in hits)]
        assert 0.89 <= np.sum(binom.pmf(hits, n, accuracy)[held]) <= 0.985


if __name__ == "__main__":
    for n in (5, 10, 20, 40, 200):
        for spectrum in SPECTRA:
            print(n, spectrum, covered(spectrum, n))
