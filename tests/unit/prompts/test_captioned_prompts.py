"""Prompts from captions: their order, and what of the captions is in them."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.prompts.captioned import CaptionedRecipe, pair_captions, read_prompts
from synthgap.tables import CAPTIONS, read, write

CATEGORY = {"class_id": "crane", "name": "crane", "definition": "a bird"}
TEMPLATE = "{name}, {definition}, {caption}"


def written(path: Path, captions: list[str], class_id: str = "crane") -> Path:
    rows = [
        {"class_id": class_id, "index": index, "key": f"key {index}", "caption": caption}
        for index, caption in enumerate(captions)
    ]
    write(pa.Table.from_pylist(rows, schema=CAPTIONS), path, {})
    return path


def paired(
    folder: Path, captions: list[str], seed: int = 0, most: int | None = None, **category: str
) -> Path:
    chosen = CATEGORY | category
    path = folder / "prompts.parquet"
    pair_captions(
        written(folder / "captions.parquet", captions, chosen["class_id"]),
        path,
        template=TEMPLATE,
        category=chosen,
        study_seed=seed,
        most=most,
        metadata={},
    )
    return path


MANY = [f"caption {number}" for number in range(40)]


def test_each_caption_stands_in_as_many_prompts_as_images_have_it(tmp_path: Path) -> None:
    captions = ["on a lake", "in flight", "on a lake", "on a lake"]
    prompts = read_prompts(paired(tmp_path, captions))
    assert Counter(prompts) == {"crane, a bird, on a lake": 3, "crane, a bird, in flight": 1}


def test_the_table_says_of_which_image_each_caption_is(tmp_path: Path) -> None:
    rows = read(paired(tmp_path, MANY)).to_pylist()
    assert [row["index"] for row in rows] == list(range(40))
    for row in rows:
        assert row["caption"] == MANY[row["natural_index"]]
        assert row["natural_key"] == f"key {row['natural_index']}"
        assert row["prompt"] == f"crane, a bird, {row['caption']}"
    assert sorted(row["natural_index"] for row in rows) == list(range(40))


def test_the_order_is_the_seeds_and_the_classs(tmp_path: Path) -> None:
    prompts = read_prompts(paired(tmp_path, MANY))
    assert read_prompts(paired(tmp_path, MANY)) == prompts
    others = [
        read_prompts(paired(tmp_path, MANY, seed=1)),
        read_prompts(paired(tmp_path, MANY, class_id="heron")),
    ]
    for other in (*others, [f"crane, a bird, {caption}" for caption in MANY]):
        assert other != prompts
        assert sorted(other) == sorted(prompts)


def test_a_limit_takes_the_first_of_the_order(tmp_path: Path) -> None:
    prompts = read_prompts(paired(tmp_path, MANY))
    assert read_prompts(paired(tmp_path, MANY, most=7)) == prompts[:7]
    assert read_prompts(paired(tmp_path, MANY, most=70)) == prompts


def test_an_order_is_drawn_evenly(tmp_path: Path) -> None:
    first = Counter(
        read(paired(tmp_path, MANY[:3], seed=seed))["natural_index"][0].as_py()
        for seed in range(300)
    )
    # Three standard deviations of a binomial of 300 with 1/3.
    assert all(abs(count - 100) < 3 * np.sqrt(300 * 2 / 9) for count in first.values())


def test_images_without_a_caption_are_left_out(tmp_path: Path) -> None:
    assert read_prompts(paired(tmp_path, ["", "in flight", ""])) == ["crane, a bird, in flight"]


def test_no_caption_at_all_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing of any image of crane"):
        paired(tmp_path, ["", ""])


def test_braces_in_names_and_captions_are_texts(tmp_path: Path) -> None:
    prompts = read_prompts(paired(tmp_path, ["a {caption} of {0}"], name="{name}"))
    assert prompts == ["{name}, a bird, a {caption} of {0}"]


@pytest.mark.parametrize("template", ["{name}", "{caption!r}", "{caption} {prompt}"])
def test_a_template_without_caption_or_with_others_is_refused(template: str) -> None:
    with pytest.raises(ValidationError):
        CaptionedRecipe(kind="captioned", captioner="blip", template=template)


def test_before_the_captions_no_prompt_is_known() -> None:
    recipe = CaptionedRecipe(kind="captioned", captioner="blip", template=TEMPLATE)
    assert recipe.prompts(Category(**CATEGORY)) == ()
    assert recipe.needs_definition()
