"""Whether what derived variants are chosen by can be computed."""

from collections.abc import Iterator

from synthgap.derived.spec import Filtered, Selected
from synthgap.measures.nearest_neighbours import HEADLINE, least_images
from synthgap.study.model import Study


def problem(study: Study) -> str | None:
    """Say what a derived variant needs to be chosen and does not have, or None."""
    return next(_problems(study), None)


def _problems(study: Study) -> Iterator[str]:
    for name in study.derived:
        variant = study.variants[name]
        if variant.filtered is not None:
            yield from _of_filtered(study, name, variant.filtered)
        if variant.selected is not None:
            yield from _of_selected(study, name, variant.selected)


def _of_filtered(study: Study, name: str, spec: Filtered) -> Iterator[str]:
    where = f"variants.{name}.filtered"
    yield from _unknown(study, where, spec)
    encoder = study.deciding_encoder(name)
    if spec.by != "adherence":
        return
    if not study.encoders[encoder].embeds_text:
        yield (
            f"{where}: adherence needs an encoder that embeds prompts, and {encoder} does not; "
            "name another encoder, or filter by something else"
        )
    elif not study.has_prompts(encoder, name):
        yield (
            f"{where}: adherence needs prompts, and {' or '.join(study.origins(name))} names no "
            "recipe of them; name one, or filter by something else"
        )


def _of_selected(study: Study, name: str, spec: Selected) -> Iterator[str]:
    where = f"variants.{name}.selected"
    yield from _unknown(study, where, spec)
    least = least_images(HEADLINE, len(study.classes))
    if study.measures.n < least:
        yield (
            f"{where}: a vote of {HEADLINE} needs {least} images a class, but measures.n is "
            f"{study.measures.n}; raise it"
        )


def _unknown(study: Study, where: str, spec: Filtered | Selected) -> Iterator[str]:
    if spec.encoder is not None and spec.encoder not in study.encoders:
        yield (
            f"{where}.encoder: there is no {spec.encoder}; the study has "
            f"{', '.join(study.encoders)}"
        )
