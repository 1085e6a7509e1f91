"""The prompts of a class, for a terminal."""

from difflib import get_close_matches
from pathlib import Path

from synthgap.command_line.study_files import folder_of
from synthgap.errors import InputError
from synthgap.study.parsing import parse_model, read_yaml


def prompts_of(study_file: Path, class_id: str | None) -> str:
    """The prompts of each variant for a class.

    Args:
        study_file: neither its images nor its models need to be there.
        class_id: the class; None for the first.

    Raises:
        InputError: the file is no study, or has no such class.
    """
    from contextlib import chdir

    data = read_yaml(study_file)
    # Contexts and classes may stand in files beside it.
    with chdir(folder_of(study_file)):
        study = parse_model(data, study_file)
        class_id = class_id or study.class_ids[0]
        if class_id not in study.class_ids:
            near = get_close_matches(class_id, study.class_ids, 3)
            known = near or study.class_ids[:5]
            raise InputError(
                f"{study_file}: there is no class {class_id}; it has {', '.join(known)}"
            )
        lines = [f"{class_id}: {study.category(class_id).name}"]
        for variant, spec in study.variants.items():
            try:
                found = study.prompts_of(variant, class_id)
            except InputError as error:
                raise InputError(f"{study_file}: prompts.{spec.prompts}: {error}") from error
            recipe = study.captioned(variant)
            if recipe is not None:
                without = f": {recipe.template}, the caption one of a natural image each"
            else:
                without = ": images made elsewhere, no prompts"
            lines.append(f"\n{variant}" + ("" if found else without))
            lines += [f"  {prompt}" for prompt in found]
    return "\n".join(lines)
