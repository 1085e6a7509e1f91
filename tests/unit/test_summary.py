from synthgap.summary import Training, trained_alone


def test_the_first_training_set_of_a_source_alone_stands_beside_it():
    trainings = [
        Training("resnet", "mixed", ("natural-train", "disamb"), []),
        Training("resnet", "natural", ("natural-train",), []),
        Training("resnet", "few", ("natural-train",), []),
        Training("vit", "disamb", ("disamb",), []),
    ]
    beside = trained_alone(trainings, "resnet")
    assert {source: found.training_set for source, found in beside.items()} == {
        "natural-train": "natural"
    }
    assert trained_alone(trainings, None) == {}
