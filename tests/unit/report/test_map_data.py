"""Which images the map shows, and what it is drawn from."""

import pandas as pd
import pytest
from reported import facts

from synthgap.report import map_data as module
from synthgap.report.map_data import MOST, map_data, mapped

SOURCES = ["natural-train", "made"]


def projection(classes, each, sources=("natural-train", "natural-val", "made")):
    """Images of each source and class, and a prompt of each class."""
    rows = [
        (source, "image", class_id, index)
        for source in sources
        for index in range(each)
        for class_id in classes
    ] + [("made", "prompt", class_id, 0) for class_id in classes]
    table = pd.DataFrame(rows, columns=["source", "kind", "class_id", "index"])
    places = {"first": 0.0, "second": 1.0, "along_gap": 2.0, "across_gap": 3.0}
    offset = table.index.to_numpy() * 10
    shares = {"first_share": 0.5, "second_share": 0.25}
    return table.assign(**{name: place + offset for name, place in places.items()}, **shares)


def test_of_each_class_and_source_as_many_images_are_shown():
    classes = [f"c{number}" for number in range(30)]
    table = projection(classes, 400)
    found = mapped(facts(classes), table)
    assert len(found) <= MOST
    assert MOST - len(found) < len(SOURCES) * len(classes)
    sizes = found.groupby(["source", "class_id"]).size()
    assert set(sizes) == {MOST // (2 * 30)}
    assert set(found["source"]) == set(SOURCES)
    assert set(found["kind"]) == {"image"}


def test_a_map_with_room_shows_all_images():
    found = mapped(facts(), projection(["crane", "owl"], 7))
    assert len(found) == 2 * 2 * 7


def test_each_class_has_an_image_however_many_there_are(monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    found = mapped(facts(), projection(["crane", "owl"], 7))
    assert set(found.groupby(["source", "class_id"]).size()) == {1}
    assert set(found["index"]) == {0}


def test_each_point_has_its_place_its_class_and_its_picture():
    table = projection(["crane", "owl"], 2)
    study = facts(["owl", "crane"])
    points = mapped(study, table)
    cells = {
        (source, class_id): {0: 10 * place, 1: 10 * place + 1}
        for place, (source, class_id) in enumerate(
            (source, class_id) for source in SOURCES for class_id in ("crane", "owl")
        )
    }
    found = map_data(study, table, points, cells)
    assert list(found["sources"]) == SOURCES
    assert (found["images"], found["of"]) == (8, 8)
    assert found["shares"] == [0.5, 0.25]
    made = found["sources"]["made"]
    rows = table[(table["source"] == "made") & (table["kind"] == "image")]
    assert made["x"] == rows["first"].tolist()
    assert made["y"] == rows["second"].tolist()
    assert made["along"] == rows["along_gap"].tolist()
    assert made["across"] == rows["across_gap"].tolist()
    # crane, owl, crane, owl, where the study has owl first.
    assert made["class"] == [1, 0, 1, 0]
    assert made["cell"] == [20, 30, 21, 31]
    prompts = table[table["kind"] == "prompt"]
    assert found["prompts"]["made"] == {
        "along": prompts["along_gap"].tolist(),
        "across": prompts["across_gap"].tolist(),
        "class": [1, 0],
    }


def test_an_image_without_a_picture_is_an_error():
    table = projection(["crane", "owl"], 1)
    with pytest.raises(KeyError):
        map_data(facts(), table, mapped(facts(), table), {})
