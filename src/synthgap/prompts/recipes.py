"""The prompt recipes that a study can name. A new one is one module and its name here."""

from typing import Annotated

from pydantic import Field

from synthgap.prompts.captioned import CaptionedRecipe
from synthgap.prompts.captions import CaptionsRecipe
from synthgap.prompts.contexts import ContextsRecipe
from synthgap.prompts.template import TemplateRecipe

Recipe = Annotated[
    TemplateRecipe | ContextsRecipe | CaptionsRecipe | CaptionedRecipe,
    Field(discriminator="kind"),
]
