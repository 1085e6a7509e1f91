"""Whether the parts of a study fit together: what one part of the file says about another."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from synthgap.embedding.mean_removal import MeanRemoved
from synthgap.models import MINIATURE
from synthgap.study.captioners import check_captioners
from synthgap.study.encoders import ClipEncoder
from synthgap.study.groups import check_groups
from synthgap.study.loras import check_loras
from synthgap.study.names import (
    NATURAL_TRAIN,
    NATURAL_VAL,
    NOT_ENCODERS,
    RESERVED,
    check_class_ids,
    check_names,
)
from synthgap.study.variants import check_parents
from synthgap.training.training_sets import FineTuning

if TYPE_CHECKING:
    from synthgap.study.model import Study


def check_parts(study: "Study") -> None:
    """Check what one part of the file says about another; the first mistake is told.

    Raises:
        ValueError: two parts do not fit.
    """
    for check in (
        _classes,
        _names,
        _variants,
        _training_sets,
        _report,
        _classifiers,
        _count,
        _miniature,
        _encoders,
        _captioners,
        _loras,
        _replicates,
    ):
        check(study)


def _classes(study: "Study") -> None:
    """Check that no two classes share an id, nor a name in image sets."""
    ids: set[str] = set()
    for class_id in study.class_ids:
        if class_id in ids:
            raise ValueError(f"classes: the class_id {class_id} occurs twice")
        ids.add(class_id)
    check_class_ids({category.class_id: category.folder for category in study.classes})
    owners = {class_id: class_id for class_id in study.class_ids}
    for category in study.classes:
        owner = owners.setdefault(category.folder or category.class_id, category.class_id)
        if owner != category.class_id:
            raise ValueError(
                f"classes: {category.class_id} has the folder {category.folder}, which is the "
                f"class {owner}'s; give each class its own"
            )
    check_groups(study.groups, study.class_ids)


def _variants(study: "Study") -> None:
    """Check that generators, recipes and parents are there, and nothing lacks to generate."""
    check_parents(study.variants, (NATURAL_TRAIN, NATURAL_VAL))
    for name, variant in study.variants.items():
        if variant.generator is None:
            continue
        _named(f"variants.{name}.generator", variant.generator, study.generators)
        if variant.prompts is not None:
            _named(f"variants.{name}.prompts", variant.prompts, study.prompts)
        for key in ("prompts", "guidance_scale"):
            if getattr(variant, key) is None and study.image_set(name) is None:
                raise ValueError(
                    f"variants.{name}.{key}: missing; {variant.generator} makes images and needs it"
                )


def _names(study: "Study") -> None:
    """Check that no name is taken, nor two alike on any disk."""
    check_names("variants", study.variants, RESERVED, folders=True)
    check_names("encoders", study.encoders, NOT_ENCODERS, folders=True)
    check_names("generators", study.generators)
    check_names("training_sets", study.training_sets)
    check_names("classifiers", study.classifiers)


def _pretraining(study: "Study") -> None:
    """Check that training sets that others start from are there, and in no circle."""
    before = {
        name: found.pretrained_on
        for name, found in study.training_sets.items()
        if isinstance(found, FineTuning)
    }
    for name, first in before.items():
        _named(f"training_sets.{name}.pretrained_on", first, study.training_sets)
    for name in before:
        chain = [name]
        while chain[-1] in before and chain.count(chain[-1]) == 1:
            chain.append(before[chain[-1]])
        if chain[-1] in before:
            raise ValueError(
                f"training_sets.{name}.pretrained_on: goes round in a circle, "
                f"{' after '.join(chain)}; let one of them start from nothing"
            )


def _training_sets(study: "Study") -> None:
    """Check that sources are there, and that of none more is taken than is generated."""
    _pretraining(study)
    for name in study.training_sets:
        for source, count in study.counts_of(name).items():
            _named(f"training_sets.{name}", source, (NATURAL_TRAIN, *study.variants))
            if source in study.derived:
                _derived_share(study, name, source, count or 0)
            elif source in study.generated and (count or 0) > (study.images_per_class or 0):
                raise ValueError(
                    f"training_sets.{name}: takes {count} images a class of {source}, but the "
                    f"study's images_per_class is {study.images_per_class}; lower the one or "
                    "raise the other"
                )


def _derived_share(study: "Study", training_set: str, source: str, count: int) -> None:
    there = study.count(source)
    if there is not None and count > there:
        raise ValueError(
            f"training_sets.{training_set}: takes {count} images a class of {source}, which "
            f"has {there}; lower its share"
        )


def _report(study: "Study") -> None:
    """Check that what the report shows is there."""
    if study.report.encoder is not None:
        _named("report.encoder", study.report.encoder, study.encoders)
    if study.report.classifier is not None:
        _named("report.classifier", study.report.classifier, study.classifiers)
    if study.report.baseline is not None:
        _named("report.baseline", study.report.baseline, study.variants)
    for class_id in study.report.classes:
        _named("report.classes", class_id, study.class_ids)


def _classifiers(study: "Study") -> None:
    """Check that classifiers have something to be trained on, and the reverse."""
    if bool(study.classifiers) != bool(study.training_sets):
        raise ValueError("classifiers and training_sets go together: give both or none")


def _count(study: "Study") -> None:
    """Check how many images are generated, if any are."""
    if not study.generated:
        return
    if study.images_per_class is None:
        raise ValueError("images_per_class: missing; variants are generated")
    if study.measures.n > study.images_per_class:
        raise ValueError(
            f"measures.n: {study.measures.n} images a class are to be measured, but "
            f"images_per_class is {study.images_per_class}; lower the one or raise the other"
        )
    for name in study.derived:
        there = study.count(name)
        if there is not None and there < study.measures.n:
            least = max(study.needs(name, study.measures.n).values())
            raise ValueError(
                f"variants.{name}: has {there} images a class, but measures.n is "
                f"{study.measures.n}; raise its share, or images_per_class to {least}, or lower "
                "measures.n"
            )


def _miniature(study: "Study") -> None:
    """Check that the miniature has its digits, and its models the miniature."""
    if study.miniature and study.natural.kind != "digits":
        raise ValueError(
            "miniature: its models learn from natural images of the kind digits; drop the "
            "section, or use the digits"
        )
    for where, model in study.models.items():
        if not model.miniature:
            continue
        if not study.miniature:
            raise ValueError(f"{where}: the miniature's models need the section miniature")
        role, _ = where.split(".", 1)
        further = getattr(study.miniature, role, ())
        _named(f"{where}.miniature", model.miniature, (*MINIATURE, *further))
    if study.miniature:
        for role in ("encoders", "generators"):
            names = getattr(study.miniature, role)
            check_names(f"miniature.{role}", names, MINIATURE, folders=True)


def _encoders(study: "Study") -> None:
    """Check what is made of other encoders, and that there are pairs to make it with."""
    for name, spec in study.encoders.items():
        if isinstance(spec, MeanRemoved):
            _named(f"encoders.{name}.encoder", spec.encoder, study.encoders)
            if not isinstance(study.encoders[spec.encoder], ClipEncoder):
                raise ValueError(
                    f"encoders.{name}.encoder: {spec.encoder} is not of the kind clip, which "
                    "embeds images and prompts; name one that is"
                )
    for where, asked in study.asks_for_pairs.items():
        model = study.opened_encoders[study.embedded_by(where.split(".")[1])].model
        if asked.pairs is None and model.miniature is None:
            raise ValueError(
                f"{where}.pairs: missing; name a CSV file with the columns file and caption "
                "(only the miniature has pairs of its own)"
            )


def _captioners(study: "Study") -> None:
    """Check that captions have their captioner, and a captioner what it can caption."""
    check_captioners(study.captioners, study.prompts, digits=study.natural.kind == "digits")
    for name, variant in study.variants.items():
        if study.captioned(name) is not None and name not in study.generated:
            raise ValueError(
                f"variants.{name}.prompts: {variant.prompts} has captions of natural images, "
                "and the variant's images were made elsewhere; name the prompts that made "
                "them, or none"
            )


def _loras(study: "Study") -> None:
    """Check that LoRAs have what they are trained with, and a model to be loaded into."""
    check_loras(study.loras, study.generators, study.prompts)
    denoisers = study.miniature.generators if study.miniature else {}
    for name, spec in study.loras.items():
        model = study.generators[spec.of].opens()
        own = denoisers.get(model.miniature or "") if model else None
        if own is not None and own.blocks is not None:
            raise ValueError(
                f"loras.{name}.of: the model of {spec.of} is a transformer (blocks), for which no "
                "LoRA is trained; name a generator with a UNet"
            )


def _replicates(study: "Study") -> None:
    """Check that replicates would differ."""
    if study.replicates > 1 and not any(
        study.depends_on_seeds(source, encoder=encoder)
        for source in study.variants
        for encoder in study.encoders
    ):
        raise ValueError(
            f"replicates: {study.replicates} would all be alike, since the study neither "
            "generates images nor trains a model; leave it out"
        )


def _named(where: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise ValueError(f"{where}: there is no {name}; the study has {', '.join(known)}")
