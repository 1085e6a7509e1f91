"""What a classifier is trained on, in a study file: sources, a mixture, or one after another."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from synthgap.refusals import PATH_SAFE
from synthgap.section import Section
from synthgap.training.mixture import Mixture

Name = Annotated[str, Field(pattern=PATH_SAFE)]


def _form_of_sources(sources: Any) -> str:
    return "[mixture]" if isinstance(sources, dict | Mixture) else "[list]"


def _form(training_set: Any) -> str:
    keys = training_set if isinstance(training_set, dict) else ()
    if isinstance(training_set, FineTuning) or {"pretrained_on", "then"}.intersection(keys):
        return "[fine-tuning]"
    return _form_of_sources(training_set)


# The tags stand in brackets, so that no message shows them as if they were keys.
Sources = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1), Tag("[list]")]
    | Annotated[Mixture, Tag("[mixture]")],
    Discriminator(_form_of_sources),
]


class FineTuning(Section):
    """A training set for classifiers that were trained on another one before."""

    pretrained_on: Name
    """Name of another training set. Each classifier and seed starts from the weights of the same
    classifier and seed trained on it, and is trained with the same recipe; one of its own, such as
    a lower learning rate, takes another classifier."""
    then: Sources
    """What is trained on afterwards: a list of variants and natural-train, or a mixture."""


TrainingSet = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1), Tag("[list]")]
    | Annotated[Mixture, Tag("[mixture]")]
    | Annotated[FineTuning, Tag("[fine-tuning]")],
    Discriminator(_form),
]
