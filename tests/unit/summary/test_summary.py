from points import directions, write_source

from synthgap.measures.tables.of_class import measure_class
from synthgap.measures.tables.of_source import measure_source
from synthgap.measures.tables.pooled import measure_pooled
from synthgap.summary.classes import classes_table
from synthgap.summary.classifiers import ACCURACIES, Training, trained_alone
from synthgap.summary.measured import OF_CLASS, OF_POOL, OF_SOURCE, Measured
from synthgap.summary.variants import variants_table


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


def test_measures_that_do_not_apply_are_empty_columns(tmp_path):
    classes = {"crane": directions(0, 12, 4, 0.4), "owl": directions(1, 12, 4, -0.4)}
    natural = write_source(tmp_path / "natural", classes)
    variant = write_source(tmp_path / "variant", {name: -x for name, x in classes.items()})
    measured = []
    for source, images in (("natural-train", natural), ("disamb", variant)):
        folder = tmp_path / "measures" / source
        options = {"n": 12, "draws": 100, "metadata": {}}
        alone = [folder / f"{name}.parquet" for name in classes]
        for path, name, one, other in zip(alone, classes, images, natural, strict=True):
            measure_class(path, class_id=name, images=one, natural=other, **options)
        together, pooled = folder / "together.parquet", folder / "pooled.parquet"
        measure_source(
            together,
            class_ids=list(classes),
            images=images,
            queries=natural,
            natural=natural,
            prompts=None,
            own_prompts=False,
            **options,
        )
        measure_pooled(
            pooled,
            class_ids=list(classes),
            images=images,
            natural=natural,
            device="cpu",
            **options,
        )
        measured.append(Measured("clip", source, alone, together, pooled))
    variants = variants_table(measured, [], None, 100)
    by_class = classes_table(measured, [], None, {name: name for name in classes})
    for table, names in (
        (variants, ["frechet_distance", "cmmd", "pooled_frechet_distance", "pooled_cmmd"]),
        (by_class, ["frechet_distance", "cmmd"]),
    ):
        rows = table.to_pylist()
        for name in names:
            for end in ("", "_low", "_high"):
                assert all(
                    (row[name + end] is None) == (row["source"] == "natural-train") for row in rows
                )
                assert table.schema.field(name + end).metadata[b"description"]
        # Empty cells do not move a column: measures stand in their order.
        names = [name for name in table.column_names if name in OF_CLASS]
        assert names == list(OF_CLASS)
        assert None not in table["vendi_score"].to_pylist()
    assert not [name for name in by_class.column_names if name.startswith("pooled")]


def test_no_two_measures_have_one_name():
    levels = (OF_CLASS, OF_SOURCE, OF_POOL, ACCURACIES)
    assert len({name for level in levels for name in level}) == sum(map(len, levels))


def test_measures_say_how_people_call_them_and_where_they_stand():
    schema = variants_table([], [], "resnet", 100).schema
    expected = {
        "pooled_frechet_distance": ("pooled Fréchet distance", "Distances between distributions"),
        "knn_accuracy": ("5-NN accuracy", "Accuracy"),
        "knn_accuracy_10": ("10-NN accuracy", "Accuracy"),
        "top1": ("classifier top-1", "Accuracy"),
    }
    for column, (name, family) in expected.items():
        said = schema.field(column).metadata
        assert (said[b"name"].decode(), said[b"family"].decode()) == (name, family)
    for column in ("n", "top1_low"):
        assert set(schema.field(column).metadata) == {b"description"}
