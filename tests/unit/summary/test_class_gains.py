"""Gains of single classes: against formulas by hand, SciPy, and simulated truths."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from reported import facts
from scipy import stats

from synthgap.described import metadata_of_columns
from synthgap.measures.intervals.estimates import bonett_price
from synthgap.report.sections.class_gains import class_gains_data, class_gains_part
from synthgap.summary.class_gains import COLUMNS, class_gains_table, gain
from synthgap.summary.classifiers import Training
from synthgap.summary.gains import comparisons
from synthgap.tables import write, write_with_csv

NAMES = {"c": "<crane>", "o": "owl"}
QUERIES = 40


def hits(rng, share, shape):
    return rng.random(shape) < share


def test_of_one_seed_it_is_bonett_and_price_of_the_differences():
    rng = np.random.default_rng(0)
    one, other = hits(rng, 0.5, (1, QUERIES)), hits(rng, 0.7, (1, QUERIES))
    found = gain(one, other)
    apart = other[0].astype(float) - one[0]
    assert found.value == pytest.approx(apart.mean())
    assert found.ends == pytest.approx(bonett_price(apart))
    # Wald's test of the differences with a 1 and a -1 added.
    padded = np.append(apart, [1, -1])
    z = padded.mean() / (padded.std() / np.sqrt(len(padded)))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_turned_round_it_is_the_same_with_another_sign():
    rng = np.random.default_rng(1)
    one, other = hits(rng, 0.5, (2, QUERIES)), hits(rng, 0.7, (2, QUERIES))
    there, back = gain(one, other), gain(other, one)
    assert there.value == pytest.approx(-back.value)
    assert there.ends == pytest.approx((-back.ends.high, -back.ends.low))
    assert there.p_value == pytest.approx(back.p_value)


def test_trainings_that_differ_widen_the_interval():
    one = np.zeros((2, QUERIES), bool)
    alike = np.zeros((2, QUERIES), bool)
    alike[:, :20] = True
    apart = np.zeros((2, QUERIES), bool)
    apart[0, :40] = True
    same, wider = gain(one, alike), gain(one, apart)
    assert same.value == wider.value == 0.5
    assert wider.ends.high - wider.ends.low > 2 * (same.ends.high - same.ends.low)


@pytest.mark.parametrize(
    ("seeds", "spread", "least"), [(1, 0.0, 0.94), (2, 0.0, 0.94), (4, 0.1, 0.90)]
)
def test_the_interval_holds_the_truth(seeds, spread, least):
    """Images differ in how hard they are, trainings in how good the class came out."""
    rng = np.random.default_rng(seeds)
    held = 0
    for _ in range(2000):
        hard = rng.uniform(0.2, 0.9, QUERIES)
        shares = [
            np.clip(hard + by + spread * rng.standard_normal((seeds, 1)), 0, 1) for by in (0, 0.05)
        ]
        one, other = (hits(rng, share, (seeds, QUERIES)) for share in shares)
        low, high = gain(one, other).ends
        held += low <= 0.05 <= high
    assert held / 2000 >= least


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Three variants: `better` is better in the class c alone, and only after training."""
    folder = tmp_path_factory.mktemp("gains")
    rng = np.random.default_rng(0)
    labels = np.repeat(list(NAMES), QUERIES)
    scores, trainings = {}, []
    for name in ("base", "better", "same"):
        near = pd.DataFrame(
            {"of": "natural-val", "class_id": labels, "knn_accuracy": hits(rng, 0.5, 80)}
        )
        write_frame(near, scores.setdefault(("clip", name), folder / f"scores-{name}.parquet"))
        files = []
        for seed in range(2):
            right = hits(rng, np.where((labels == "c") & (name == "better"), 0.95, 0.4), 80)
            files.append(folder / f"{name}-{seed}.parquet")
            write_frame(
                pd.DataFrame({"class_id": labels, "rank": np.where(right, 0, 3)}), files[-1]
            )
        trainings.append(Training("resnet", f"trained-{name}", (name,), files))
    compared = comparisons(["base", "better", "same"], "base", {"better": "same"})
    return class_gains_table(scores, trainings, NAMES, compared)


def write_frame(rows, path):
    write(pa.Table.from_pandas(rows, preserve_index=False), path, {})


def test_it_finds_the_class_in_which_a_variant_is_better(table):
    rows = table.to_pandas()
    assert len(rows) == 2 * 3 * 2
    found = rows[rows["found"]]
    assert set(zip(found["variant"], found["class_id"], found["measure"], strict=True)) == {
        ("better", "c", "top1")
    }
    assert set(found["over"]) == {"base", "same"}
    assert (found["gain"] > 0.4).all()
    assert set(rows["images"]) == {QUERIES}
    assert dict(zip(rows["measure"], rows["trainings"], strict=True)) == {
        "top1": 2,
        "knn_accuracy": 1,
    }


def test_chances_are_corrected_for_all_of_a_kind(table):
    rows = table.to_pandas()
    for _, own in rows.groupby(["measure", "is_control"]):
        expected = stats.false_discovery_control(own["p_value"])
        np.testing.assert_allclose(own["q_value"], expected)
    assert (rows["found"] == (rows["q_value"] <= 0.05)).all()


def test_columns_say_what_they_mean(table, tmp_path):
    write_with_csv(table, tmp_path / "class_gains.parquet", {})
    described = metadata_of_columns(tmp_path / "class_gains.parquet")
    assert list(described) == list(COLUMNS)
    assert all(each["description"] for each in described.values())


FACTS = facts(["c", "o"], ["base", "better", "same"])._replace(baseline="base")


def test_the_page_counts_what_is_found(table):
    text = " ".join(class_gains_part(FACTS, table.to_pandas()).split())
    assert "on its 40 natural-val images" in text
    first = "<td>classifier top-1 over base</td><td>4</td>"
    assert first in text
    found = text[text.index(first) :].split("</tr>")[0]
    assert found.endswith("<td>0.2</td><td>1</td><td>0</td>")
    assert "5-NN accuracy over as many at random" in text


def test_the_script_gets_every_cell(table):
    data = class_gains_data(FACTS, table.to_pandas())
    assert [each["name"] for each in data] == [
        "classifier top-1 over base",
        "5-NN accuracy over base",
        "classifier top-1 over as many at random",
        "5-NN accuracy over as many at random",
    ]
    assert data[0]["columns"] == [["better", "base"], ["same", "base"]]
    turned = table.to_pandas()
    turned["gain"] *= -1
    turned_round = class_gains_data(FACTS, turned)
    assert turned_round[0]["columns"] == [["same", "base"], ["better", "base"]]
    rows = table.to_pandas()
    own = rows[(rows["measure"] == "top1") & ~rows["is_control"]].set_index(["class_id", "variant"])
    for place, *cells in data[0]["rows"]:
        for (variant, _), cell in zip(data[0]["columns"], cells, strict=True):
            row = own.loc[FACTS.class_ids[place], variant]
            assert cell == [*row[["gain", "gain_low", "gain_high", "q_value"]], int(row["found"])]


def test_a_class_with_too_few_images_to_vote_has_training_alone(tmp_path):
    labels = np.repeat(list(NAMES), 3)
    scores = {}
    for name in ("base", "other"):
        scores["clip", name] = tmp_path / f"{name}.parquet"
        rows = pd.DataFrame({"of": "natural-val", "class_id": labels, "centroid_accuracy": True})
        write_frame(rows, scores["clip", name])
    assert (
        len(class_gains_table(scores, [], NAMES, comparisons(["base", "other"], "base", {}))) == 0
    )
