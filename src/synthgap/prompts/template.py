"""The recipe `template`: one prompt a class, such as "{name}" or "{name}, {definition}"."""

from typing import Literal

from pydantic import Field, field_validator

from synthgap.classes import Category
from synthgap.prompts.placeholders import check, placeholders
from synthgap.prompts.recipe import PromptRecipe

PLACEHOLDERS = ("name", "definition", "class_id")


def fill(template: str, category: Category) -> str:
    """Put a class's name, definition and id into a template.

    >>> fill("{name}, {definition}", Category(class_id="c", name="crane", definition="a bird"))
    'crane, a bird'
    """
    return template.format(
        name=category.name, definition=category.definition, class_id=category.class_id
    )


class TemplateRecipe(PromptRecipe):
    """One prompt for all images of a class."""

    kind: Literal["template"]
    """One template for all images of a class."""
    template: str = Field(min_length=1)
    """The prompt, with the placeholders {name}, {definition} and {class_id}."""

    _check = field_validator("template")(lambda text: check(text, PLACEHOLDERS))

    def prompts(self, category: Category) -> tuple[str, ...]:
        """The one prompt of a class."""
        return (fill(self.template, category),)

    def needs_definition(self) -> bool:
        """Whether the template uses it."""
        return "definition" in placeholders(self.template)
