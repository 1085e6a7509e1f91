"""The report shows near-duplicates beside what they copy, and nothing where there is none."""

import pytest
from fake_study import Size, facts_of, listed, write_inputs
from PIL import Image

from synthgap.described import described_table
from synthgap.report.folder import write_report
from synthgap.report.leak_pictures import SHOWN, pairs_shown
from synthgap.report.sprites import SIDE
from synthgap.summary.leaks import LISTED
from synthgap.summary.verdict import BASELINE
from synthgap.tables import write

SIZE = Size(classes=3, variants=2)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaks")
    facts = facts_of(SIZE)
    return folder, facts, write_inputs(folder, facts, SIZE)


def test_pairs_stand_on_the_page_and_in_the_verdict(made):
    folder, facts, inputs = made
    write_report(folder / "report", facts, inputs, 1)
    page = (folder / "report/index.html").read_text(encoding="utf-8")
    assert page.index("where chance gives 0.4 [0, 2]; it copies natural") < page.index("Headline")
    assert "it copies natural" in (folder / "report/card.md").read_text(encoding="utf-8")
    assert '<details id="leaks">' in page
    for number in range(3):
        assert f'src="leaks/{number}.webp"' in page
        assert Image.open(folder / f"report/leaks/{number}.webp").size == (2 * SIDE, SIDE)
    assert "ratio 0.10, cosine 0.990, 0 of 64 bits" in page
    assert "<script>alert(1)" not in page


def test_a_study_without_any_has_no_such_section(made):
    folder, facts, inputs = made
    table = inputs.summary / "near_duplicates.parquet"
    before = table.read_bytes()
    write(described_table([], LISTED), table, {})
    write_report(folder / "without", facts, inputs, 1)
    table.write_bytes(before)
    page = (folder / "without/index.html").read_text(encoding="utf-8")
    assert 'id="leaks"' not in page
    assert not (folder / "without/leaks").exists()


def test_few_pairs_of_each_source_are_shown_and_natural_twins_once(made, tmp_path):
    _, facts, inputs = made
    (row, *_) = listed(facts)
    many = [row | {"index": number} for number in range(SHOWN + 5)]
    twins = [row | {"source": BASELINE, "index": one, "natural_index": 1 - one} for one in (0, 1)]
    table = described_table([*twins, *many], LISTED).to_pandas()
    shown = pairs_shown(tmp_path, table, inputs.images)
    assert [pair.source for pair in shown] == [BASELINE] + [row["source"]] * SHOWN
    assert [pair.image for pair in shown[1:]] == list(range(SHOWN))
