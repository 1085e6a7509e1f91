from collections import Counter

import pytest
from timm.data import ImageNetInfo

from synthgap.classes import read_classes
from synthgap.study.imagenet import CONFIG, FILES, content


@pytest.mark.parametrize("name", FILES)
def test_the_class_files_are_what_timm_says(name):
    assert (CONFIG / name).read_text(encoding="utf-8") == content(FILES[name]())


def test_a_thousand_classes_stand_in_the_order_of_their_labels():
    classes = read_classes(str(CONFIG / "imagenet-1k.csv"))
    assert [category.class_id for category in classes] == ImageNetInfo("imagenet-1k").label_names()
    named = Counter(category.name.casefold() for category in classes)
    assert {name for name, count in named.items() if count > 1} == {"crane", "maillot", "cardigan"}
    assert all(category.definition for category in classes)


def test_a_hundred_hold_every_homonym():
    classes = read_classes(str(CONFIG / "imagenet-100.csv"))
    assert len({category.class_id for category in classes}) == 100
    assert [category.name for category in classes].count("crane") == 2
    assert set(classes) <= set(read_classes(str(CONFIG / "imagenet-1k.csv")))
