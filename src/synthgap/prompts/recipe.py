"""What is asked of a prompt recipe."""

from abc import ABC, abstractmethod

from synthgap.classes import Category
from synthgap.section import Section


class PromptRecipe(Section, ABC):
    """How a class becomes the prompts of its images."""

    @abstractmethod
    def prompts(self, category: Category) -> tuple[str, ...]:
        """The different prompts of a class; an image's index chooses among them.

        Raises:
            InputError: the recipe has none for the class.
        """

    def needs_definition(self) -> bool:
        """Whether every class must have a definition."""
        return False
