"""The recipe `contexts`: one prompt inside many contexts, to make the images more diverse."""

from typing import Literal

from pydantic import Field, field_validator

from synthgap.classes import Category
from synthgap.prompts.placeholders import check, placeholders
from synthgap.prompts.recipe import PromptRecipe
from synthgap.prompts.template import PLACEHOLDERS, fill


class ContextsRecipe(PromptRecipe):
    """A template put into each of several contexts; the image's index chooses the context."""

    kind: Literal["contexts"]
    """A template inside a list of contexts, one per image."""
    template: str
    """The inner prompt, with the placeholders {name}, {definition} and {class_id}."""
    contexts: tuple[str, ...] = Field(min_length=1)
    """Texts around the inner prompt, which stands where they say {prompt}."""

    _check = field_validator("template")(lambda text: check(text, PLACEHOLDERS))

    @field_validator("contexts")
    @classmethod
    def _check_contexts(cls, contexts: tuple[str, ...]) -> tuple[str, ...]:
        for context in contexts:
            check(context, ("prompt",))
            if "prompt" not in placeholders(context):
                raise ValueError(f"the context {context!r} has no place for the {{prompt}}")
        return contexts

    def prompts(self, category: Category) -> tuple[str, ...]:
        """The prompts of a class in the order of the contexts."""
        inner = fill(self.template, category)
        return tuple(context.format(prompt=inner) for context in self.contexts)

    def needs_definition(self) -> bool:
        """Whether the inner prompt uses it."""
        return "definition" in placeholders(self.template)
