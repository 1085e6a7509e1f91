import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from diagnosed import centres, cloud, world
from points import write_points, write_source

from synthgap.diagnosis.of_variant import diagnose_variant
from synthgap.errors import InputError
from synthgap.figures.charts import causes
from synthgap.report.sections.diagnosis import diagnosis_section
from synthgap.summary.causes import COLUMNS, NAMES, causes_table
from synthgap.summary.diagnosis import join_diagnoses
from synthgap.tables import metadata_of, read, write_embeddings


@pytest.fixture
def sources(tmp_path):
    """Tables of a world in which class 2 also shows class 5."""

    rng = np.random.default_rng(3)
    mixed = np.concatenate([cloud(rng, centres(8, 16)[c], 20) for c in (2, 5)])
    classes = world(1, planted={2: mixed})
    return {
        name: write_source(tmp_path / name, {one.class_id: getattr(one, name) for one in classes})
        for name in ("images", "train", "val")
    }


@pytest.fixture
def prompts(tmp_path):
    """Two prompts a class, not in the order of the classes."""

    rows = [
        {"class_id": f"class-{number}", "index": index, "key": f"{number}/{index}"}
        for index in range(2)
        for number in reversed(range(8))
    ]
    directions = centres(8, 16)[[int(row["class_id"][6:]) for row in rows]]
    noise = np.random.default_rng(0).normal(size=directions.shape) * 0.05
    write_embeddings(
        tmp_path / "prompts.parquet", pa.Table.from_pylist(rows), directions + noise, {}
    )
    return tmp_path / "prompts.parquet"


def diagnosed(path, sources, prompts, source="classname", n=40):
    diagnose_variant(
        path,
        encoder="clip",
        source=source,
        names={f"class-{number}": "crane" for number in range(8)},
        **sources,
        prompts=prompts,
        embeds_text=True,
        n=n,
        draws=200,
        metadata={"study": "test"},
    )
    return read(path).to_pandas()


class TestTable:
    def test_has_a_row_a_class_and_cause(self, sources, prompts, tmp_path):
        table = diagnosed(tmp_path / "d.parquet", sources, prompts)
        assert len(table) == 8 * 4
        assert not table.duplicated(["class_id", "cause"]).any()
        suffers = table[table["suffers"].astype(bool)]
        assert ("class-2", "ambiguity") in set(
            zip(suffers["class_id"], suffers["cause"], strict=True)
        )
        assert set(suffers.loc[suffers["cause"] == "adherence", "class_id"]) == {"class-2"}
        assert metadata_of(tmp_path / "d.parquet")["study"] == "test"

    def test_without_prompts_adherence_is_empty(self, sources, tmp_path):
        table = diagnosed(tmp_path / "d.parquet", sources, None)
        assert table.loc[table["cause"] == "adherence", "suffers"].isna().all()
        assert table.loc[table["cause"] != "adherence", "suffers"].notna().all()

    def test_too_few_images_end_in_one_line_that_names_the_table(self, sources, tmp_path):
        with pytest.raises(
            InputError, match=r"class-0.parquet: 40 images; .* at least 41"
        ) as error:
            diagnosed(tmp_path / "d.parquet", sources, None, n=41)
        assert "\n" not in str(error.value)

    def test_fewer_images_can_be_measured(self, sources, tmp_path):
        assert set(diagnosed(tmp_path / "d.parquet", sources, None, n=20)["n"]) == {20}

    def test_joined_tables_say_what_their_columns_mean(self, sources, prompts, tmp_path):
        parts = [tmp_path / "one.parquet", tmp_path / "other.parquet"]
        diagnosed(parts[0], sources, prompts)
        diagnosed(parts[1], sources, None, source="disamb")
        join_diagnoses(tmp_path / "joined.parquet", parts, {"study": "test"})
        joined = read(tmp_path / "joined.parquet")
        assert joined.num_rows == 64
        assert set(joined["source"].to_pylist()) == {"classname", "disamb"}
        schema = pq.read_schema(tmp_path / "joined.parquet")
        assert schema.names == [
            *("encoder", "source", "class_id", "name", "cause", "defect", "n", "suffers", "value"),
            *("value_low", "value_high", "natural", "excess", "p_value", "q_value", "other_class"),
            *("reason", "advice"),
        ]
        for field in schema:
            assert field.metadata[b"description"], field.name
        csv = pd.read_csv(tmp_path / "joined.csv")
        assert len(csv) == 64
        assert set(zip(csv["cause"], csv["defect"], strict=True)) == set(NAMES.items())


