from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.prompts.captions import CaptionsRecipe
from synthgap.prompts.contexts import ContextsRecipe
from synthgap.prompts.placeholders import check
from synthgap.prompts.recipes import Recipe
from synthgap.prompts.template import TemplateRecipe

CRANE = Category(class_id="n02012849", name="crane", definition="a long-necked wading bird")
MACHINE = Category(class_id="n03126707", name="crane", definition="lifts and moves {heavy} things")


def recipe(**spec: Any) -> Recipe:
    adapter: TypeAdapter[Recipe] = TypeAdapter(Recipe)
    return adapter.validate_python(spec)


def captions(path: Path, text: str, encoding: str = "utf-8") -> Recipe:
    path.write_text(text, encoding=encoding)
    return recipe(kind="captions", file=str(path))


class TestTemplate:
    def test_by_name_two_classes_of_one_name_have_one_prompt(self):
        made = recipe(kind="template", template="{name}")
        assert isinstance(made, TemplateRecipe)
        assert made.prompts(CRANE) == made.prompts(MACHINE) == ("crane",)

    def test_definitions_tell_them_apart(self):
        made = recipe(kind="template", template="{name}, {definition}")
        assert made.prompts(CRANE) == ("crane, a long-necked wading bird",)
        assert made.prompts(MACHINE) == ("crane, lifts and moves {heavy} things",)

    def test_ids_and_doubled_braces_can_be_written(self):
        made = recipe(kind="template", template="{{{class_id}}} photo")
        assert made.prompts(CRANE) == ("{n02012849} photo",)

    @pytest.mark.parametrize(
        ("template", "problem"),
        [
            ("{nam}", "unknown placeholder {nam}"),
            ("{}", "unknown placeholder {}"),
            ("{0}", "unknown placeholder {0}"),
            ("{name.upper}", "unknown placeholder {name.upper}"),
            ("{prompt}", "unknown placeholder {prompt}"),
            ("{name", "expected '}'"),
            ("name}", "Single '}'"),
        ],
    )
    def test_other_placeholders_and_broken_braces_are_refused(self, template, problem):
        with pytest.raises(ValidationError, match="value_error") as caught:
            recipe(kind="template", template=template)
        assert problem in str(caught.value)

    @pytest.mark.parametrize("template", ["{name!r}", "{name:d}", "{name:{width}}", "{name:>9}"])
    def test_conversions_and_formats_are_refused(self, template):
        with pytest.raises(ValueError, match="name"):
            check(template, ["name"])


class TestContexts:
    def test_stand_around_the_inner_prompt_in_their_order(self):
        made = recipe(
            kind="contexts",
            template="{name}, {definition}",
            contexts=["{prompt} at night", "{prompt}", "a {prompt} beside {prompt}"],
        )
        assert isinstance(made, ContextsRecipe)
        inner = "crane, a long-necked wading bird"
        assert made.prompts(CRANE) == (
            f"{inner} at night",
            inner,
            f"a {inner} beside {inner}",
        )

    def test_braces_in_a_definition_stay(self):
        made = recipe(kind="contexts", template="{definition}", contexts=["{prompt}!"])
        assert made.prompts(MACHINE) == ("lifts and moves {heavy} things!",)

    @pytest.mark.parametrize("context", ["at night", "", "{name}", "{prompt} {name}", "{prompt"])
    def test_without_a_place_for_the_prompt_are_refused(self, context):
        with pytest.raises(ValidationError):
            recipe(kind="contexts", template="{name}", contexts=["{prompt}", context])

    def test_with_doubled_braces_have_no_place_for_the_prompt(self):
        with pytest.raises(ValidationError, match="no place"):
            recipe(kind="contexts", template="{name}", contexts=["{{prompt}}"])

    def test_none_at_all_are_refused(self):
        with pytest.raises(ValidationError, match="at least 1"):
            recipe(kind="contexts", template="{name}", contexts=[])


class TestCaptions:
    def test_of_a_class_come_in_the_order_of_the_file(self, tmp_path):
        text = 'note,class_id,prompt\n,n02012849,"a bird, wading"\n,x,other\n,n02012849,Kraniché\n'
        made = captions(tmp_path / "c.csv", text)
        assert isinstance(made, CaptionsRecipe)
        assert made.prompts(CRANE) == ("a bird, wading", "Kraniché")

    def test_missing_for_a_class_are_named(self, tmp_path):
        made = captions(tmp_path / "c.csv", "class_id,prompt\nx,y\n")
        with pytest.raises(InputError, match=r"c.csv: no caption for the class n02012849"):
            made.prompts(CRANE)

    @pytest.mark.parametrize("text", ["", "class,prompt\na,b\n", "class_id|prompt\na|b\n"])
    def test_need_their_two_columns(self, tmp_path, text):
        made = captions(tmp_path / "c.csv", text)
        with pytest.raises(InputError, match="needed are class_id, prompt"):
            made.prompts(CRANE)

    def test_that_are_not_utf8_are_refused(self, tmp_path):
        made = captions(tmp_path / "c.csv", "class_id,prompt\nx,Kranich süß\n", "latin-1")
        with pytest.raises(InputError, match="save it as UTF-8"):
            made.prompts(CRANE)

    def test_need_a_file(self, tmp_path):
        with pytest.raises(ValidationError, match=r"no file .*none.csv"):
            recipe(kind="captions", file=str(tmp_path / "none.csv"))

    def test_saved_by_a_spreadsheet_with_a_byte_order_mark_are_read(self, tmp_path):
        text = "class_id,prompt\nn02012849,a bird\n"
        assert captions(tmp_path / "c.csv", text, "utf-8-sig").prompts(CRANE) == ("a bird",)

    @pytest.mark.parametrize("row", ["n02012849", "n02012849,", "n02012849,  "])
    def test_that_are_empty_are_refused(self, tmp_path, row):
        made = captions(tmp_path / "c.csv", f"class_id,prompt\n{row}\n")
        with pytest.raises(InputError, match=r"c.csv"):
            made.prompts(CRANE)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValidationError, match="'template', 'contexts', 'captions', 'captioned'"):
        recipe(kind="poem", template="{name}")


def test_recipes_say_whether_they_need_definitions(tmp_path):
    for kind, rest in (("template", {}), ("contexts", {"contexts": ["a {prompt}"]})):
        assert not recipe(kind=kind, template="{name}", **rest).needs_definition()
        assert recipe(kind=kind, template="{name}, {definition}", **rest).needs_definition()
    file = captions(tmp_path / "captions.csv", "class_id,prompt\nn02012849,{definition}\n")
    assert not file.needs_definition()
