"""The terms of a CLIP's loss: against formulas by hand, and by where their gradients lead."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.special import log_softmax

from synthgap.objectives.loop import Descent
from synthgap.objectives.loss import begin, limit, loss
from synthgap.objectives.spec import Objective
from synthgap.objectives.terms import alignment, contrast, squared_gap

ALL_DIFFER = torch.eye(5, dtype=torch.bool)


def unit(points: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(points, dim=1)


def drawn(n: int, seed: int, d: int = 4) -> torch.Tensor:
    return unit(torch.randn(n, d, generator=torch.Generator().manual_seed(seed)).double())


def logits_of(images: torch.Tensor, texts: torch.Tensor, temperature: float) -> torch.Tensor:
    return images @ texts.T / temperature


class TestContrast:
    @pytest.mark.parametrize("temperature", [0.02, 0.07, 0.5])
    def test_is_cross_entropy_both_ways_by_hand(self, temperature):
        logits = logits_of(drawn(5, 0), drawn(5, 1), temperature)
        table = logits.numpy()
        by_hand = -np.mean([np.diag(log_softmax(table, axis=axis)).mean() for axis in (0, 1)])
        assert contrast(logits, ALL_DIFFER).item() == pytest.approx(by_hand)

    def test_copies_of_a_caption_share_the_aim_by_hand(self):
        said = np.array([0, 1, 0, 2, 0])
        same = said[:, None] == said
        logits = logits_of(drawn(5, 0), drawn(5, 1), 0.07)
        shares = same / same.sum(axis=1, keepdims=True)
        by_hand = -np.mean(
            [(shares * log_softmax(way, axis=1)).sum(axis=1).mean() for way in (logits, logits.T)]
        )
        assert contrast(logits, torch.from_numpy(same)).item() == pytest.approx(by_hand)

    def test_of_equal_logits_is_the_logarithm_of_their_number(self):
        assert contrast(torch.zeros(5, 5), ALL_DIFFER).item() == pytest.approx(np.log(5))

    def test_best_is_the_entropy_of_the_shares(self):
        same = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
        best = contrast(same * 100.0, same)
        assert best == pytest.approx((4 * np.log(2) + 0) / 6)
        assert contrast(torch.eye(3) * 100.0, same) > best + 10


class TestTerms:
    def test_alignment_is_two_minus_twice_the_mean_cosine(self):
        images, texts = drawn(5, 0), drawn(5, 1)
        cosines = np.sum(images.numpy() * texts.numpy(), axis=1)
        assert alignment(images, texts).item() == pytest.approx(np.mean(2 - 2 * cosines))
        assert alignment(images, images).item() == 0
        assert alignment(images, -images).item() == pytest.approx(4)

    def test_gap_is_the_squared_distance_of_the_means(self):
        images = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        texts = torch.tensor([[-1.0, 0.0]])
        # Means (0.5, 0.5) and (-1, 0).
        assert squared_gap(images, texts).item() == pytest.approx(1.5**2 + 0.5**2)
        assert squared_gap(images, images.flip(0)).item() == 0

    def test_gap_knows_no_pairs_and_alignment_does(self):
        images, texts = drawn(5, 0), drawn(5, 1)
        assert squared_gap(images, texts.flip(0)).item() == pytest.approx(
            squared_gap(images, texts).item()
        )
        assert alignment(images, texts.flip(0)).item() != pytest.approx(
            alignment(images, texts).item()
        )


class TestLoss:
    def parts(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        images, texts = drawn(5, 0), drawn(5, 1)
        return logits_of(images, texts, 0.07), images, texts

    def test_without_weights_it_is_the_contrast_bit_for_bit(self):
        logits, images, texts = self.parts()
        assert torch.equal(
            loss(Objective(), logits, images, texts, ALL_DIFFER), contrast(logits, ALL_DIFFER)
        )

    def test_terms_add_up_with_their_weights(self):
        logits, images, texts = self.parts()
        found = loss(Objective(alignment=2, gap=3), logits, images, texts, ALL_DIFFER).item()
        assert found == pytest.approx(
            contrast(logits, ALL_DIFFER).item()
            + 2 * alignment(images, texts).item()
            + 3 * squared_gap(images, texts).item()
        )

    @pytest.mark.parametrize(
        ("objective", "term"),
        [(Objective(gap=100), squared_gap), (Objective(alignment=100), alignment)],
    )
    def test_a_term_with_weight_falls_along_the_gradient(self, objective, term):
        images = drawn(5, 0).requires_grad_()
        texts = (-drawn(5, 0) + 0.3 * drawn(5, 1)).detach().requires_grad_()
        before = term(unit(images), unit(texts)).item()
        logits = logits_of(unit(images), unit(texts), 0.5)
        loss(objective, logits, unit(images), unit(texts), ALL_DIFFER).backward()
        moved = [unit((each - 1e-4 * each.grad).detach()) for each in (images, texts)]
        assert term(*moved).item() < before

    def test_contrast_alone_does_not_close_a_gap(self):
        """Images on a circle above that of the texts: pairs are told right all the same."""
        angles = 2 * torch.pi * torch.arange(5) / 5
        circle = torch.stack([angles.cos(), angles.sin()], dim=1)
        images, texts = (
            unit(torch.cat([circle, torch.full((5, 1), height)], dim=1)) for height in (1.0, -1.0)
        )
        assert contrast(logits_of(images, texts, 0.01), ALL_DIFFER).item() < 1e-10
        assert squared_gap(images, texts).item() == pytest.approx(2)


class TestTemperature:
    def after(self, objective: Objective, steps: int = 3) -> float:
        model = torch.nn.Module()
        model.logit_scale = torch.nn.Parameter(torch.tensor(2.0))
        model.images = torch.nn.Parameter(drawn(5, 0))
        begin(model.logit_scale, objective)
        descent = Descent(model, 0.1, steps, "test")
        texts = drawn(5, 1)
        for _ in descent:
            logits = unit(model.images) @ texts.T * model.logit_scale.exp()
            descent(loss(objective, logits, unit(model.images), texts, ALL_DIFFER))
            limit(model.logit_scale)
        return float(torch.exp(-model.logit_scale.detach()))

    def test_a_fixed_one_stays(self):
        found = self.after(Objective(temperature=0.02, learn_temperature=False))
        assert found == pytest.approx(0.02, rel=1e-6)

    def test_a_learned_one_moves_from_where_it_begins(self):
        found = self.after(Objective(temperature=0.5))
        assert found != pytest.approx(0.5)
        assert found == pytest.approx(0.5, rel=0.5)

    def test_without_one_the_models_own_is_kept(self):
        found = self.after(Objective(learn_temperature=False))
        assert found == pytest.approx(np.exp(-2.0), rel=1e-6)

    def test_none_is_below_a_hundredth(self):
        scale = torch.nn.Parameter(torch.tensor(9.0))
        limit(scale)
        assert float(torch.exp(-scale.detach())) == pytest.approx(0.01, rel=1e-3)
        with pytest.raises(ValidationError, match="temperature"):
            Objective(temperature=0.005)
