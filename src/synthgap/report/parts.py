"""The parts of the page that open at a click, of a study those that it has."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from synthgap.described import frame
from synthgap.report.facts import Facts
from synthgap.report.inputs import OF_GROUPS, OF_SWEEPS, Inputs
from synthgap.report.leak_pictures import Pair
from synthgap.report.page import Section
from synthgap.report.sections.agreement import agreement_section
from synthgap.report.sections.diagnosis import diagnosis_section
from synthgap.report.sections.embedding_classifiers import embedding_classifiers_section
from synthgap.report.sections.encoders import encoders_section
from synthgap.report.sections.flags import flags_section
from synthgap.report.sections.gains import gains_section
from synthgap.report.sections.groups import groups_section
from synthgap.report.sections.guidance import guidance_section
from synthgap.report.sections.leaks import leaks_section
from synthgap.report.sections.measures import measures_section
from synthgap.report.sections.mixtures import mixtures_section
from synthgap.report.sections.predictors import predictors_section
from synthgap.report.sections.proposals import proposals_section
from synthgap.report.sections.quarantine import quarantine_section
from synthgap.report.sections.quoted import quoted_section


def parts(
    tables: Mapping[str, pd.DataFrame],
    facts: Facts,
    inputs: Inputs,
    columns: Mapping[str, Mapping[str, str]],
    twins: Sequence[Pair],
) -> Iterator[Section]:
    """Write what opens at a click.

    Args:
        tables: the summaries, by name.
        facts: the study.
        inputs: what it has made.
        columns: of `summary/variants` what each says of itself.
        twins: near-duplicates whose pictures are in the report.
    """
    if not tables["proposals"].empty:
        yield Section(
            "proposals",
            "What to try next",
            "for each class with a defect a change, and the command that tries just that",
            proposals_section(tables["proposals"]),
        )
    if facts.baseline is not None:
        yield Section(
            "gains",
            "What helps",
            "what other sets gain, and what they cost",
            gains_section(facts, tables["gains"], tables["class_gains"], tables.get("choices")),
        )
    if facts.sweeps:
        yield Section(
            "guidance",
            "Guidance",
            "which guidance scale is best, and which ones no other beats",
            guidance_section(facts, *(tables[name] for name in OF_SWEEPS)),
        )
    if facts.mixes:
        yield Section(
            "mixtures",
            "Mixtures",
            "what synthetic images add to natural ones, and how many of these one is worth",
            mixtures_section(tables["mixtures"]),
        )
    if facts.predicts:
        yield Section(
            "predictors",
            "Which number tells?",
            "how each measure orders the variants, beside what training on them is worth",
            predictors_section(facts, tables["predictors"]),
        )
    if facts.ordered:
        yield Section(
            "agreement",
            "Do measures agree?",
            "how alike two measures order the variants",
            agreement_section(facts, tables["agreement"]),
        )
    if facts.grouped:
        groups, differences, causes = (tables[name] for name in OF_GROUPS)
        # Groups are those of the first replicate, and so is what stands beside them.
        variants = frame(inputs.summary / "variants.parquet")
        yield Section(
            "groups",
            "By group",
            "groups of classes that the study names, each beside the classes outside of it",
            groups_section(facts, groups, differences, causes, variants),
        )
    yield Section(
        "all-measures",
        "All measures",
        "every measure of every source, with its interval and what it means",
        measures_section(tables["variants"], columns),
    )
    yield Section(
        "diagnosis",
        "Diagnosis",
        "of each class with a defect the numbers behind it, in every encoder",
        diagnosis_section(tables["diagnosis"], tables["causes"]),
    )
    yield Section(
        "embedding-classifiers",
        "Classifiers on embeddings",
        "trained on a source's embeddings, tested on natural ones",
        embedding_classifiers_section(tables["embedding_classifiers"]),
    )
    if inputs.encoders is not None:
        yield Section(
            "encoders",
            "Encoders side by side",
            "which of them tell prompts from images, and whether they order variants alike",
            encoders_section(frame(inputs.encoders)),
        )
    yield Section(
        "flags",
        "Flagged images and copies",
        "images that are no pictures, and images that equal others",
        flags_section(tables["flags"], tables["copies"]),
    )
    if twins:
        yield Section(
            "leaks",
            "Leaks",
            "images that copy natural-train, beside as many as chance gives",
            leaks_section(
                tables["leaks"], twins, {each.class_id: each.name for each in facts.classes}
            ),
        )
    yield Section(
        "quarantine",
        "Images put aside",
        "files that could not be used",
        quarantine_section(tables["quarantine"], inputs.read_sources),
    )
    own = (tables[name] for name in ("variants", "quoted"))
    yield Section(
        "quoted",
        "Quoted, our reading, ours",
        "what the paper says beside what this study found",
        quoted_section(*(table[table["encoder"] == facts.encoder] for table in own)),
    )
