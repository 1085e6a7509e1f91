from pathlib import Path

import numpy as np
import pytest
from points import directions, write_source
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from synthgap.measures.tables.natural_hits import write_natural_hits
from synthgap.tables import metadata_of, read

CLASSES = ("owl", "crane", "heron")


def sources(folder: Path, counts: dict[str, int]) -> dict[str, tuple[list[Path], list[np.ndarray]]]:
    """Overlapping classes of each source."""
    centres = directions(99, 3, 4)
    found = {}
    for place, (source, count) in enumerate(counts.items()):
        points = [directions(10 * place + c, count, 4, 0.9 * centres[c]) for c in range(3)]
        named = dict(zip(CLASSES, points, strict=True))
        found[source] = write_source(folder / source, named), points
    return found


def write(folder: Path, given: dict[str, tuple[list[Path], list[np.ndarray]]], n: int) -> Path:
    path = folder / "hits.parquet"
    write_natural_hits(
        path,
        class_ids=CLASSES,
        images=given["images"][0],
        train=given["train"][0],
        val=given["val"][0],
        n=n,
        metadata={"study": "test"},
    )
    return path


def test_is_what_scikit_learn_puts_right(tmp_path):
    given = sources(tmp_path, {"images": 12, "train": 12, "val": 7})
    path = write(tmp_path, given, 12)
    table = read(path).to_pandas()
    assert metadata_of(path) == {"study": "test"}
    images = np.concatenate(given["images"][1]).astype(np.float32)
    labels = np.repeat(CLASSES, 12)
    for part, name, count in (("natural-train", "train", 12), ("natural-val", "val", 7)):
        own = table[table["part"] == part]
        asked = np.repeat(CLASSES, count)
        assert list(own["class_id"]) == list(asked)
        queries = np.concatenate(given[name][1]).astype(np.float32)
        by_means = NearestCentroid().fit(images, labels).predict(queries) == asked
        assert list(own["centroid_accuracy"]) == list(by_means)
        votes = KNeighborsClassifier(5).fit(images, labels).predict_proba(queries)
        # Ties go to the nearest image here and to the first class there.
        clear = np.sort(votes, axis=1)[:, -1] > np.sort(votes, axis=1)[:, -2]
        predicted = np.unique(labels)[votes.argmax(axis=1)]
        assert list(own["knn_accuracy"][clear]) == list((predicted == asked)[clear])
        assert 0 < own["knn_accuracy"].mean() < 1


def test_of_natural_train_as_many_are_asked_as_are_measured(tmp_path):
    given = sources(tmp_path, {"images": 9, "train": 20, "val": 8})
    table = read(write(tmp_path, given, 6)).to_pandas()
    assert dict(table.groupby("part").size()) == {"natural-train": 18, "natural-val": 24}


@pytest.mark.parametrize(("n", "known"), [(2, False), (3, True)])
def test_too_few_images_win_no_vote(tmp_path, n, known):
    given = sources(tmp_path, {"images": n, "train": 4, "val": 4})
    table = read(write(tmp_path, given, n))
    assert (table["knn_accuracy"].null_count == 0) == known
    assert table["centroid_accuracy"].null_count == 0
