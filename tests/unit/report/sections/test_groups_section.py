"""The page of groups says what the tables say, each group beside the classes outside of it."""

import html
import re

import pandas as pd
from reported import facts, with_interval

from synthgap.report.sections.groups import groups_section

SOURCES = ("natural-train", "made")


def text_of(written):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", written)).split())


def page(*, encoders=("clip",), outside=True):
    groups, differences, causes = [], [], []
    for encoder in encoders:
        for group, level in (("<b>hard", 0.4), ("easy", 0.9)):
            for source in SOURCES:
                numbers = with_interval("knn_accuracy", level) | with_interval("top1", level - 0.1)
                groups.append(
                    {"encoder": encoder, "group": group, "classes": 1, "source": source}
                    | {"classifier": "resnet", **numbers}
                )
                if not outside:
                    continue
                for measure, by in (("knn_accuracy", -0.5), ("top1", 0.01), ("recall", 0.9)):
                    owner = ("classifier", "resnet") if measure == "top1" else ("encoder", encoder)
                    if measure == "top1" and encoder != encoders[0]:
                        continue
                    differences.append(
                        {"encoder": None, "classifier": None, "measure": measure, "group": group}
                        | {"source": source, "other": None, **with_interval("difference", by)}
                        | dict([owner])
                    )
            causes.append(
                {"group": group, "encoder": encoder, "source": "made", "cause": "diversity"}
                | {"defect": "too alike", "classes": 1, "suffer": int(group != "easy")}
            )
    # A comparison of sources is none of groups.
    differences.append(
        {"encoder": "clip", "classifier": None, "measure": "knn_accuracy", "group": "easy"}
        | {"source": SOURCES[0], "other": SOURCES[1], **with_interval("difference", 0.5)}
    )
    variants = [
        {"encoder": "clip", "source": source}
        | with_interval("knn_accuracy", 0.7)
        | with_interval("top1", 0.6)
        for source in SOURCES
    ]
    tables = (pd.DataFrame(rows) for rows in (groups, differences, causes, variants))
    return str(groups_section(facts(), *tables))


def test_each_measure_of_the_headline_has_a_row_a_group():
    text = text_of(page())
    assert "knn" not in text
    assert (
        "group natural-train made all classes 2 classes 0.700 [0.600, 0.800] 0.700 [0.600, 0.800] "
        "<b>hard 1 class 0.400 [0.300, 0.500] 0.400 [0.300, 0.500] easy 1 class 0.900" in text
    )
    assert "resnet chooses among all" in text
    assert "each in all encoders" not in text


def test_what_differs_from_the_classes_outside_is_bold_and_counted():
    written = page()
    assert "4 of 8 numbers, where about 0.4 would by chance" in text_of(written)
    assert re.findall(r"<b>(\d\.\d+)", written) == ["0.400", "0.400", "0.900", "0.900"]


def test_defects_are_counted_in_each_group():
    text = text_of(page())
    assert "group made <b>hard 1 class too alike: 1 easy 1 class none" in text


def test_other_encoders_stand_in_the_tables():
    text = text_of(page(encoders=("clip", "dino")))
    assert "space of clip" in text
    assert "4 of 8 numbers" in text
    assert "each in all encoders" in text


def test_where_every_group_has_all_classes_nothing_is_compared():
    text = text_of(page(outside=False))
    assert "In bold" not in text
