"""Each classifier beside what others wrote of it, and where its result is known."""

import numpy as np
import pytest
from labelled_clouds import classified, gaussians, overlapping
from scipy.optimize import check_grad
from scipy.special import logsumexp
from scipy.stats import chi2, multivariate_normal, norm
from sklearn import metrics
from sklearn.covariance import OAS, LedoitWolf, oas
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity, KNeighborsClassifier, NearestCentroid

from synthgap.embedding_classifiers import CLASSIFIERS
from synthgap.embedding_classifiers.gaussian_own import log_densities, shrunk_gaussian
from synthgap.embedding_classifiers.kernel_density import BANDWIDTHS, best_bandwidth
from synthgap.embedding_classifiers.logistic import STRENGTHS
from synthgap.embedding_classifiers.metric_learning import loss_and_gradient
from synthgap.embedding_classifiers.mixture import REGULARISATION, best_mixture
from synthgap.embedding_classifiers.registry import predict, train
from synthgap.embedding_classifiers.training_set import (
    TrainingSet,
    log_loss,
    training_set,
    variance_floor,
)
from synthgap.measures import nearest_centroid, nearest_neighbours


@pytest.fixture(scope="module")
def clouds() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images and labels to train on, and queries."""
    return *overlapping(0), overlapping(1, 60)[0]


def scores(name: str, images: np.ndarray, labels: np.ndarray, queries: np.ndarray) -> np.ndarray:
    return train(CLASSIFIERS[name], images, labels).scores(queries)


def accuracy(name: str, images, labels, queries, wanted) -> float:
    return float(np.mean(classified(name, images, labels, queries) == wanted))


class TestEqualToScikitLearn:
    def test_nearest_centroid(self, clouds):
        images, labels, queries = clouds
        expected = NearestCentroid().fit(images, labels).predict(queries)
        assert np.array_equal(classified("nearest_centroid", *clouds), expected)

    def test_neighbours_where_no_vote_is_tied(self, clouds):
        images, labels, queries = clouds
        votes = KNeighborsClassifier(5).fit(images, labels).predict_proba(queries)
        clear = np.sort(votes, axis=1)[:, -1] > np.sort(votes, axis=1)[:, -2]
        assert 0.5 < clear.mean() < 1
        found = classified("knn", *clouds)
        assert np.array_equal(found[clear], votes.argmax(axis=1)[clear])

    def test_gaussians_of_one_covariance(self, clouds):
        images, labels, queries = clouds
        means = nearest_centroid.centroids(images, labels, 4)
        pooled = LedoitWolf(assume_centered=True).fit(images - means[labels]).covariance_

        class Pooled:
            def fit(self, _):
                self.covariance_ = pooled
                return self

        theirs = LinearDiscriminantAnalysis("lsqr", covariance_estimator=Pooled())
        expected = theirs.fit(images, labels).decision_function(queries)
        # Scores are equal but for a number that all classes share.
        found = scores("gaussian_shared", *clouds)
        contrast = np.eye(4) - 0.25
        np.testing.assert_allclose(found @ contrast, expected @ contrast, rtol=1e-6, atol=1e-6)

    @pytest.mark.parametrize(("per_class", "d"), [(30, 6), (5, 12), (2, 3)])
    def test_gaussians_of_own_covariance(self, per_class, d):
        images, labels = overlapping(2, per_class, d=d)
        queries, _ = overlapping(3, 10, d=d)
        theirs = QuadraticDiscriminantAnalysis(solver="eigen", covariance_estimator=OAS())
        expected = theirs.fit(images, labels).predict_log_proba(queries)
        found = scores("gaussian_own", images, labels, queries)
        found -= logsumexp(found, axis=1, keepdims=True)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize(("n", "d"), [(40, 5), (5, 40), (2, 7)])
    def test_shrunk_covariance(self, n, d):
        points = np.random.default_rng(n).normal(size=(n, d)) * np.arange(1, d + 1)
        covariance, shrinkage = oas(points)
        gaussian = shrunk_gaussian(points, 0.0)
        assert gaussian.shrinkage == pytest.approx(shrinkage, rel=1e-9)
        assert gaussian.log_determinant == pytest.approx(np.linalg.slogdet(covariance)[1], rel=1e-9)
        inverse = np.eye(d) / gaussian.least - gaussian.directions @ gaussian.directions.T
        np.testing.assert_allclose(inverse @ covariance, np.eye(d), atol=1e-8)

    def test_kernel_density_at_the_same_bandwidth(self, clouds):
        images, labels, queries = clouds
        bandwidth = best_bandwidth(training_set(images, labels))
        expected = [
            KernelDensity(bandwidth=bandwidth).fit(images[labels == c]).score_samples(queries)
            for c in range(4)
        ]
        found = scores("kernel_density", *clouds)
        np.testing.assert_allclose(found, np.transpose(expected), rtol=1e-9)

    def test_mixture_of_the_same_components(self, clouds):
        images, labels, queries = clouds
        training = training_set(images, labels)
        floor = variance_floor(training)
        expected = [
            best_mixture(of_class, label, floor).score_samples(queries)
            for label, of_class in enumerate(training.by_class())
        ]
        found = scores("gaussian_mixture", *clouds)
        np.testing.assert_allclose(found, np.transpose(expected), rtol=1e-9)

    @pytest.mark.parametrize("classes", [2, 4])
    def test_logistic_regression_at_the_same_strength(self, classes):
        images, labels = overlapping(4, 40, classes)
        queries, _ = overlapping(5, 20, classes)
        fitted = train(CLASSIFIERS["logistic_regression"], images, labels)
        strength = float(fitted.chosen.removeprefix("C "))
        assert strength in STRENGTHS
        centre = images.mean(axis=0)
        scale = np.sqrt(np.mean((images - centre) ** 2))
        theirs = LogisticRegression(C=strength, tol=1e-8).fit((images - centre) / scale, labels)
        expected = theirs.predict_log_proba((queries - centre) / scale)
        found = fitted.scores(queries)
        found = found - logsumexp(found, axis=1, keepdims=True)
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_centroid_and_neighbours_are_the_measures_of_the_same_name():
    images, labels = overlapping(6, 12)
    queries, asked = overlapping(7, 25)
    units = [points / np.linalg.norm(points, axis=1, keepdims=True) for points in (images, queries)]
    for name, hits in (
        ("nearest_centroid", nearest_centroid.hits(units[0], labels, units[1], asked)),
        ("knn", nearest_neighbours.hits(units[0], labels, units[1], asked, [5])[5]),
    ):
        assert np.array_equal(classified(name, units[0], labels, units[1]) == asked, hits)


class TestChoices:
    def test_the_bandwidth_has_the_greatest_leave_one_out_likelihood(self):
        images, labels = overlapping(8, 5, classes=2, d=2)
        training = training_set(images, labels)
        centred = images - nearest_centroid.centroids(images, labels, 2)[labels]
        scale = np.sqrt(np.sum(centred**2) / (2 * 8))

        def likelihood(bandwidth: float) -> float:
            total = 0.0
            for row in range(10):
                rest = (labels == labels[row]) & (np.arange(10) != row)
                theirs = KernelDensity(bandwidth=bandwidth).fit(images[rest])
                total += theirs.score(images[row : row + 1])
            return total

        best = max(BANDWIDTHS * scale, key=likelihood)
        assert best_bandwidth(training) == pytest.approx(best, rel=1e-6)

    def test_the_components_have_the_lowest_bic(self):
        points, _ = gaussians(9, np.array([[-3.0, 0], [3, 0], [0, 6]]), 0.1 * np.eye(2), 40)
        mixture = best_mixture(points, 0, 0.0)
        assert mixture.n_components == 3
        one = GaussianMixture(
            1, covariance_type="diag", reg_covar=REGULARISATION * points.var(axis=0).mean()
        ).fit(points)
        assert mixture.bic(points) < one.bic(points)

    def test_a_class_of_one_gaussian_has_one_component(self):
        points = np.random.default_rng(10).normal(size=(50, 8))
        assert best_mixture(points, 0, 0.0).n_components == 1

    def test_prototypes_are_as_many_as_the_classes_have_lumps(self):
        centres = np.stack([np.cos(np.arange(16)), np.sin(np.arange(16)), np.arange(16)], axis=1)
        points, lump = gaussians(11, centres, 1e-3 * np.eye(3), 9)
        fitted = train(CLASSIFIERS["prototypes"], points, lump % 2)
        assert fitted.chosen == "8 prototypes a class"

    def test_folds_hold_out_every_image_once_but_a_class_of_one(self):
        points = np.arange(12.0)[:, None]
        labels = np.array([0] * 6 + [1] * 2 + [2] + [3] * 3)
        held_out = []
        for kept, out in training_set(points, labels).folds():
            assert set(kept.labels) == {0, 1, 2, 3}
            assert sorted([*kept.images.ravel(), *out.images.ravel()]) == points.ravel().tolist()
            held_out += out.images.ravel().tolist()
        assert sorted(held_out) == [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11]


class TestMetricLearning:
    def test_the_gradient_is_that_of_the_loss(self):
        images, labels = overlapping(12, 5, 3, 4)
        training = TrainingSet(images, labels)
        means = nearest_centroid.centroids(images, labels, 3)
        start = np.random.default_rng(0).normal(size=(2, 4))

        def at(flat):
            return loss_and_gradient(flat.reshape(2, 4), training, means)

        error = check_grad(lambda w: at(w)[0], lambda w: at(w)[1].ravel(), start.ravel())
        assert error < 1e-6

    def test_the_gradient_does_not_depend_on_the_block(self, monkeypatch):
        images, labels = overlapping(13, 9)
        means = nearest_centroid.centroids(images, labels, 4)
        start = np.random.default_rng(0).normal(size=(3, 6))
        loss, gradient = loss_and_gradient(start, TrainingSet(images, labels), means)
        monkeypatch.setattr("synthgap.embedding_classifiers.metric_learning.BLOCK", 7)
        other, other_gradient = loss_and_gradient(start, TrainingSet(images, labels), means)
        assert other == pytest.approx(loss, rel=1e-12)
        np.testing.assert_allclose(other_gradient, gradient, rtol=1e-10, atol=1e-14)

    def test_it_finds_the_direction_that_the_mean_alone_does_not(self):
        # The classes differ along the first axis; across it lies much noise.
        means = np.zeros((2, 5))
        means[1, 0] = 2
        noise = np.diag([0.1, 25, 25, 25, 25])
        images, labels = gaussians(14, means, noise, 40)
        queries, asked = gaussians(15, means, noise, 200)
        centroid = accuracy("nearest_centroid", images, labels, queries, asked)
        learned = accuracy("metric_learning", images, labels, queries, asked)
        assert centroid < 0.85
        assert learned > 0.95


class TestKnownDistributions:
    MEANS = np.array([[0.0, 0], [1, 0.5]])
    SHARED = np.array([[1.0, 0.8], [0.8, 1.0]])

    def test_gaussians_of_one_covariance_reach_bayes(self):
        # Bayes: the normal distribution at half of the Mahalanobis distance between the means.
        images, labels = gaussians(16, self.MEANS, self.SHARED, 2000)
        queries, asked = gaussians(17, self.MEANS, self.SHARED, 5000)
        gap = self.MEANS[1] - self.MEANS[0]
        bayes = norm.cdf(np.sqrt(gap @ np.linalg.solve(self.SHARED, gap)) / 2)
        deviation = np.sqrt(bayes * (1 - bayes) / len(queries))
        for name in ("gaussian_shared", "gaussian_own", "logistic_regression", "metric_learning"):
            found = accuracy(name, images, labels, queries, asked)
            assert abs(found - bayes) < 3 * deviation, name
        assert accuracy("nearest_centroid", images, labels, queries, asked) < bayes - 5 * deviation

    def test_the_boundary_of_one_covariance_is_fishers(self):
        images, labels = gaussians(18, self.MEANS, self.SHARED, 5000)
        # Give the sample these very moments, so that nothing but the shrinkage differs.
        residuals = images - nearest_centroid.centroids(images, labels, 2)[labels]
        root = np.linalg.cholesky(residuals.T @ residuals / len(residuals))
        residuals = np.linalg.solve(root, residuals.T).T @ np.linalg.cholesky(self.SHARED).T
        direction = np.linalg.solve(self.SHARED, self.MEANS[1] - self.MEANS[0])
        queries = np.random.default_rng(0).normal(size=(50, 2))
        expected = (queries - self.MEANS.mean(axis=0)) @ direction
        found = scores("gaussian_shared", self.MEANS[labels] + residuals, labels, queries)
        np.testing.assert_allclose(found[:, 1] - found[:, 0], expected, atol=0.01)

    def test_own_covariances_win_where_only_the_spread_differs(self):
        means, covariances = np.zeros((2, 10)), np.stack([np.eye(10), 4 * np.eye(10)])
        images, labels = gaussians(19, means, covariances, 300)
        queries, asked = gaussians(20, means, covariances, 1000)
        # Bayes: squared lengths are chi-squared; the densities are equal at this one.
        border = 10 * np.log(4) / (1 - 1 / 4)
        bayes = (chi2(10).cdf(border) + chi2(10).sf(border / 4)) / 2
        own = accuracy("gaussian_own", images, labels, queries, asked)
        assert abs(own - bayes) < 3 * np.sqrt(bayes * (1 - bayes) / 2000)
        for name in ("nearest_centroid", "gaussian_shared", "logistic_regression"):
            assert accuracy(name, images, labels, queries, asked) < 0.6, name

    def test_two_lumps_a_class_defeat_whatever_is_linear(self):
        corners = np.array([[2.0, 2], [-2, 2], [-2, -2], [2, -2]])
        images, lump = gaussians(21, corners, 0.2 * np.eye(2), 30)
        queries, asked = gaussians(22, corners, 0.2 * np.eye(2), 100)
        for name in CLASSIFIERS:
            found = accuracy(name, images, lump % 2, queries, asked % 2)
            linear = name in (
                "nearest_centroid", "gaussian_shared", "logistic_regression", "metric_learning"
            )  # fmt: skip
            assert (0.2 < found < 0.8) if linear else (found > 0.99), name

    def test_the_log_density_is_that_of_scipy(self):
        points = np.random.default_rng(23).normal(size=(9, 4))
        covariance, _ = oas(points)
        expected = multivariate_normal(points.mean(axis=0), covariance).logpdf(points + 1)
        found = log_densities([shrunk_gaussian(points, 0.0)])(points + 1)
        np.testing.assert_allclose(found[:, 0], expected, rtol=1e-10)


def test_log_loss_is_scikit_learns():
    rng = np.random.default_rng(24)
    values, labels = rng.normal(size=(20, 3)), np.arange(20) % 3
    shares = np.exp(values - logsumexp(values, axis=1, keepdims=True))
    assert log_loss(values, labels) == pytest.approx(metrics.log_loss(labels, shares), rel=1e-12)


def test_queries_are_classified_alike_in_any_block(clouds, monkeypatch):
    images, labels, queries = clouds
    for classifier in CLASSIFIERS.values():
        fitted = train(classifier, images, labels)
        whole = predict(fitted.scores, queries, len(images))
        monkeypatch.setattr("synthgap.embedding_classifiers.registry.NUMBERS", 900)
        assert np.array_equal(predict(fitted.scores, queries, len(images)), whole)
        monkeypatch.undo()
