import numpy as np
import pytest
from points import directions, rotation, unit

from synthgap.errors import InputError
from synthgap.measures import in_sample
from synthgap.measures.intervals.estimates import interval
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.separability import (
    COLUMNS,
    IMAGES_PER_CLASS,
    _right_without_gap,
    linear_separability,
    of_points,
    of_source,
)

CLASSES = 6


def two_cones(apart: float, seed: int = 0, per_class: int = 8, d: int = 10) -> SourceSample:
    """Images around one axis and prompts around another; the classes differ in both alike."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(CLASSES, d)) * 0.3
    labels = np.repeat(np.arange(CLASSES), per_class)
    prompt_labels = np.repeat(np.arange(CLASSES), 3)
    step = apart * np.eye(1, d)[0]
    images = unit(centres[labels] + rng.normal(size=(len(labels), d)) * 0.1 + step)
    prompts = unit(centres[prompt_labels] + rng.normal(size=(len(prompt_labels), d)) * 0.1 - step)
    names = tuple(f"class-{c}" for c in range(CLASSES))
    return SourceSample(
        names, images, labels, images, labels, True, prompts, prompt_labels, draws=200
    )


def held_out(sample: SourceSample) -> dict[str, np.ndarray]:
    assert sample.prompts is not None
    return of_points(sample.images, sample.labels, sample.prompts, sample.prompt_labels)._asdict()


class TestHeldOut:
    def test_cones_far_apart_are_separable_with_a_margin(self):
        found = held_out(two_cones(apart=2.0))
        for name in ("logistic", "perceptron"):
            assert found[name].tolist() == [1.0] * CLASSES
        assert np.all(found["margin"] > 0)

    def test_prompts_and_images_of_one_distribution_are_not_separable(self):
        accuracies = [held_out(two_cones(apart=0.0, seed=s))["logistic"].mean() for s in range(3)]
        assert np.mean(accuracies) == pytest.approx(0.5, abs=0.15)
        assert np.all(held_out(two_cones(apart=0.0))["margin"] < 0)

    def test_accuracy_is_balanced(self):
        # Far more images than prompts; prompts lie among them, so that no hyperplane finds them.
        sample = two_cones(apart=0.0, per_class=40)
        assert held_out(sample)["logistic"].mean() < 0.75

    def test_margin_is_a_distance_from_a_hyperplane_between_the_axes(self):
        # Every image is one point and every prompt its opposite: the best plane is in the middle.
        d, labels = 4, np.arange(CLASSES)
        images = np.tile(np.eye(1, d), (CLASSES, 1))
        found = linear_separability(images, labels, -images, labels)
        assert found.margin == pytest.approx(np.ones(CLASSES), abs=0.01)

    def test_a_class_is_judged_by_classifiers_that_have_not_seen_it(self):
        # The modality of class 0 is turned round: its own data would teach otherwise.
        sample = two_cones(apart=2.0)
        assert sample.prompts is not None
        images, prompts = sample.images.copy(), sample.prompts.copy()
        images[sample.labels == 0] *= -1
        prompts[sample.prompt_labels == 0] *= -1
        found = held_out(sample._replace(images=images, prompts=prompts))
        assert found["logistic"][0] == 0
        assert found["margin"][0] < 0

    @pytest.mark.parametrize("classes", [2, 3])
    def test_few_classes_are_held_out_one_at_a_time(self, classes):
        sample = two_cones(apart=2.0)
        assert sample.prompts is not None
        few, some = sample.labels < classes, sample.prompt_labels < classes
        found = linear_separability(
            sample.images[few],
            sample.labels[few],
            sample.prompts[some],
            sample.prompt_labels[some],
        )
        assert found.logistic.shape == (classes,)
        assert found.logistic.min() > 0.9

    def test_rotation_and_order_change_nothing(self):
        sample = two_cones(apart=0.4)
        turn = rotation(1, 10)
        order = np.random.default_rng(1).permutation(len(sample.images))
        assert sample.prompts is not None
        turned = sample._replace(images=sample.images @ turn, prompts=sample.prompts @ turn)
        shuffled = sample._replace(images=sample.images[order], labels=sample.labels[order])
        one = held_out(sample)
        for other in (held_out(turned), held_out(shuffled)):
            assert other["logistic"] == pytest.approx(one["logistic"], abs=1e-9)
            # The solver stops short of the last per cents of an all but free plane.
            assert other["margin"] == pytest.approx(one["margin"], rel=0.05)


def without_gap(sample: SourceSample) -> float:
    return float(held_out(sample)["without_gap"].mean())


class TestWithoutGap:
    """Balanced accuracy of a support vector machine once the gap of the means is removed."""

    @staticmethod
    def moved(step: float, seed: int, stretch: float = 1.0) -> SourceSample:
        """Prompts that are distributed as the images are, but for a step and a stretched axis."""
        rng = np.random.default_rng(seed)
        labels = np.repeat(np.arange(CLASSES), 30)
        # The same class centres in both, so that nothing else tells them apart.
        centres = rng.normal(size=(CLASSES, 4)) * 0.3
        images, prompts = (centres[labels] + rng.normal(size=(len(labels), 4)) for _ in range(2))
        prompts[:, 1] *= stretch
        prompts[:, 0] += step
        sample = two_cones(apart=0.0)
        return sample._replace(images=images, labels=labels, prompts=prompts, prompt_labels=labels)

    @pytest.mark.parametrize("step", [0.0, 3.0, 20.0])
    def test_a_translation_leaves_nothing(self, step):
        samples = [self.moved(step, seed) for seed in range(5)]
        assert np.mean([without_gap(sample) for sample in samples]) == pytest.approx(0.5, abs=0.04)
        if step:
            assert held_out(samples[0])["logistic"].mean() > 0.9

    def test_another_covariance_is_left_which_no_hyperplane_sees(self):
        samples = [self.moved(3.0, seed, stretch=8.0) for seed in range(3)]
        assert np.mean([without_gap(sample) for sample in samples]) > 0.75

    def test_equal_means_alone_hide_a_covariance_from_a_hyperplane(self):
        samples = [self.moved(0.0, seed, stretch=8.0) for seed in range(3)]
        linear = np.mean([held_out(sample)["logistic"].mean() for sample in samples])
        assert linear < 0.6 < np.mean([without_gap(sample) for sample in samples])

    def test_is_scikit_learns_machine_with_its_default_kernel(self):
        from sklearn.svm import SVC

        sample = two_cones(apart=0.4)
        assert sample.prompts is not None
        points = np.concatenate([sample.images, sample.prompts])
        is_image = np.arange(len(points)) < len(sample.images)
        groups = np.concatenate([sample.labels, sample.prompt_labels])
        expected = np.zeros(len(points), dtype=bool)
        test = groups < 2
        gap = points[is_image & ~test].mean(axis=0) - points[~is_image & ~test].mean(axis=0)
        moved = points - np.where(is_image[:, None], gap, 0)
        machine = SVC(class_weight="balanced").fit(moved[~test], is_image[~test])
        expected = machine.predict(moved[test]) == is_image[test]
        found = _right_without_gap(points, is_image, test)[test]
        assert np.array_equal(found, expected)
        assert 0 < found.mean() < 1

    def test_learns_from_so_many_points_at_most(self, monkeypatch):
        sample = self.moved(3.0, 0, stretch=8.0)
        whole = without_gap(sample)
        monkeypatch.setattr("synthgap.measures.separability.MOST_POINTS", 60)
        few = without_gap(sample)
        assert few != whole
        assert few == pytest.approx(whole, abs=0.1)

    def test_points_that_coincide_are_no_error(self):
        points, labels = np.tile(np.eye(1, 3), (CLASSES, 1)), np.arange(CLASSES)
        found = linear_separability(points, labels, -points, labels)
        assert found.without_gap.tolist() == [0.5] * CLASSES


class TestInput:
    def test_classes_may_have_any_names_in_any_order(self):
        sample = two_cones(apart=0.4)
        names = np.array(["owl", "crane", "heron", "stork", "ibis", "egret"])
        order = np.random.default_rng(0).permutation(len(sample.labels))
        assert sample.prompts is not None
        # Sorted, the names are numbered anew: so are the classes that are compared.
        numbers = np.argsort(np.argsort(names))
        one = linear_separability(
            sample.images[order],
            names[sample.labels[order]],
            sample.prompts,
            names[sample.prompt_labels],
        )
        other = linear_separability(
            sample.images, numbers[sample.labels], sample.prompts, numbers[sample.prompt_labels]
        )
        assert one.logistic == pytest.approx(other.logistic, abs=1e-9)
        assert one.without_gap == pytest.approx(other.without_gap, abs=1e-9)

    def test_refuses_what_means_nothing(self):
        points, labels = directions(0, 6, 4), np.arange(6) % 3
        broken = points.copy()
        broken[2, 0] = np.nan
        for images, of_images, prompts, of_prompts, message in [
            (points, labels, broken, labels, "prompts: row 2 is not finite"),
            (points, labels, points[:, :3], labels, "prompts have 3"),
            (points, labels, points[labels > 0], labels[labels > 0], "differ in their classes"),
            (points, labels, points, labels + 1, "differ in their classes"),
            (points, labels * 0, points, labels * 0, "one class"),
            (points, labels[:4], points, labels, r"labels: an array of shape \(4,\)"),
        ]:
            with pytest.raises(InputError, match=message):
                linear_separability(images, of_images, prompts, of_prompts)


class TestOfSource:
    def test_gives_every_column_with_an_interval_that_contains_it(self):
        found = of_source(two_cones(apart=0.3))
        assert set(found) == set(COLUMNS)
        for name in set(found) - set(in_sample.COLUMNS):
            estimate = found[name]
            low, high = interval(estimate)
            assert low - 1e-9 <= estimate.value <= high + 1e-9, name
            assert estimate.replicates.shape == (200,)

    def test_asks_of_the_same_images_whether_they_are_separable_in_sample(self):
        sample = two_cones(apart=2.0, per_class=IMAGES_PER_CLASS + 5)
        few = np.arange(len(sample.images)) % (IMAGES_PER_CLASS + 5) < IMAGES_PER_CLASS
        assert sample.prompts is not None
        expected = in_sample.of_points(sample.images[few], sample.prompts)
        assert expected != in_sample.of_points(sample.images, sample.prompts)
        found = of_source(sample)
        assert {name: found[name] for name in expected} == expected

    def test_modality_gap_is_the_distance_between_the_means(self):
        sample = two_cones(apart=0.5)
        assert sample.prompts is not None
        # Classes of equal size, so the mean over classes is the mean over all.
        expected = np.linalg.norm(sample.images.mean(axis=0) - sample.prompts.mean(axis=0))
        assert of_source(sample)["modality_gap"].value == pytest.approx(expected)

    def test_opposite_points_have_the_widest_gap(self):
        points, labels = np.tile(np.eye(1, 3), (CLASSES, 1)), np.arange(CLASSES)
        sample = two_cones(apart=1.0)._replace(
            images=points, labels=labels, prompts=-points, prompt_labels=labels
        )
        gap = of_source(sample)["modality_gap"]
        assert gap.value == pytest.approx(2)
        assert interval(gap) == pytest.approx((2, 2))

    def test_is_nothing_for_natural_sources_and_for_a_single_class(self):
        sample = two_cones(apart=1.0)
        assert of_source(sample._replace(prompts=None)) == {}
        assert of_source(sample._replace(class_ids=("only",))) == {}

    def test_uses_only_so_many_images_of_a_class(self):
        sample = two_cones(apart=0.3, per_class=IMAGES_PER_CLASS + 5)
        changed = sample.images.copy()
        last = np.arange(len(changed)) % (IMAGES_PER_CLASS + 5) >= IMAGES_PER_CLASS
        changed[last] = directions(3, int(last.sum()), 10)
        one, other = of_source(sample), of_source(sample._replace(images=changed))
        assert {k: v.value for k, v in one.items()} == {k: v.value for k, v in other.items()}
