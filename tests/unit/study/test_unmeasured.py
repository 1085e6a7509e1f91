"""What stays empty is said in one line before anything runs, with the n that would do."""

import numpy as np
import pytest
from points import class_sample, directions

from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.tables import of_class, of_source
from synthgap.study.model import Study
from synthgap.study.parsing import read_yaml
from synthgap.study.unmeasured import unmeasured

TINY = "tests/studies/tiny.yaml"


def line(n: int, classes: int = 3, root: str = "") -> str | None:
    data = read_yaml(f"{root}{TINY}")
    data["images_per_class"] = max(n, data["images_per_class"])
    data["measures"]["n"] = n
    data["classes"] = data["classes"][:classes]
    return unmeasured(Study.model_validate(data))


@pytest.fixture(autouse=True)
def at_the_root(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(request.config.rootpath)


def test_nothing_is_said_where_nothing_stays_empty():
    assert line(12) is None
    assert line(40, classes=2) is None


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (11, "20-NN accuracy of natural-val (from n = 12 on)"),
        (10, "20-NN accuracy (from n = 11 on), 20-NN accuracy of natural-val (from n = 12 on)"),
        (8, "precision, recall, density and coverage (from n = 9 on)"),
        (3, "5-NN accuracy of natural-val (from n = 4 on)"),
        (2, "5-NN accuracy and what is made of it (from n = 3 on)"),
        (2, "Fr\u00e9chet distance (from n = 3 on), CMMD (from n = 3 on)"),
    ],
)
def test_names_the_measure_and_the_smallest_n(n, said):
    found = line(n)
    assert found is not None
    assert found.startswith(f"measures.n: {n} images a class are too few for some measures")
    assert said in found
    assert "\n" not in found


def test_one_class_needs_k_images_and_leaves_more_empty():
    found = line(12, classes=1)
    assert found is not None
    assert "20-NN accuracy (from n = 20 on)" in found
    assert "with one class alone linear separability" in found
    assert "10-NN" not in found
    assert "20-NN" not in str(line(21, classes=1))


@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("n", [2, 3, 4, 6, 7, 8, 9, 10, 11, 12])
def test_what_is_said_to_stay_empty_does_and_nothing_else(n, classes):
    """Against what the measures give."""
    found = line(n, classes) or ""
    images, natural = directions(0, n, 6), directions(1, n, 6)
    of_classes = {
        name
        for measure in of_class.MEASURES
        for name in measure.of(class_sample(images, natural, draws=100))
    }
    assert ("Fr\u00e9chet distance (" in found) == ("frechet_distance" not in of_classes)
    assert ("CMMD (" in found) == ("cmmd" not in of_classes)
    assert ("precision, recall" in found) == ("precision" not in of_classes)
    for same, end in ((False, ""), (True, " of natural-val")):
        labels = np.repeat(np.arange(classes), n)
        points = directions(2, n * classes, 6)
        sample = SourceSample(
            tuple(map(str, range(classes))),
            points,
            labels,
            points,
            labels,
            same,
            None,
            np.zeros(0, int),
            draws=100,
        )
        of_sources = {name for measure in of_source.MEASURES for name in measure.of(sample)}
        for k, name in {1: "knn_accuracy_1", 10: "knn_accuracy_10", 20: "knn_accuracy_20"}.items():
            assert (f"{k}-NN accuracy{end} (" in found) == (name not in of_sources), (k, end)
