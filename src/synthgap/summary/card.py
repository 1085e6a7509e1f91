"""Cards: what an image set is, how it was made and how far it is from natural images, as Markdown.

`card` is the card of a variant's dataset folder, `study_card` that of a whole study. Both are made
of the tables of the summary and of what the study file says (`Made`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from synthgap.numbers import DECIMALS, NOTHING, counted, decimals_for, in_row
from synthgap.summary.causes import NAMES
from synthgap.summary.headline import HEADLINE, PLAIN, headline
from synthgap.summary.markdown import plain, quoted, table
from synthgap.summary.said_of_leaks import of_variant
from synthgap.summary.verdict import BASELINE, verdict

CITATION = """\
@article{marwood2023diversity,
  title   = {Diversity and Diffusion: Observations on Synthetic Image Distributions
             with Stable Diffusion},
  author  = {Marwood, David and Baluja, Shumeet and Alon, Yair},
  journal = {arXiv preprint arXiv:2311.00056},
  year    = {2023}
}"""
"""Of the paper whose method is followed."""

SIZES = {10**3: "n<1K", 10**4: "1K<n<10K", 10**5: "10K<n<100K", 10**6: "100K<n<1M"}
"""Size categories of Hugging Face, by the number of images below which they lie."""


class Made(NamedTuple):
    """How the images of a variant were made, as the study file says."""

    facts: Mapping[str, str]
    """Model, guidance scale and the like, each with its name."""
    prompts: Mapping[str, Sequence[str]]
    """Examples: of some classes, by name, their first prompts."""


def card(
    source: str,
    *,
    study: str,
    classes: int,
    variants: pd.DataFrame,
    differences: pd.DataFrame,
    causes: pd.DataFrame,
    leaks: pd.DataFrame,
    made: Made,
) -> str:
    """Write the card of a variant, with the front matter of a Hugging Face dataset.

    Args:
        source: the variant.
        study: name of the study.
        classes: of the study.
        variants: `summary/variants`.
        differences: `summary/differences`.
        causes: `summary/causes`.
        leaks: `summary/leaks`.
        made: how the variant was made.
    """
    own = variants[variants["source"] == source]
    images = int(own["images"].iloc[0])
    parts = [
        _front_matter(f"{source} ({study})", images),
        f"# {plain(source)}",
        f"{counted(images, 'synthetic image')} of {counted(classes, 'class', 'classes')}, the "
        f"variant {quoted(source)} of the study {quoted(study)}, measured with synthgap against "
        "the natural images that they stand for.",
        "## How far they are from natural images",
    ]
    for encoder in own["encoder"]:
        said = verdict(variants, differences, causes, encoder)
        parts += [
            *(f"**{plain(sentence)}**" for sentence in said if sentence.startswith(f"{source}: ")),
            _gaps(source, variants, differences, encoder),
            _measured(encoder, variants),
            _defects([source], causes, encoder),
        ]
    parts += [
        "## Copies of natural images",
        of_variant(leaks, source),
        "## How they were made",
        _how(made),
        "## Limits of these claims",
        _limits(replicated="replicates" in causes),
        "No licence is stated here: those of the model, and of the images and prompts that went "
        "into it, are for whoever publishes the set to settle.",
        *_cited(),
    ]
    return _joined(parts)


def study_card(
    *,
    study: str,
    description: str,
    classes: int,
    variants: pd.DataFrame,
    differences: pd.DataFrame,
    causes: pd.DataFrame,
    leaks: pd.DataFrame | None = None,
    made: Mapping[str, Made],
) -> str:
    """Write the card of a study: the verdict, every source in one table, and how each was made.

    Args:
        study: its name.
        description: what it is for; may be empty.
        classes: of the study.
        variants: `summary/variants`.
        differences: `summary/differences`.
        causes: `summary/causes`.
        leaks: `summary/leaks`, if it is there.
        made: of each variant how it was made, in the order of the study.
    """
    parts = [
        f"# {plain(study)}",
        *([plain(description)] if description.strip() else []),
        f"{counted(len(made), 'set')} of synthetic images of "
        f"{counted(classes, 'class', 'classes')}, measured with synthgap against the natural "
        "images that they stand for.",
        "## How far they are from natural images",
    ]
    for encoder, rows in variants.groupby("encoder", sort=False):
        said = verdict(variants, differences, causes, str(encoder), leaks)
        cells = headline(rows)
        parts += [
            "\n".join(f"- {plain(sentence)}" for sentence in said),
            table(list(cells), zip(*(map(str, column) for column in cells.values()), strict=True)),
            _measured(str(encoder), variants),
            _defects(list(made), causes, str(encoder)),
        ]
    parts.append("## How they were made")
    for source, how in made.items():
        parts += [f"### {plain(source)}", _how(how)]
    parts += ["## Limits of these claims", _limits(replicated="replicates" in causes), *_cited()]
    return _joined(parts)


def _front_matter(name: str, images: int) -> str:
    size = next((text for most, text in SIZES.items() if images < most), "1M<n<10M")
    return "\n".join(
        [
            "---",
            # JSON's strings are YAML's.
            f"pretty_name: {json.dumps(name)}",
            "task_categories:",
            "- image-classification",
            "tags:",
            "- synthetic",
            "size_categories:",
            f"- {size}",
            "configs:",
            "- config_name: default",
            "  data_files:",
            "  - split: train",
            "    path: data/train-*.parquet",
            "---",
        ]
    )


def _gaps(source: str, variants: pd.DataFrame, differences: pd.DataFrame, encoder: str) -> str:
    """Each measure of the headline of a variant and of natural images, and how far they differ."""
    rows = variants[variants["encoder"] == encoder].set_index("source").to_dict("index")
    classifier = rows[source].get("classifier")
    apart = differences[
        (differences["source"] == BASELINE)
        & (differences["other"] == source)
        & (
            (differences["encoder"] == encoder)
            | (differences["encoder"].isna() & (differences["classifier"] == classifier))
        )
    ].set_index("measure")
    gaps = apart.to_dict("index")
    own, natural = rows[source], rows.get(BASELINE, {})
    shown = []
    for measure, title in HEADLINE.items():
        if measure in PLAIN or pd.isna(own.get(measure)):
            continue
        decimals = max(DECIMALS, decimals_for([own[measure]]))
        gap = in_row(gaps.get(measure, {}), "difference", decimals, signed=True)
        cells = (in_row(own, measure, decimals), in_row(natural, measure, decimals), gap)
        shown.append([title, *map(str, cells)])
    return table(["measure", "these images", "natural images", "difference"], shown)


def _measured(encoder: str, variants: pd.DataFrame) -> str:
    n = variants[variants["encoder"] == encoder]["n"].min()
    return (
        f"In the space of the encoder {quoted(encoder)}, {counted(int(n), 'image')} a class "
        "measured of each source, [95 % interval]; differences are paired. Centroid distance: how "
        "varied the images of a class are. Centroid shift: how far its mean lies from natural "
        "images'; that of natural images is what two halves of them show. Accuracies: share of "
        "held-out natural images that are put right with these images as the only examples."
    )


def _defects(sources: Sequence[str], causes: pd.DataFrame, encoder: str) -> str:
    """In how many classes each variant has each defect."""
    found = {
        (row["source"], row["cause"]): row
        for row in causes[causes["encoder"] == encoder].to_dict("records")
    }

    def cell(source: str, cause: str) -> str:
        row = found.get((source, cause))
        return f"{row['suffer']} of {row['classes']}" if row and row["classes"] else NOTHING

    return table(
        ["classes with the defect", *NAMES.values()],
        ((source, *(cell(source, cause) for cause in NAMES)) for source in sources),
    )


def _how(made: Made) -> str:
    facts = [f"- {name}: {quoted(text)}" for name, text in made.facts.items()]
    examples = [
        f"- prompt of {quoted(name)}: {quoted(prompt)}"
        for name, prompts in made.prompts.items()
        for prompt in prompts
    ]
    return "\n".join([*facts, *examples]) or "The study does not say."


def _limits(*, replicated: bool) -> str:
    return "\n".join(
        f"- {text}"
        for text in (
            "They hold for these classes, these natural images and the encoder named; another "
            "encoder may see other gaps.",
            "Intervals are of 95 % and come from resampling images"
            f"{' and from the spread between replicates' if replicated else ''}; the classes are "
            "taken as given.",
            "Natural images are the reference, not an upper bound.",
            "A class has a defect at a false-discovery rate of 5 % over the classes; where none "
            "was found, there may be one that is too small for so few images.",
            "Nothing was looked into but what is named here: neither who or what is shown, nor "
            "whether images resemble those that the model learned from.",
        )
    )


def _cited() -> list[str]:
    return [
        "## Citation",
        "The method is that of Marwood, Baluja and Alon, [arXiv:2311.00056]"
        "(https://arxiv.org/abs/2311.00056):",
        f"```bibtex\n{CITATION}\n```",
    ]


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"
