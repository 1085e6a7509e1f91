"""The model of a study file. `config/README.md` and the JSON schema are generated from it."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from synthgap.classes import PATH_SAFE, Category
from synthgap.embedding.encoders import Encoder
from synthgap.generation.generators import Generator
from synthgap.measures.spec import MeasuresSpec
from synthgap.miniature.spec import MiniatureSpec
from synthgap.natural.sets import NaturalSet
from synthgap.prompts.recipes import Recipe
from synthgap.section import Section
from synthgap.training.classifiers import Classifier
from synthgap.training.mixture import Mixture

NATURAL_TRAIN, NATURAL_VAL = "natural-train", "natural-val"
"""The natural sources; every other source is a variant."""

Name = Annotated[str, Field(pattern=PATH_SAFE)]


def _form(training_set: Any) -> str:
    return "[mixture]" if isinstance(training_set, dict | Mixture) else "[list]"


# The tags stand in brackets, so that no message shows them as if they were keys.
TrainingSet = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1), Tag("[list]")]
    | Annotated[Mixture, Tag("[mixture]")],
    Discriminator(_form),
]

RESERVED = (NATURAL_TRAIN, NATURAL_VAL, "prompts")
"""Names of folders beside those of the variants."""


class Variant(Section):
    """One way to make synthetic images."""

    generator: str
    """Name of a generator."""
    prompts: str
    """Name of a prompt recipe."""
    guidance_scale: float = Field(ge=0, allow_inf_nan=False)
    """Weight of classifier-free guidance: how closely images follow the prompt. 1 and less switch
    it off."""


class ReportSpec(Section):
    """What the report shows first."""

    encoder: str
    """Encoder whose numbers stand beside the quoted ones; tables and figures show every one."""
    classifier: str
    """Classifier whose accuracy stands beside the measures."""
    images_per_class: int = Field(default=8, ge=1, le=50)
    """Images of each source on the contact sheet of a class."""


class Study(Section):
    """A complete study: nothing is taken from any other file."""

    study: Name
    """Name of the study; every table carries it."""
    description: str = ""
    """What the study is for, in a sentence or two; the report shows it."""
    seed: int = Field(default=0, ge=0)
    """Seed of the study. Another seed gives other images of the same distributions."""
    results: str = "results"
    """Folder for everything that the study makes, relative to where Snakemake runs."""
    workers: bool = True
    """Whether jobs on one machine share processes that keep libraries and models loaded. Results
    are the same either way."""
    images_per_class: int = Field(ge=1)
    """Images that each variant makes of each class. Raising it makes only the missing ones."""
    classes: tuple[Category, ...] = Field(min_length=1)
    """The classes, each with an id, a name and a definition."""
    natural: NaturalSet
    """Where the natural images come from."""
    generators: dict[Name, Generator]
    """Text-to-image models by name."""
    prompts: dict[Name, Recipe]
    """Prompt recipes by name."""
    variants: dict[Name, Variant] = Field(min_length=1)
    """Variants by name: generator, prompt recipe and guidance scale of one synthetic set."""
    encoders: dict[Name, Encoder] = Field(min_length=1)
    """Models that embed images and prompts, by name."""
    measures: MeasuresSpec
    """How images are measured."""
    training_sets: dict[Name, TrainingSet] = Field(min_length=1)
    """Sets that classifiers are trained on, by name: each a list of variants and natural-train, of
    which all images are taken, or a mixture with proportions."""
    classifiers: dict[Name, Classifier] = Field(min_length=1)
    """Classifiers by name: architecture, recipe and seeds."""
    report: ReportSpec
    """What the report shows first."""
    miniature: MiniatureSpec | None = None
    """How the miniature's own models are trained, where the study uses them."""

    @field_validator("results")
    @classmethod
    def _plain_path(cls, results: str) -> str:
        if not results.strip() or set(results) & set("{}~\0"):
            raise ValueError(
                f"{results!r} cannot be a folder's name; write one such as results/mine"
            )
        return Path(results).as_posix()

    @property
    def class_ids(self) -> tuple[str, ...]:
        """Ids of the classes in their order."""
        return tuple(category.class_id for category in self.classes)

    @property
    def sources(self) -> tuple[str, ...]:
        """The natural sources and the variants."""
        return (NATURAL_TRAIN, NATURAL_VAL, *self.variants)

    def category(self, class_id: str) -> Category:
        """The class of an id."""
        return self.classes[self.class_ids.index(class_id)]

    def prompts_of(self, variant: str, class_id: str) -> tuple[str, ...]:
        """The different prompts of a class in a variant; an image's index chooses among them."""
        return self.prompts[self.variants[variant].prompts].prompts(self.category(class_id))

    def sources_of(self, training_set: str) -> tuple[str, ...]:
        """The sources that a training set consists of."""
        return tuple(self.counts_of(training_set))

    def counts_of(self, training_set: str) -> dict[str, int | None]:
        """Images a class that a training set takes of each of its sources; None is all."""
        found = self.training_sets[training_set]
        return dict(found.counts) if isinstance(found, Mixture) else dict.fromkeys(found)

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        """Check what one part of the file says about another."""
        seen: set[str] = set()
        for category in self.classes:
            if category.class_id in seen:
                raise ValueError(f"classes: the class_id {category.class_id} occurs twice")
            seen.add(category.class_id)
        for name, variant in self.variants.items():
            if name in RESERVED:
                raise ValueError(f"variants.{name}: the name is taken; choose another")
            _check_named(f"variants.{name}.generator", variant.generator, self.generators)
            _check_named(f"variants.{name}.prompts", variant.prompts, self.prompts)
        if "classes" in self.encoders:
            raise ValueError("encoders.classes: the name is taken; choose another")
        for name in self.training_sets:
            for source, count in self.counts_of(name).items():
                _check_named(f"training_sets.{name}", source, (NATURAL_TRAIN, *self.variants))
                if source in self.variants and (count or 0) > self.images_per_class:
                    raise ValueError(
                        f"training_sets.{name}: takes {count} images a class of {source}, but the "
                        f"study's images_per_class is {self.images_per_class}; lower the one or "
                        "raise the other"
                    )
        _check_named("report.encoder", self.report.encoder, self.encoders)
        _check_named("report.classifier", self.report.classifier, self.classifiers)
        if self.measures.n > self.images_per_class:
            raise ValueError(
                f"measures.n: {self.measures.n} images a class are to be measured, but "
                f"images_per_class is {self.images_per_class}; lower the one or raise the other"
            )
        if self.miniature and self.natural.kind != "digits":
            raise ValueError(
                "miniature: its models learn from natural images of the kind digits; drop the "
                "section, or use the digits"
            )
        for role in ("generators", "encoders"):
            for name, model in getattr(self, role).items():
                if model.model.miniature and (
                    self.miniature is None or self.natural.kind != "digits"
                ):
                    raise ValueError(
                        f"{role}.{name}.model: the miniature's models need the section miniature"
                    )
        return self


def _check_named(where: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise ValueError(f"{where}: there is no {name}; the study has {', '.join(known)}")
