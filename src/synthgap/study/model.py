"""The model of a study file. `config/README.md` and the JSON schema are generated from it."""

from collections.abc import Collection
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator

from synthgap.classes import Category, Classes
from synthgap.embedding.encoders import Encoder
from synthgap.generation.made_elsewhere import MadeElsewhere
from synthgap.generation.sources import AnyGenerator
from synthgap.image_sets.natural import NaturalSet
from synthgap.image_sets.sets import ImageSet
from synthgap.measures.spec import MeasuresSpec
from synthgap.miniature.spec import MiniatureSpec
from synthgap.models import ModelSource
from synthgap.places import Told
from synthgap.prompts.recipes import Recipe
from synthgap.refusals import LONGEST_NAME, PATH_SAFE
from synthgap.section import Section
from synthgap.seeds import replicate_seed
from synthgap.study.names import NOT_ENCODERS, check_class_ids, check_names
from synthgap.training.classifiers import Classifier
from synthgap.training.mixture import Mixture

NATURAL_TRAIN, NATURAL_VAL = "natural-train", "natural-val"
"""The natural sources; every other source is a variant."""

Name = Annotated[str, Field(pattern=PATH_SAFE, max_length=LONGEST_NAME)]


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
    """One set of synthetic images."""

    generator: str
    """Name of a generator."""
    prompts: str | None = None
    """Name of a prompt recipe; may be left out where the images were made elsewhere."""
    guidance_scale: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Weight of classifier-free guidance: how closely images follow the prompt. 1 and less switch
    it off. May be left out where the images were made elsewhere."""


class ReportSpec(Section):
    """What the report shows first."""

    encoder: str | None = None
    """Encoder whose numbers stand beside the quoted ones; tables and figures show every one. The
    first if left out."""
    classifier: str | None = None
    """Classifier whose accuracy stands beside the measures. The first if left out."""
    images_per_class: int = Field(default=8, ge=1, le=50)
    """Images of each source on the contact sheet of a class."""
    classes: tuple[str, ...] = ()
    """Ids of classes that the report shows with all views. Of a study with more than 200 classes it
    does so for these and for the 100 worst; of others it shows four images."""


class Study(Section):
    """A complete study: nothing is taken from any other file."""

    study: Name
    """Name of the study; every table carries it."""
    description: str = ""
    """What the study is for, in a sentence or two; the report shows it."""
    seed: int = Field(default=0, ge=0)
    """Seed of the study. Another seed gives other images of the same distributions."""
    replicates: int = Field(default=1, ge=1)
    """How often the study is made, each time with other seeds of its images and, where it trains
    generator and encoder, of these. With two or more, intervals and verdict also cover what another
    time would give. Raising it makes only the new ones."""
    results: Told = "results"
    """Folder for everything that the study makes, relative to where Snakemake runs."""
    workers: bool = True
    """Whether jobs on one machine share processes that keep libraries and models loaded. Results
    are the same either way."""
    jobs_per_device: int = Field(default=1, ge=1)
    """Jobs that may compute on one GPU at once; decides speed and memory only."""
    images_per_class: int | None = Field(default=None, ge=1)
    """Images that are generated of each class in each variant. Raising it makes only the missing
    ones. May be left out where all images were made elsewhere."""
    classes: Classes
    """The classes, each with an id, a name and a definition; or the file that lists them."""
    natural: NaturalSet
    """Where the natural images come from."""
    generators: dict[Name, AnyGenerator]
    """Text-to-image models, and images made elsewhere, by name."""
    prompts: dict[Name, Recipe] = Field(default={})
    """Prompt recipes by name."""
    variants: dict[Name, Variant] = Field(min_length=1)
    """Variants by name: generator, prompt recipe and guidance scale of one synthetic set."""
    encoders: dict[Name, Encoder] = Field(min_length=1)
    """Models that embed images and prompts, by name."""
    measures: MeasuresSpec
    """How images are measured."""
    training_sets: dict[Name, TrainingSet] = Field(default={})
    """Sets that classifiers are trained on, by name: each a list of variants and natural-train, of
    which all images are taken, or a mixture with proportions."""
    classifiers: dict[Name, Classifier] = Field(default={})
    """Classifiers by name: architecture, recipe and seeds. Without any nothing is trained."""
    report: ReportSpec = ReportSpec()
    """What the report shows first."""
    miniature: MiniatureSpec | None = None
    """How the miniature's own models are trained, where the study uses them."""

    @cached_property
    def class_ids(self) -> tuple[str, ...]:
        """Ids of the classes in their order."""
        return tuple(category.class_id for category in self.classes)

    @property
    def sources(self) -> tuple[str, ...]:
        """The natural sources and the variants."""
        return (NATURAL_TRAIN, NATURAL_VAL, *self.variants)

    @property
    def headline_encoder(self) -> str:
        """The encoder that the report shows first."""
        return self.report.encoder or next(iter(self.encoders))

    @property
    def headline_classifier(self) -> str | None:
        """The classifier that the report shows first, if there is any."""
        return self.report.classifier or next(iter(self.classifiers), None)

    def category(self, class_id: str) -> Category:
        """The class of an id."""
        return self._categories[class_id]

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {category.class_id: category for category in self.classes}

    def prompts_of(self, variant: str, class_id: str) -> tuple[str, ...]:
        """The different prompts of a class in a variant; an image's index chooses among them."""
        recipe = self.variants[variant].prompts
        return () if recipe is None else self.prompts[recipe].prompts(self.category(class_id))

    def image_set(self, source: str) -> ImageSet | None:
        """Where the images of a source lie; None if they are generated."""
        if source == NATURAL_TRAIN:
            return self.natural.part("train")
        if source == NATURAL_VAL:
            return self.natural.part("val")
        return self.generators[self.variants[source].generator].image_set()

    def max_unreadable(self, source: str) -> float:
        """Largest share of unreadable images in a source that is read."""
        if source in (NATURAL_TRAIN, NATURAL_VAL):
            return self.natural.max_unreadable
        generator = self.generators[self.variants[source].generator]
        return generator.max_unreadable if isinstance(generator, MadeElsewhere) else 0.0

    def max_copies(self, source: str) -> float:
        """Largest share of copies in a source that is read."""
        if source in (NATURAL_TRAIN, NATURAL_VAL):
            return self.natural.max_copies
        generator = self.generators[self.variants[source].generator]
        return generator.max_copies if isinstance(generator, MadeElsewhere) else 1.0

    @property
    def trains_models(self) -> bool:
        """Whether it trains models that generate or embed."""
        return any(model.miniature for model in self.models.values())

    def depends_on_seeds(self, *sources: str, encoder: str | None = None) -> bool:
        """Whether a replicate has others of what is made of these sources, by this encoder."""
        model = None if encoder is None else self.encoders[encoder].model
        trained = model is not None and model.miniature is not None
        return trained or any(self.image_set(source) is None for source in sources)

    def replicate(self, number: int) -> Self:
        """The study once more: other seeds, and a folder within its results.

        Args:
            number: of the replicate. The first is the study itself.
        """
        if number == 1:
            return self
        miniature = self.miniature and self.miniature.model_copy(
            update={
                name: spec.model_copy(update={"seed": replicate_seed(spec.seed, number)})
                for name, spec in self.miniature
            }
        )
        return self.model_copy(
            update={
                "seed": replicate_seed(self.seed, number),
                "miniature": miniature,
                "results": f"{self.results}/replicates/{number}",
            }
        )

    @property
    def models(self) -> dict[str, ModelSource]:
        """The pretrained models that the study opens, by the key that names them."""
        opened = {f"generators.{name}": spec.opens() for name, spec in self.generators.items()}
        opened |= {f"encoders.{name}": spec.model for name, spec in self.encoders.items()}
        return {f"{place}.model": model for place, model in opened.items() if model is not None}

    def sources_of(self, training_set: str) -> tuple[str, ...]:
        """The sources that a training set consists of."""
        return tuple(self.counts_of(training_set))

    def counts_of(self, training_set: str) -> dict[str, int | None]:
        """Images a class that a training set takes of each of its sources; None is all."""
        found = self.training_sets[training_set]
        return dict(found.counts) if isinstance(found, Mixture) else dict.fromkeys(found)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        """Check what one part of the file says about another; the first mistake is told."""
        self._check_classes()
        self._check_names()
        self._check_variants()
        self._check_training_sets()
        self._check_report()
        self._check_classifiers()
        self._check_count()
        self._check_miniature()
        self._check_replicates()
        return self

    def _check_classes(self) -> None:
        """Check that no two classes share an id, nor a name in image sets."""
        ids: set[str] = set()
        for class_id in self.class_ids:
            if class_id in ids:
                raise ValueError(f"classes: the class_id {class_id} occurs twice")
            ids.add(class_id)
        check_class_ids({category.class_id: category.folder for category in self.classes})
        owners = {class_id: class_id for class_id in self.class_ids}
        for category in self.classes:
            owner = owners.setdefault(category.folder or category.class_id, category.class_id)
            if owner != category.class_id:
                raise ValueError(
                    f"classes: {category.class_id} has the folder {category.folder}, which is the "
                    f"class {owner}'s; give each class its own"
                )

    def _check_variants(self) -> None:
        """Check that generators and recipes are there, and that nothing is missing to generate."""
        for name, variant in self.variants.items():
            _check_named(f"variants.{name}.generator", variant.generator, self.generators)
            if variant.prompts is not None:
                _check_named(f"variants.{name}.prompts", variant.prompts, self.prompts)
            for key in ("prompts", "guidance_scale"):
                if getattr(variant, key) is None and self.image_set(name) is None:
                    raise ValueError(
                        f"variants.{name}.{key}: missing; {variant.generator} makes images and "
                        "needs it"
                    )

    def _check_names(self) -> None:
        """Check that no name is taken, nor two alike on any disk."""
        check_names("variants", self.variants, RESERVED, folders=True)
        check_names("encoders", self.encoders, NOT_ENCODERS, folders=True)
        check_names("generators", self.generators)
        check_names("training_sets", self.training_sets)
        check_names("classifiers", self.classifiers)

    def _check_training_sets(self) -> None:
        """Check that sources are there, and that of none more is taken than is generated."""
        for name in self.training_sets:
            for source, count in self.counts_of(name).items():
                _check_named(f"training_sets.{name}", source, (NATURAL_TRAIN, *self.variants))
                generated = source in self.variants and self.image_set(source) is None
                if generated and (count or 0) > (self.images_per_class or 0):
                    raise ValueError(
                        f"training_sets.{name}: takes {count} images a class of {source}, but the "
                        f"study's images_per_class is {self.images_per_class}; lower the one or "
                        "raise the other"
                    )

    def _check_report(self) -> None:
        """Check that what the report shows is there."""
        if self.report.encoder is not None:
            _check_named("report.encoder", self.report.encoder, self.encoders)
        if self.report.classifier is not None:
            _check_named("report.classifier", self.report.classifier, self.classifiers)
        for class_id in self.report.classes:
            _check_named("report.classes", class_id, self.class_ids)

    def _check_classifiers(self) -> None:
        """Check that classifiers have something to be trained on, and the reverse."""
        if bool(self.classifiers) != bool(self.training_sets):
            raise ValueError("classifiers and training_sets go together: give both or none")

    def _check_count(self) -> None:
        """Check how many images are generated, if any are."""
        if all(self.image_set(name) is not None for name in self.variants):
            return
        if self.images_per_class is None:
            raise ValueError("images_per_class: missing; variants are generated")
        if self.measures.n > self.images_per_class:
            raise ValueError(
                f"measures.n: {self.measures.n} images a class are to be measured, but "
                f"images_per_class is {self.images_per_class}; lower the one or raise the other"
            )

    def _check_miniature(self) -> None:
        """Check that the miniature has its digits, and its models the miniature."""
        if self.miniature and self.natural.kind != "digits":
            raise ValueError(
                "miniature: its models learn from natural images of the kind digits; drop the "
                "section, or use the digits"
            )
        for where, model in self.models.items():
            if model.miniature and not self.miniature:
                raise ValueError(f"{where}: the miniature's models need the section miniature")

    def _check_replicates(self) -> None:
        """Check that replicates would differ."""
        if self.replicates > 1 and not any(
            self.depends_on_seeds(source, encoder=encoder)
            for source in self.variants
            for encoder in self.encoders
        ):
            raise ValueError(
                f"replicates: {self.replicates} would all be alike, since the study neither "
                "generates images nor trains a model; leave it out"
            )


def _check_named(where: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise ValueError(f"{where}: there is no {name}; the study has {', '.join(known)}")
