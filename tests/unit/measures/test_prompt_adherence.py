import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from points import directions, rotation, unit, unit_embeddings
from torchmetrics.multimodal import CLIPScore

from synthgap.errors import InputError
from synthgap.measures import adherence, clip_score
from synthgap.measures.intervals.estimates import Share
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.prompt_adherence import COLUMNS, hits, of_source

CLASSES = 3


def sample_of(
    seed: int = 0, per_class: int = 10, prompts_per_class: int = 2, d: int = 6
) -> SourceSample:
    """Images about their prompts, which the index chooses; natural images less so."""
    centres = directions(seed + 50, CLASSES, d)
    prompt_labels = np.repeat(np.arange(CLASSES), prompts_per_class)
    rng = np.random.default_rng(seed)
    prompts = unit(centres[prompt_labels] + 0.3 * rng.normal(size=(len(prompt_labels), d)))
    labels = np.repeat(np.arange(CLASSES), per_class)
    own = labels * prompts_per_class + np.tile(np.arange(per_class), CLASSES) % prompts_per_class
    images = unit(prompts[own] + 0.3 * rng.normal(size=(len(labels), d)))
    natural = unit(centres[labels] + 0.6 * rng.normal(size=(len(labels), d)))
    return SourceSample(
        ("crane", "heron", "owl"),
        images,
        labels,
        natural,
        labels,
        same=False,
        prompts=prompts,
        prompt_labels=prompt_labels,
        draws=200,
        natural=natural,
        natural_labels=labels,
        own_prompts=own,
    )


def values(found: dict[str, Share]) -> dict[str, float]:
    return {name: share.overall.value for name, share in found.items()}