class TestCauses:
    def test_counts_the_classes_of_each_variant_and_cause(self, sources, prompts, tmp_path):
        table = diagnosed(tmp_path / "d.parquet", sources, prompts)
        counted = causes_table(table)
        assert counted.num_rows == 4
        for row in counted.to_pylist():
            suffers = table.loc[table["cause"] == row["cause"], "suffers"]
            assert (row["suffer"], row["classes"]) == (suffers.sum(), 8)
            assert row["share"] == suffers.mean()
            assert row["defect"] == NAMES[row["cause"]]
        assert [field.name for field in counted.schema] == list(COLUMNS)
        for field in counted.schema:
            assert field.metadata[b"description"]

    def test_a_cause_that_was_not_measured_has_no_share(self, sources, tmp_path):
        table = diagnosed(tmp_path / "d.parquet", sources, None)
        (row,) = (row for row in causes_table(table).to_pylist() if row["cause"] == "adherence")
        assert (row["suffer"], row["classes"], row["share"]) == (0, 0, None)


def section_of(diagnosis):
    return diagnosis_section(diagnosis, causes_table(diagnosis).to_pandas())


class TestSection:
    def test_names_the_classes_that_suffer_and_what_to_try(self, sources, prompts, tmp_path):
        table = diagnosed(tmp_path / "d.parquet", sources, prompts)
        section = section_of(table)
        assert "class-2 crane" in section
        assert "use the definition" in section
        assert "nan" not in section
        assert "None" not in section
        for cause, words in (
            ("ambiguity", "have an ambiguous prompt"),
            ("adherence", "ignore the prompt"),
            ("diversity", "are too alike"),
            ("concept", "are off target"),
        ):
            known = table[table["cause"] == cause]["suffers"]
            assert f"<td>{int(known.sum())} of {len(known)} {words}</td>" in section
            assert f"<th>{NAMES[cause]}</th>" in section
            assert f"{cause}:" not in section

    def test_says_where_a_cause_was_not_measured(self, sources, tmp_path):
        table = diagnosed(tmp_path / "d.parquet", sources, None)
        assert "not measured" in section_of(table)

    def test_says_when_no_class_suffers(self, sources, tmp_path):
        table = diagnosed(tmp_path / "d.parquet", sources, None)
        assert "No class was found to have a defect" in section_of(table.assign(suffers=False))

    def test_names_are_text_and_no_markup(self, sources, tmp_path):
        table = diagnosed(tmp_path / "d.parquet", sources, None)
        table = table.assign(name="<b>crane", suffers=True, advice="x")
        section = section_of(table)
        assert "<b>crane" not in section
        assert "&lt;b&gt;crane" in section

    @pytest.mark.parametrize("with_prompts", [True, False])
    def test_the_chart_has_every_count(self, sources, prompts, tmp_path, with_prompts):
        table = diagnosed(tmp_path / "d.parquet", sources, prompts if with_prompts else None)
        counts = causes_table(table).to_pandas()
        figure, data = causes.draw(counts)
        pd.testing.assert_frame_equal(data, counts.drop(columns="encoder"))
        shown = {axes.get_title(loc="left"): axes for axes in figure.axes}
        assert list(shown) == [
            "ambiguous prompt",
            "ignores the prompt",
            "too alike",
            "off target",
        ]
        for cause, axes in zip(NAMES, shown.values(), strict=True):
            (row,) = counts[counts["cause"] == cause].to_dict("records")
            (said,) = (text.get_text() for text in axes.texts)
            known = with_prompts or cause != "adherence"
            assert said == (f"{row['suffer']} of {row['classes']}" if known else "not measured")
            assert [bar.get_width() for bar in axes.patches] == ([row["share"]] if known else [])


def test_a_broken_table_ends_in_one_line(sources, tmp_path):
    write_points(tmp_path / "images/class-0.parquet", "class-0", centres(1, 16))
    with pytest.raises(InputError, match="class-0"):
        diagnosed(tmp_path / "d.parquet", sources, None)
