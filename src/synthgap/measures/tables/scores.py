"""What each image adds to the measures of a source that are means over classes.

The tables of sources hold these means for all classes together. From the scores they can be had for
some of the classes, with the same intervals, and another choice of classes measures nothing anew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from synthgap import seeds
from synthgap.measures import isolation, nearest_centroid, nearest_neighbours, prompt_adherence
from synthgap.measures.intervals.estimates import (
    Estimate,
    Interval,
    Share,
    averaged,
    bonett_price,
    interval,
    share,
    student,
    wilson,
)
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.tables.embeddings import source_sample
from synthgap.tables import read, write

QUERY, IMAGE, NATURAL = "natural-val", "source", "natural-train"
"""Whose images have a score: those that are classified, the source's own, and natural-train's."""


NO_SPREAD = 1e-12
"""Replicates that differ by less are all the same; see `estimates.share`."""


class Score(NamedTuple):
    """The scores behind one measure."""

    of: str
    """QUERY, IMAGE or NATURAL."""
    labels: Int[np.ndarray, "n"]
    """Class number of each image."""
    values: Bool[np.ndarray, "n"] | Float[np.ndarray, "n"]
    """Of a share whether the image counts, of another mean its number."""


Scores = Mapping[str, Score]
"""By the columns of the table of a source."""


def scores(sample: SourceSample) -> dict[str, Score]:
    """Score each image for every measure that gives a `Share`, as its `of_source` does."""
    return dict([*_of_queries(sample), *_of_prompts(sample)])


def _of_queries(sample: SourceSample) -> Iterator[tuple[str, Score]]:
    asked = (sample.queries, sample.query_labels)
    found: dict[str, np.ndarray] = {
        "centroid_accuracy": nearest_centroid.hits(
            sample.images, sample.labels, *asked, sample.same
        )
    }
    counts = np.bincount(sample.labels)
    least = nearest_neighbours.least_images
    ks = [
        k
        for k in nearest_neighbours.NEIGHBOURS
        if counts.min() >= least(k, len(counts), sample.same)
    ]
    if ks:
        by_k = nearest_neighbours.hits(sample.images, sample.labels, *asked, ks, sample.same)
        found |= {nearest_neighbours.column(k): hit for k, hit in by_k.items()}
    if not (sample.same or sample.natural is None or sample.natural is sample.images):
        natural = nearest_centroid.hits(sample.natural, sample.natural_labels, *asked)
        found["centroid_accuracy_gap"] = natural.astype(float) - found["centroid_accuracy"]
        k = nearest_neighbours.HEADLINE
        if min(counts.min(), np.bincount(sample.natural_labels).min()) >= least(k, len(counts)):
            corners = isolation.corner_hits(
                sample.images, sample.labels, sample.natural, sample.natural_labels, *asked, k
            )
            found |= isolation.parts(corners)
            found |= {name: corners[corner] for name, corner in isolation.ACCURACIES.items()}
    for name, values in found.items():
        yield name, Score(QUERY, sample.query_labels, values)


def _of_prompts(sample: SourceSample) -> Iterator[tuple[str, Score]]:
    if sample.prompts is None:
        return
    prompts = sample.prompts.astype(np.float64)
    means = nearest_centroid.centroids(prompts, sample.prompt_labels, len(sample.class_ids))
    own = sample.own_prompts
    sets = [("", IMAGE, sample.images, sample.labels, None if own is None else prompts[own])]
    if sample.natural is not None:
        sets.append(("natural_", NATURAL, sample.natural, sample.natural_labels, None))
    for prefix, of, images, labels, texts in sets:
        cosines = np.sum(images * (means[labels] if texts is None else texts), axis=1)
        hit = prompt_adherence.hits(images, labels, prompts, sample.prompt_labels)
        yield f"{prefix}clip_score", Score(of, labels, cosines)
        yield f"{prefix}adherence", Score(of, labels, hit)


def write_scores(
    path: str | Path,
    *,
    class_ids: Sequence[str],
    images: Sequence[str | Path],
    queries: Sequence[str | Path],
    natural: Sequence[str | Path],
    prompts: str | Path | None,
    own_prompts: bool,
    n: int,
    metadata: Mapping[str, str],
) -> None:
    """Score the images of a source, of natural-val and of natural-train: a row an image.

    The arguments are those of `of_source.measure_source`. Columns: `of` (whose image), `class_id`,
    and of each measure its score, null where it scores images of another kind.

    Raises:
        InputError: as there.
    """
    sample = source_sample(
        class_ids, images, queries, n, 0, natural=natural, prompts=prompts, own_prompts=own_prompts
    )
    found = scores(sample)
    names = np.array(class_ids, dtype=object)
    parts = []
    for of in (QUERY, IMAGE, NATURAL):
        own = {name: score for name, score in found.items() if score.of == of}
        if own:
            labels = next(iter(own.values())).labels
            columns = {name: score.values for name, score in own.items()}
            parts.append(pa.table({"of": [of] * len(labels), "class_id": names[labels], **columns}))
    write(pa.concat_tables(parts, promote_options="default"), path, metadata)


def read_scores(path: str | Path, class_ids: Sequence[str]) -> dict[str, Score]:
    """Read back what `write_scores` wrote; class numbers are places in `class_ids`."""
    table = read(path)
    of = table["of"].to_numpy()
    place = {class_id: label for label, class_id in enumerate(class_ids)}
    labels = np.array([place[class_id] for class_id in table["class_id"].to_pylist()])
    found = {}
    for name in table.column_names[2:]:
        known = table[name].is_valid().to_numpy()
        (whose,) = set(of[known])
        values = table[name].drop_null().to_numpy()
        found[name] = Score(str(whose), labels[known], values)
    return found


class Mean(NamedTuple):
    """A measure of some classes."""

    estimate: Estimate
    ends: Interval


def of_classes(scores: Scores, class_ids: Sequence[str], draws: int) -> dict[str, list[Estimate]]:
    """Average the scores of each class, with the draws that `of_source` makes of it.

    Args:
        scores: of a source.
        class_ids: the classes of the study.
        draws: replicates for the intervals.
    """
    return {
        name: [
            _share(score, score.labels == label, class_id, draws).overall
            for label, class_id in enumerate(class_ids)
        ]
        for name, score in scores.items()
    }


def _share(score: Score, own: Bool[np.ndarray, "n"], class_id: str, draws: int) -> Share:
    values = score.values[own]
    labels = np.zeros(len(values), int)
    rngs = [seeds.generator("queries" if score.of == QUERY else "bootstrap", class_id)]
    if values.dtype == bool:
        return share(values[None], labels, rngs, draws)
    return averaged(values, labels, rngs, draws, _interval_of(score))


def _interval_of(score: Score) -> Callable[[Float[np.ndarray, "n"]], Interval]:
    # Differences of hits have an interval that holds where few queries differ.
    return bonett_price if score.of == QUERY else student


def means(
    scores: Scores, estimates: Mapping[str, Sequence[Estimate]], members: Int[np.ndarray, "m"]
) -> dict[str, Mean]:
    """Average over some classes, as `of_source` averages over all.

    Images of other classes still stand in the way: which class an image is taken for is decided
    among all. Draw b takes the same images of a class whichever the others are.

    Args:
        scores: of a source.
        estimates: of each class, as `of_classes` gives them.
        members: numbers of the classes to average over, ascending.
    """
    found = {}
    for name, score in scores.items():
        own = [estimates[name][member] for member in members]
        mean = Estimate(
            float(np.mean([each.value for each in own])),
            np.mean([each.replicates for each in own], axis=0),
        )
        found[name] = Mean(mean, _ends(score, mean, int(np.isin(score.labels, members).sum())))
    return found


def _ends(score: Score, mean: Estimate, n: int) -> Interval:
    """As of a share or another mean over n images of all classes."""
    counts = score.values.dtype == bool
    if np.ptp(mean.replicates) < NO_SPREAD:
        if counts:
            return wilson(mean.value * n, n)
        return _interval_of(score)(np.full(n, mean.value))
    low, high = interval(mean)
    return Interval(max(low, 0.0), min(high, 1.0)) if counts else Interval(low, high)
