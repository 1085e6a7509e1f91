"""Recipes: the preset against its sources, what timm makes of them, and what is refused."""

import pytest
import timm
import torch
from pydantic import ValidationError
from training_images import recipe

from synthgap.errors import InputError
from synthgap.training import recipe as made
from synthgap.training.timm_classifier import TimmClassifier

RESNET_RS = {"kind": "timm", "preset": "resnet-rs", "architecture": "resnetrs152", "seeds": [0]}


class TestResNetRS:
    def test_numbers_are_those_of_the_published_configuration(self):
        """The numbers of imagenet_resnetrs152_i224.yaml, in its own units."""
        spec = TimmClassifier.model_validate(RESNET_RS)
        steps = 1_281_167 // spec.batch_size
        assert (spec.image_size, spec.batch_size) == (224, 4096)
        assert steps * spec.epochs == 109_200
        assert steps * spec.warmup_epochs == 1_560
        assert spec.highest_learning_rate == pytest.approx(1.6)
        assert (spec.momentum, spec.weight_decay, spec.label_smoothing) == (0.9, 0.00004, 0.1)
        assert (spec.dropout, spec.drop_path, spec.ema_decay) == (0.25, 0.0, 0.9999)
        assert spec.amp == "bfloat16"

    def test_optimiser_is_sgd_without_nesterov(self):
        spec = TimmClassifier.model_validate(RESNET_RS)
        model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
        optimizer = made.make_optimizer(spec, model)
        assert type(optimizer) is torch.optim.SGD
        for group in optimizer.param_groups:
            assert (group["momentum"], group["nesterov"]) == (0.9, False)
        decays = {
            group["weight_decay"]: [tuple(parameter.shape) for parameter in group["params"]]
            for group in optimizer.param_groups
        }
        assert decays == {0.00004: [(3, 2)], 0.0: [(3,), (3,), (3,)]}

    def test_schedule_warms_up_from_zero_and_falls_along_a_cosine(self):
        spec = TimmClassifier.model_validate(RESNET_RS)
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=spec.highest_learning_rate)
        scheduler = made.make_scheduler(spec, optimizer, 312)

        def rate(step: int) -> float:
            scheduler.step_update(step)
            return float(optimizer.param_groups[0]["lr"])

        assert rate(0) == 0
        assert rate(780) == pytest.approx(0.8)
        assert rate(54_600) == pytest.approx(0.8)
        assert rate(109_200 - 1) == pytest.approx(0, abs=1e-8)

    def test_augmentation_is_two_layers_of_magnitude_15(self):
        spec = TimmClassifier.model_validate(RESNET_RS)
        (augment,) = [
            step
            for step in made.make_transforms(spec, True)[0].transforms
            if hasattr(step, "num_layers")
        ]
        assert augment.num_layers == 2
        assert {(op.magnitude, op.magnitude_max) for op in augment.ops} == {(15, 30)}

    def test_the_model_has_the_published_size_and_the_dropout(self):
        spec = TimmClassifier.model_validate(RESNET_RS)
        with torch.device("meta"):
            model = made.make_model(spec, 1000)
        # Table 7 of the paper: 87 M parameters.
        assert round(sum(value.numel() for value in model.parameters()) / 1e6) == 87
        assert model.drop_rate == 0.25

    def test_what_a_study_says_wins(self):
        own = {**RESNET_RS, "epochs": 90, "batch_size": 512, "dropout": None}
        spec = TimmClassifier.model_validate(own)
        assert (spec.epochs, spec.dropout, spec.weight_decay) == (90, None, 4e-5)
        assert spec.highest_learning_rate == pytest.approx(0.2)
        fixed = TimmClassifier.model_validate({**own, "learning_rate": 0.3})
        assert fixed.highest_learning_rate == 0.3


def test_what_decides_a_training_is_the_same_with_the_numbers_written_out():
    spec = TimmClassifier.model_validate(RESNET_RS)
    deciding = spec.deciding()
    assert "preset" not in deciding
    again = TimmClassifier.model_validate({**deciding, "seeds": [3]})
    assert again.deciding() == deciding
    fast = {"channels_last": True, "compile": True, "readers": 7, "seeds": [1, 2]}
    faster = TimmClassifier.model_validate({**RESNET_RS, **fast})
    assert faster.deciding() == {**deciding, "readers": 1}


@pytest.mark.parametrize(
    ("keys", "fragment"),
    [
        ({"optimiser": "sgd"}, "unknown key optimiser; did you mean optimizer?"),
        ({"preset": "resnet"}, "'resnet-rs'"),
        ({"learning_rate": None}, "either learning_rate or learning_rate_per_256"),
        ({"learning_rate_per_256": 0.1}, "either learning_rate or learning_rate_per_256"),
        ({"gpus": 3}, "batch_size 8 cannot be shared evenly"),
        ({"accumulation": 8, "mixup": 0.2}, "a part of a step has 1 images"),
        ({"warmup_epochs": 2}, "warmup_epochs 2 leaves none of 2 epochs"),
        ({"auto_augment": "random"}, "random is no policy of timm's"),
        ({"auto_augment": "rand-mx"}, "rand-mx is no policy of timm's"),
        ({"loss": "mse"}, "'ce'"),
        ({"amp": "fp16"}, "'float16'"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused(keys, fragment):
    with pytest.raises(ValidationError) as caught:
        recipe(**keys)
    assert fragment in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("keys", "fragments"),
    [
        ({"architecture": "resnetrs153"}, ["no model resnetrs153", "similar are resnetrs"]),
        ({"optimizer": "adamv"}, ["no optimiser adamv", "similar are", "adam"]),
        ({"optimizer_options": {"nestrov": True}}, ["optimizer adamw", "nestrov"]),
        ({"scheduler": "cosin"}, ["scheduler cosin", "Unknown scheduler"]),
        ({"scheduler": "plateau"}, ["plateau", "take cosine"]),
        ({"loss": "asl", "mixup": 0.1}, ["loss asl", "Mixup"]),
        ({"auto_augment": "rand-m9-q3"}, ["auto_augment rand-m9-q3"]),
    ],
)
def test_what_timm_refuses_is_one_line(keys, fragments):
    spec = recipe(**keys)

    def make() -> None:
        model = made.make_model(spec, 3)
        made.make_task(spec, model, torch.device("cpu"))
        made.make_scheduler(spec, made.make_optimizer(spec, model), 5)
        made.make_transforms(spec, False)

    with pytest.raises(InputError) as caught:
        make()
    assert "\n" not in str(caught.value)
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_a_model_for_one_size_is_made_for_the_recipe_s():
    model = made.make_model(recipe(architecture="test_vit", image_size=48), 3)
    assert model(torch.zeros(1, 3, 48, 48)).shape == (1, 3)
    # The default of the model itself is another.
    assert timm.get_pretrained_cfg("test_vit").input_size[1] != 48
