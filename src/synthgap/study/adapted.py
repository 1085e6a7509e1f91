"""What a study needs for its adapted generators, and what of them comes to nothing."""

import os
from collections.abc import Iterator

from synthgap.generation.maker import Maker
from synthgap.study.generators import AdaptedGenerator
from synthgap.study.model import Study


def further(generator: Maker) -> dict[str, tuple[str, str | None]]:
    """What a generator loads besides its pipeline and what the study trains: where it lies, and its
    commit on the hub."""
    return generator.further() if isinstance(generator, AdaptedGenerator) else {}


def problem(study: Study) -> str | None:
    """Say which weights are not where the study says, or None."""
    for name, spec in _adapted(study):
        for key, (place, revision) in spec.further().items():
            if revision is None and not os.path.exists(place):
                return f"generators.{name}.{key}: there is no {place}"
    return None


def unused_loras(study: Study) -> Iterator[str]:
    """LoRAs of the section `loras` that nothing loads."""
    for name in [name for name in study.loras if name not in study.loaded_loras]:
        yield f"loras.{name}: no variant's generator loads it, so it is not trained"


def unused_words(study: Study) -> Iterator[str]:
    """Words of textual inversions that stand in no prompt of a variant.

    Of prompts with captions, what they say besides their template is not known yet.
    """
    adapted = dict(_adapted(study))
    for name in study.generated:
        variant = study.variants[name]
        spec = adapted.get(variant.generator or "")
        if spec is None:
            continue
        captioned = study.captioned(name)
        texts = [spec.negative_prompt or "", captioned.template if captioned else ""]
        for class_id in study.class_ids if spec.textual_inversions else ():
            texts += study.prompts_of(name, class_id)
        for inversion in spec.textual_inversions:
            if not any(inversion.token in text for text in texts):
                yield (
                    f"variants.{name}: no prompt has the word {inversion.token}, and so the "
                    f"textual inversion of generators.{variant.generator} has no effect"
                )


def _adapted(study: Study) -> Iterator[tuple[str, AdaptedGenerator]]:
    for name, spec in study.generators.items():
        if isinstance(spec, AdaptedGenerator):
            yield name, spec
