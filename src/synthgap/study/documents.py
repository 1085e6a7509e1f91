"""The JSON schema of study files and the list of their keys, generated from the model.

`python -m synthgap.study.documents` (`make schema`) writes both; a test fails when they have
drifted from the model.
"""

import json
from pathlib import Path
from typing import Any

from synthgap.files import replacing
from synthgap.study.model import Study

CONFIG = Path(__file__).resolve().parents[3] / "config"
SCHEMA_FILE = CONFIG / "study.schema.json"
KEYS_FILE = CONFIG / "README.md"

INTRODUCTION = """\
# Study files

A study file says everything about one study and is never merged with another:
`snakemake --configfile my-study.yaml` reads `my-study.yaml` alone. Single values can be given on
the command line, `snakemake --config images_per_class=50`. A mistake is reported in one line that
names the file, the key and the remedy, before any job runs; `synthgap check my-study.yaml` checks a
file without running anything, and `synthgap init photos made` writes one for folders of images.

- `miniature.yaml` is the default: handwritten digits, no GPU, no download.
- `config.yaml` is a link to it, under the name that snakedeploy looks for: a deployed workflow
  reads `config/config.yaml`, or what `--configfile` names in its place.
- `guidance-sweep.yaml` is a study of it: one prompt at nine guidance scales. So are those
  below, down to `mixtures.yaml`; what came out of them stands in `docs/studies`, if they were run.
- `close-the-gap.yaml` tries all that may help: filters, other ways to guide, natural images to
  begin with, a LoRA, captions, and the best of these for each class.
- `captions.yaml` takes prompts from captions of natural images, beside a list of contexts.
- `clip-objectives.yaml` asks which changes to CLIP's training remove the separability of prompts
  and images.
- `embedding-classifiers.yaml` asks which classifiers on embeddings use the whole distribution, in
  the spaces of two encoders.
- `replicates.yaml` is the default five times, trained anew each time.
- `guidance-kinds.yaml` guides in six ways at two scales: at some noise levels alone, rescaled, with
  annealed conditions, with perturbed attention.
- `adapted.yaml` begins with natural images at three strengths and trains a LoRA on them, beside
  generation from noise.
- `generators.yaml` compares eight generators of the miniature, and asks which measure orders their
  images as training on them does.
- `mixtures.yaml` trains on natural images, synthetic ones, mixtures of both in many proportions,
  and one after the other.
- `imagenet100-sd15.yaml` is the first real step: a hundred classes of ImageNet, Stable Diffusion
  v1.5.
- `imagenet-sd15.yaml` is the paper's own study: all thousand classes, 1,300 images each.
- `imagenet-1k.csv` and `imagenet-100.csv` are their classes (`python -m synthgap.study.imagenet`).
- `study.schema.json` is the JSON schema, for editors that complete and check YAML. Put
  `# yaml-language-server: $schema=study.schema.json` on the first line of a study file.

The pages below are generated from the model (`make schema`), as the schema is.
"""


def schema() -> dict[str, Any]:
    """The JSON schema of a study file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Study.model_json_schema(),
        "title": "synthgap study",
    }


def keys() -> str:
    """The Markdown page that lists every key of every section."""
    whole = schema()
    sections = whole["$defs"]
    parts = [INTRODUCTION, "## The whole file\n\n" + _table(whole, sections)]
    for name, section in sections.items():
        text = section.get("description", "")
        parts.append(f"## {name}\n\n{text}\n\n{_table(section, sections)}")
    return "\n".join(parts)


def _table(section: dict[str, Any], sections: dict[str, Any]) -> str:
    required = section.get("required", [])
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, field in section["properties"].items():
        default = "required" if key in required else f"`{json.dumps(field.get('default'))}`"
        # A field that says no more than its section does leaves it to the section.
        own = sections.get(field.get("$ref", "").rsplit("/", 1)[-1], {})
        text = " ".join(field.get("description", own.get("description", "")).split())
        lines.append(f"| `{key}` | {_kind(field)} | {default} | {text} |")
    return "\n".join(lines) + "\n"


def _kind(field: dict[str, Any]) -> str:
    """Say in words what a value may be."""
    if "$ref" in field:
        return _link(field["$ref"])
    for choice in ("anyOf", "oneOf"):
        if choice in field:
            kinds = [_kind(option) for option in field[choice] if option.get("type") != "null"]
            return " or ".join(kinds)
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field["type"] == "array":
        return f"list of {_kind(field['items'])}"
    if field["type"] == "object":
        if field.get("additionalProperties") is True:
            return "mapping"
        (value,) = field.get("patternProperties", {"": field.get("additionalProperties")}).values()
        return f"mapping of names to {_kind(value)}"
    words = {
        "integer": "whole number",
        "number": "number",
        "string": "text",
        "boolean": "yes or no",
    }
    limits = {
        "minimum": "from {:,}",
        "exclusiveMinimum": "above {:,}",
        "maximum": "to {:,}",
        "exclusiveMaximum": "below {:,}",
        "multipleOf": "multiple of {}",
    }
    found = [
        text.format(int(field[limit]) if field[limit] == int(field[limit]) else field[limit])
        for limit, text in limits.items()
        if limit in field
    ]
    return " ".join([words[field["type"]], *found])


def _link(reference: str) -> str:
    name = reference.rsplit("/", 1)[-1]
    return f"[{name}](#{name.lower()})"


def main() -> None:
    """Write both files."""
    contents = {SCHEMA_FILE: json.dumps(schema(), indent=2) + "\n", KEYS_FILE: keys()}
    for path, content in contents.items():
        with replacing(path) as beside:
            beside.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
