"""The model of a study file. `config/README.md` and the JSON schema are generated from it."""

from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr, model_validator

from synthgap.classes import Category, Classes
from synthgap.embedding.mean_removal import MeanRemoved
from synthgap.generation.made_elsewhere import MadeElsewhere
from synthgap.image_sets.natural import NaturalSet
from synthgap.image_sets.sets import ImageSet
from synthgap.measures.spec import MeasuresSpec
from synthgap.miniature.spec import MiniatureSpec
from synthgap.models import ModelSource
from synthgap.places import Told
from synthgap.prompts.captioned import CaptionedRecipe
from synthgap.prompts.recipes import Recipe
from synthgap.refusals import LONGEST_NAME, PATH_SAFE
from synthgap.section import Section
from synthgap.study.captioners import AnyCaptioner, models_of
from synthgap.study.encoders import AnyEncoder, ClipEncoder, Opened
from synthgap.study.fitting import check_parts
from synthgap.study.generators import AdaptedGenerator, AnyGenerator
from synthgap.study.groups import Groups
from synthgap.study.loras import TrainedLoRA
from synthgap.study.names import NATURAL_TRAIN, NATURAL_VAL, RESERVED, check_names
from synthgap.study.scale_lists import each_scale, each_training, written_lists
from synthgap.study.variants import Variant, count_of, needs, origins
from synthgap.training.classifiers import Classifier
from synthgap.training.mixture import Mixture
from synthgap.training.training_sets import FineTuning, TrainingSet
from synthgap.tuning.spec import Tuning

Name = Annotated[str, Field(pattern=PATH_SAFE, max_length=LONGEST_NAME)]


