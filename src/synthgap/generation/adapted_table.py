"""The image table of one class of a variant whose generator is adapted."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from synthgap.generation.adapted_pipeline import AdaptedGenerator
from synthgap.generation.image_table import Updated, update_images
from synthgap.generation.natural_choice import NaturalImages
from synthgap.models import Checkpoint
from synthgap.provenance import digest


def with_weights(
    checkpoint: Checkpoint, generator: AdaptedGenerator, fingerprints: Sequence[str | Path]
) -> Checkpoint:
    """Let the identity of a model cover what is loaded into it, in the order of its loading.

    Args:
        checkpoint: the model itself.
        generator: what loads the rest.
        fingerprints: files with the fingerprints of what lies on this machine, in the order in
            which `generator.further` names it; what is pinned on the hub has none.
    """
    files = iter(fingerprints)
    identities = [
        f"{place}@{revision}"
        if revision is not None
        else Path(next(files)).read_text(encoding="utf-8").strip()
        for place, revision in generator.further().values()
    ]
    if not identities:
        return checkpoint
    return checkpoint._replace(identity=digest([checkpoint.identity, *identities]))


def update_adapted_images(
    path: str | Path,
    *,
    natural: str | Path | None,
    choices: str | Path | None,
    class_id: str,
    prompts: Sequence[str],
    count: int,
    study_seed: int,
    generator: AdaptedGenerator,
    checkpoint: Checkpoint,
    guidance_scale: float,
    metadata: Mapping[str, str],
    threads: int,
) -> Updated:
    """Bring the table of one class up to date, as `update_images` does.

    Args:
        path: the table.
        natural: image table of natural-train of the class, for generators that need it.
        choices: which of its images goes with which, likewise.
        class_id: the class.
        prompts: the prompts of the class.
        count: how many images are wanted.
        study_seed: the study's seed.
        generator: how images are made.
        checkpoint: the model, with the identity of all that is loaded into it.
        guidance_scale: of classifier-free guidance.
        metadata: what made the table.
        threads: CPU threads to use.

    Raises:
        InputError: as `update_images`; or a natural image cannot be opened.
    """
    if natural is not None and choices is not None:
        generator = generator.with_natural(NaturalImages(natural, choices))
    return update_images(
        path,
        class_id=class_id,
        prompts=prompts,
        count=count,
        study_seed=study_seed,
        generator=generator,
        checkpoint=checkpoint,
        guidance_scale=guidance_scale,
        metadata=metadata,
        threads=threads,
    )