class GivenFeatures(torch.nn.Module):
    """Stands for a CLIP of known features: a picture is its own, a text the number of its."""

    config = None

    def __init__(self, texts: np.ndarray) -> None:
        super().__init__()
        self.texts = torch.from_numpy(texts)

    def process(self, images=(), text=(), **_: object) -> dict[str, torch.Tensor]:
        if text:
            numbers = torch.tensor([int(number) for number in text])
            return {"input_ids": numbers, "attention_mask": numbers}
        return {"pixel_values": torch.stack(list(images))}

    def get_image_features(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.flatten(1)

    def get_text_features(self, numbers: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return self.texts[numbers]


class TestClipScore:
    def test_is_torchmetrics_score_of_the_same_features(self):
        prompts = directions(1, 20, 8, centre=0.5)
        images = unit(3 * directions(0, 20, 8) + prompts)
        model = GivenFeatures(prompts)
        metric = CLIPScore(model_name_or_path=lambda: (model, model.process)).double()
        pictures = list(torch.from_numpy(images).reshape(20, 1, 2, 4))
        expected = float(metric(pictures, [str(number) for number in range(20)]))
        assert 10 < expected < 90
        # It cuts the mean off at 0 and multiplies it by 100.
        assert 100 * clip_score(images, prompts) == pytest.approx(expected, abs=1e-4)

    def test_is_torchs_cosine_similarity(self):
        images, prompts = directions(2, 15, 5), directions(3, 15, 5)
        expected = torch.nn.functional.cosine_similarity(
            torch.from_numpy(images), torch.from_numpy(prompts)
        ).mean()
        assert clip_score(images, prompts) == pytest.approx(float(expected), abs=1e-12)

    @given(unit_embeddings(), st.integers(0, 99))
    def test_is_bounded_and_does_not_depend_on_rotation_or_order(self, images, seed):
        n, d = images.shape
        prompts = directions(seed, n, d)
        found = clip_score(images, prompts)
        assert -1 - 1e-12 <= found <= 1 + 1e-12
        turn, order = rotation(seed, d), np.random.default_rng(seed).permutation(n)
        assert clip_score((images @ turn)[order], (prompts @ turn)[order]) == pytest.approx(
            found, abs=1e-12
        )
        assert clip_score(images, images) == pytest.approx(1)
        assert clip_score(images, -images) == pytest.approx(-1)

    def test_takes_half_precision(self):
        images = directions(4, 5, 3)
        found = clip_score(images.astype(np.float16), images)
        assert found == pytest.approx(1, abs=1e-3)

    def test_refuses_what_means_nothing(self):
        points = directions(5, 4, 3)
        with pytest.raises(InputError, match="prompts: 3 for 4 images"):
            clip_score(points, points[:3])
        with pytest.raises(InputError, match="prompts have 2"):
            clip_score(points, points[:, :2])
        with pytest.raises(InputError, match="row 1 is all zeros"):
            clip_score(points, points * [[1], [0], [1], [1]])
        with pytest.raises(InputError, match="row 2 is not finite"):
            clip_score(points * [[1], [1], [np.inf], [1]], points)


class TestAdherence:
    def test_is_zero_shot_accuracy_with_an_ensemble_of_prompts(self):
        """By the definition of CLIP's zero-shot classifier, in torch."""
        sample = sample_of(1, prompts_per_class=3)
        assert sample.prompts is not None
        weights = []
        for c in range(CLASSES):
            of_class = torch.from_numpy(sample.prompts[sample.prompt_labels == c])
            mean = torch.nn.functional.normalize(of_class, dim=-1).mean(dim=0)
            weights.append(mean / mean.norm())
        logits = 100 * torch.from_numpy(sample.queries) @ torch.stack(weights, dim=1)
        expected = (logits.argmax(dim=1).numpy() == sample.query_labels).mean()
        found = adherence(sample.queries, sample.query_labels, sample.prompts, sample.prompt_labels)
        assert found == pytest.approx(expected, abs=1e-12)
        assert 0.3 < found < 1

    def test_weighs_classes_alike(self):
        images = [[1, 0], [1, 0], [1, 0], [0.8, 0.6]]
        assert adherence(images, ["a", "a", "a", "b"], np.eye(2), ["a", "b"]) == 0.5

    def test_equal_texts_are_ambiguous_and_not_disobeyed(self):
        prompts = np.stack([*directions(6, 2, 7), directions(6, 2, 7)[1]])
        images, labels = np.repeat(prompts, 5, axis=0), np.repeat(["a", "b", "c"], 5)
        assert adherence(images, labels, prompts, ["a", "b", "c"]) == 1
        # Nor does rounding, in the encoder or in sums, tell them apart.
        prompts[2] += 1e-10 * images[0]
        assert adherence(images[:10], labels[:10], prompts, ["a", "b", "c"]) == 1
        assert adherence(images[5:10], ["c"] * 5, prompts, ["a", "b", "c"]) == 1

    @given(st.integers(0, 999))
    def test_does_not_depend_on_order_rotation_chunks_or_names(self, seed):
        sample = sample_of(seed)
        assert sample.prompts is not None
        turn, rng = rotation(seed, 6), np.random.default_rng(seed)
        order = rng.permutation(len(sample.labels))
        prompt_order = rng.permutation(len(sample.prompts))
        names = np.array(["heron", "owl", "crane"])
        one = adherence(sample.queries, sample.labels, sample.prompts, sample.prompt_labels)
        other = adherence(
            (sample.queries @ turn)[order],
            names[sample.labels[order]],
            (sample.prompts @ turn)[prompt_order],
            names[sample.prompt_labels[prompt_order]],
        )
        assert other == pytest.approx(one, abs=1e-12)

    def test_does_not_depend_on_the_chunk(self, monkeypatch):
        sample = sample_of(7)
        assert sample.prompts is not None
        arguments = (sample.queries, sample.labels, sample.prompts, sample.prompt_labels)
        whole = hits(*arguments)
        monkeypatch.setattr("synthgap.measures.prompt_adherence.CHUNK", 7)
        assert np.array_equal(hits(*arguments), whole)
        assert not whole.all()

    def test_a_class_without_prompts_is_never_right(self):
        assert adherence(np.eye(2), ["a", "z"], np.eye(2), ["a", "b"]) == 0.5

    def test_opposite_prompts_have_no_direction(self):
        prompts = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
        assert adherence([[0.8, 0.6]], ["a"], prompts, ["a", "a", "b"]) == 0
        assert adherence([[0.8, -0.6]], ["a"], prompts, ["a", "a", "b"]) == 1

    def test_refuses_what_means_nothing(self):
        with pytest.raises(InputError, match=r"prompt_labels: an array of shape \(1,\)"):
            adherence(np.eye(2), ["a", "b"], np.eye(2), ["a"])
        with pytest.raises(InputError, match="images: row 1 is all zeros"):
            adherence([[1, 0], [0, 0]], ["a", "b"], np.eye(2), ["a", "b"])
        with pytest.raises(InputError, match="prompts have 3"):
            adherence(np.eye(2), ["a", "b"], np.eye(3), ["a", "b", "c"])


class TestOfSource:
    def test_gives_every_column_per_class_and_overall(self):
        sample = sample_of(8)
        found = of_source(sample)
        assert list(found) == list(COLUMNS)
        assert sample.prompts is not None
        assert sample.own_prompts is not None
        by_hand = {
            "clip_score": clip_score(sample.images, sample.prompts[sample.own_prompts]),
            # Two prompts a class: the mean over both.
            "natural_clip_score": np.mean(
                [
                    clip_score(sample.queries, sample.prompts[2 * sample.labels + which])
                    for which in (0, 1)
                ]
            ),
            "adherence": adherence(
                sample.images, sample.labels, sample.prompts, sample.prompt_labels
            ),
            "natural_adherence": adherence(
                sample.queries, sample.labels, sample.prompts, sample.prompt_labels
            ),
        }
        assert values(found) == pytest.approx(by_hand, abs=1e-12)
        assert by_hand["clip_score"] > by_hand["natural_clip_score"]
        for share in found.values():
            assert share.per_class.shape == (CLASSES,)
            for middle, ends in [
                (share.overall.value, share.overall_interval),
                *zip(share.per_class, share.per_class_interval, strict=True),
            ]:
                assert ends.low <= middle <= ends.high

    def test_an_unknown_prompt_is_any_of_its_class(self):
        sample = sample_of(9)._replace(own_prompts=None)
        assert sample.prompts is not None
        found = values(of_source(sample))
        scores = [
            clip_score(sample.images, sample.prompts[2 * sample.labels + which]) for which in (0, 1)
        ]
        assert found["clip_score"] == pytest.approx(np.mean(scores), abs=1e-12)
        assert found["adherence"] == values(of_source(sample_of(9)))["adherence"]

    def test_natural_images_score_what_they_score_as_a_source(self):
        sample = sample_of(10)
        found = values(of_source(sample))
        itself = values(of_source(sample._replace(images=sample.queries, own_prompts=None)))
        assert found["natural_clip_score"] == pytest.approx(itself["clip_score"], abs=1e-12)
        assert found["natural_adherence"] == itself["adherence"]

    def test_is_nothing_without_prompts(self):
        assert of_source(sample_of(11)._replace(prompts=None)) == {}

    def test_float32_is_enough(self):
        sample = sample_of(12)
        assert sample.prompts is not None
        assert sample.natural is not None
        rounded = sample._replace(
            images=sample.images.astype(np.float32),
            prompts=sample.prompts.astype(np.float32),
            natural=sample.natural.astype(np.float32),
        )
        assert values(of_source(rounded)) == pytest.approx(values(of_source(sample)), abs=1e-6)