class ReportSpec(Section):
    """What the report shows first."""

    encoder: str | None = None
    """Encoder whose numbers stand beside the quoted ones; tables and figures show every one. The
    first if left out."""
    classifier: str | None = None
    """Classifier whose accuracy stands beside the measures. The first if left out."""
    baseline: str | None = None
    """Variant over which gains are measured, in studies that filter or select. The one whose images
    the first of these variants takes if left out."""
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
    groups: Groups = Field(default={})
    """Groups of classes by name (a region, a domain, the hard ones), each a list of class_ids; or
    the file that lists them. Every mean over the classes is then also given for each group. A class
    may be in several groups, or in none."""
    natural: NaturalSet
    """Where the natural images come from."""
    generators: dict[Name, AnyGenerator]
    """Text-to-image models, and images made elsewhere, by name."""
    prompts: dict[Name, Recipe] = Field(default={})
    """Prompt recipes by name."""
    captioners: dict[Name, AnyCaptioner] = Field(default={})
    """What captions natural images for the recipe `captioned`, by name."""
    loras: dict[Name, TrainedLoRA] = Field(default={})
    """LoRAs that the study trains on natural-train for generators of the kind `adapted`, by
    name."""
    variants: dict[Name, Variant] = Field(min_length=1)
    """Variants by name: generator, prompt recipe and guidance scale of one synthetic set; of
    several, one a scale, where scales are listed; or of which other variants it takes its
    images."""
    encoders: dict[Name, AnyEncoder] = Field(min_length=1)
    """Models that embed images and prompts, by name."""
    measures: MeasuresSpec
    """How images are measured."""
    training_sets: dict[Name, TrainingSet] = Field(default={})
    """Sets that classifiers are trained on, by name: each a list of variants and natural-train, of
    which all images are taken, a mixture with proportions, or either of them after another training
    set (`pretrained_on`)."""
    classifiers: dict[Name, Classifier] = Field(default={})
    """Classifiers by name: architecture, recipe and seeds. Without any nothing is trained."""
    report: ReportSpec = ReportSpec()
    """What the report shows first."""
    miniature: MiniatureSpec | None = None
    """How the miniature's own models are trained, where the study uses them."""

    _written: dict[str, Any] = PrivateAttr(default_factory=dict)

    @cached_property
    def class_ids(self) -> tuple[str, ...]:
        """Ids of the classes in their order."""
        return tuple(category.class_id for category in self.classes)

    @property
    def members(self) -> dict[str, list[str]]:
        """Of each group its classes, in the order of the study."""
        return {
            group: sorted(members, key=self.class_ids.index)
            for group, members in self.groups.items()
        }

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

    @property
    def baseline(self) -> str | None:
        """The variant over which gains are measured; None if no variant takes others' images."""
        if not self.derived:
            return None
        return self.report.baseline or self.variants[self.derived[0]].parents[0]

    def category(self, class_id: str) -> Category:
        """The class of an id."""
        return self._categories[class_id]

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {category.class_id: category for category in self.classes}

    @cached_property
    def derived(self) -> tuple[str, ...]:
        """The variants that take their images of others."""
        return tuple(name for name, variant in self.variants.items() if variant.parents)

    @cached_property
    def generated(self) -> tuple[str, ...]:
        """The variants whose images the study makes."""
        return tuple(
            name
            for name in self.variants
            if name not in self.derived and self.image_set(name) is None
        )

    def origins(self, variant: str) -> tuple[str, ...]:
        """The variants with images of their own that a variant takes images of; else itself."""
        return origins(self.variants, variant)

    def count(self, variant: str) -> int | None:
        """Images a class of a variant; None where that is known only when they are read."""
        return count_of(
            self.variants,
            variant,
            lambda name: self.images_per_class if name in self.generated else None,
        )

    def needs(self, variant: str, n: int) -> dict[str, int]:
        """Images a class that its origins must have so that a variant has n."""
        return needs(self.variants, variant, n)

    def knows_prompts(self, source: str) -> bool:
        """Whether an image's index says which prompt of its class it was made from.

        Of images made elsewhere nobody knows.
        """
        return source in self.variants and set(self.generated).issuperset(self.origins(source))

    def has_prompts(self, encoder: str, variant: str) -> bool:
        """Whether the prompts of a variant are embedded.

        An encoder may embed no texts, and images made elsewhere may have no prompts.
        """
        return self.encoders[encoder].embeds_text and all(
            self.variants[origin].prompts is not None for origin in self.origins(variant)
        )

    def deciding_encoder(self, variant: str) -> str:
        """The encoder in whose space a derived variant's images are chosen."""
        found = self.variants[variant].filtered or self.variants[variant].selected
        return (found and found.encoder) or self.headline_encoder

    def prompts_of(self, variant: str, class_id: str) -> tuple[str, ...]:
        """The different prompts of a class in a variant; an image's index chooses among them.

        Of a variant that is selected among others none: which it takes, only a job finds out. So
        does what captions say.
        """
        filtered = self.variants[variant].filtered
        if filtered is not None:
            return self.prompts_of(filtered.of, class_id)
        recipe = self.variants[variant].prompts
        return () if recipe is None else self.prompts[recipe].prompts(self.category(class_id))

    def captioned(self, source: str) -> CaptionedRecipe | None:
        """The recipe of a variant whose prompts hold captions of natural images; None of others."""
        variant = self.variants.get(source)
        recipe = variant and self.prompts.get(variant.prompts or "")
        return recipe if isinstance(recipe, CaptionedRecipe) else None

    def image_set(self, source: str) -> ImageSet | None:
        """Where the images of a source lie; None if they are generated, or other variants'."""
        if source == NATURAL_TRAIN:
            return self.natural.part("train")
        if source == NATURAL_VAL:
            return self.natural.part("val")
        generator = self.generator_of(source)
        return None if generator is None else generator.image_set()

    def max_unreadable(self, source: str) -> float:
        """Largest share of unreadable images in a source that is read."""
        if source in (NATURAL_TRAIN, NATURAL_VAL):
            return self.natural.max_unreadable
        generator = self.generator_of(source)
        return generator.max_unreadable if isinstance(generator, MadeElsewhere) else 0.0

    def max_copies(self, source: str) -> float:
        """Largest share of copies in a source that is read."""
        if source in (NATURAL_TRAIN, NATURAL_VAL):
            return self.natural.max_copies
        generator = self.generator_of(source)
        return generator.max_copies if isinstance(generator, MadeElsewhere) else 1.0

    def generator_of(self, variant: str) -> AnyGenerator | None:
        """What made the images of a variant; None if it takes other variants'."""
        name = self.variants[variant].generator
        return None if name is None else self.generators[name]

    @property
    def trains_models(self) -> bool:
        """Whether it trains models that generate or embed, or LoRAs of them."""
        return bool(self.loaded_loras) or any(model.miniature for model in self.models.values())

    @property
    def loaded_loras(self) -> set[str]:
        """The LoRAs of the section that a generated variant loads, which alone are trained."""
        makers = [self.generator_of(variant) for variant in self.generated]
        adapted = [maker for maker in makers if isinstance(maker, AdaptedGenerator)]
        return {name for maker in adapted for name in maker.trained.values()}

    def depends_on_seeds(self, *sources: str, encoder: str | None = None) -> bool:
        """Whether a replicate has others of what is made of these sources, by this encoder."""
        return (encoder is not None and self._is_trained(encoder)) or any(
            self._has_other_images(source) for source in sources
        )

    def _is_trained(self, encoder: str) -> bool:
        opened = self.opened_encoders[self.embedded_by(encoder)]
        tuned = isinstance(opened, ClipEncoder) and opened.tune is not None
        return tuned or (opened.model is not None and opened.model.miniature is not None)

    def _has_other_images(self, source: str) -> bool:
        if source not in self.derived:
            return source in self.generated
        parents = self.variants[source].parents
        return self.depends_on_seeds(*parents, encoder=self.deciding_encoder(source))

    @property
    def models(self) -> dict[str, ModelSource]:
        """The pretrained models that the study opens, by the key that names them."""
        opened = {f"generators.{name}": spec.opens() for name, spec in self.generators.items()}
        opened |= {f"encoders.{name}": spec.model for name, spec in self.opened_encoders.items()}
        opened |= models_of(self.captioners)
        return {f"{place}.model": model for place, model in opened.items() if model is not None}

    @property
    def opened_encoders(self) -> dict[str, Opened]:
        """The encoders that open a model; the others move what these have embedded."""
        return {
            name: spec for name, spec in self.encoders.items() if not isinstance(spec, MeanRemoved)
        }

    def embedded_by(self, encoder: str) -> str:
        """The encoder whose model embeds for an encoder: itself, or the one that it moves."""
        spec = self.encoders[encoder]
        return spec.encoder if isinstance(spec, MeanRemoved) else encoder

    @property
    def asks_for_pairs(self) -> dict[str, Tuning | MeanRemoved]:
        """The sections that need pairs of image and caption, by the key under which they stand."""
        found: dict[str, Tuning | MeanRemoved] = {}
        for name, spec in self.encoders.items():
            if isinstance(spec, MeanRemoved):
                found[f"encoders.{name}"] = spec
            elif isinstance(spec, ClipEncoder) and spec.tune is not None:
                found[f"encoders.{name}.tune"] = spec.tune
        return found

    def sources_of(self, training_set: str) -> tuple[str, ...]:
        """The sources that a classifier has seen after a training set, of what it was pretrained on
        too."""
        stages = (training_set, *self.pretrained_on(training_set))
        return tuple(dict.fromkeys(source for name in stages for source in self.counts_of(name)))

    def counts_of(self, training_set: str) -> dict[str, int | None]:
        """Images a class that a training set takes of each of its sources; None is all. Of a
        fine-tuning, what is trained on then."""
        found = self.training_sets[training_set]
        if isinstance(found, FineTuning):
            found = found.then
        return dict(found.counts) if isinstance(found, Mixture) else dict.fromkeys(found)

    def pretrained_on(self, training_set: str) -> tuple[str, ...]:
        """The training sets that come before one, the last one first."""
        found = self.training_sets[training_set]
        if not isinstance(found, FineTuning):
            return ()
        return (found.pretrained_on, *self.pretrained_on(found.pretrained_on))

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        self._expand_lists()
        check_parts(self)
        return self

    def _expand_lists(self) -> None:
        """Put one variant and training set a guidance scale where scales are listed."""
        lists = written_lists(self.variants)
        if not lists:
            return
        check_names("variants", self.variants, RESERVED, folders=True)
        for name, variant in lists.items():
            if isinstance(self.generators.get(variant.generator or ""), MadeElsewhere):
                raise ValueError(
                    f"variants.{name}.guidance_scale: a list makes images at each scale, but those "
                    f"of {variant.generator} exist already; write one scale, or none"
                )
        expanded = {
            "variants": each_scale(self.variants),
            "training_sets": each_training(self.training_sets, self.variants),
        }
        self._written = {key: getattr(self, key) for key in expanded}
        # The model is frozen for everybody else.
        self.__dict__.update(expanded)

    def as_written(self) -> Self:
        """The study as its file has it, with lists of guidance scales as they stand there."""
        changed = {
            key: section for key, section in self._written.items() if section != getattr(self, key)
        }
        return self.model_copy(update=changed)
