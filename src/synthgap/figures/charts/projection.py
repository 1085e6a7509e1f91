"""A map of the embeddings: natural images, synthetic images and prompts in two dimensions.

Where there are no prompts, the map shows images alone.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32
from matplotlib import colormaps
from matplotlib.figure import Figure

from synthgap import seeds
from synthgap.figures.charts.style import colours, save
from synthgap.tables import embeddings_in, read_embeddings, read_pieces

SHOWN_PER_CLASS = 50
"""Images of a class and source that are drawn, at most."""

SHOWN_PER_SOURCE = 5000
"""Images of a source that are drawn, at most, but one of each class."""


def principal_axes(
    points: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, "d"], Float[np.ndarray, "2 d"], Float[np.ndarray, "2"]]:
    """Mean, first two principal axes and the shares of variance that they explain.

    An axis has no sign; its first component is made positive.
    """
    mean = points.mean(axis=0)
    centred = points - mean
    # Of d × d numbers, where a decomposition of the points themselves would be as large as they.
    variances, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    first = axes[:, :-3:-1].T
    return mean, first * np.where(first[:, :1] < 0, -1, 1), variances[:-3:-1] / variances.sum()


def shown(table: str | Path, place: int, classes: int) -> Float32[np.ndarray, "n d"]:
    """Read the embeddings of one class and source that are drawn.

    They are the first of the class. Where all classes together would be too many, they are chosen
    among these at random, the same number of each class and the same indices in every source.

    Args:
        table: the class's embeddings.
        place: the class's place among the classes.
        classes: how many classes there are.
    """
    (piece,) = islice(read_pieces(table, SHOWN_PER_CLASS), 1)
    first = embeddings_in(piece)
    most = max(1, SHOWN_PER_SOURCE // classes)
    if most >= SHOWN_PER_CLASS:
        return first
    order = seeds.generator("projection", place).permutation(SHOWN_PER_CLASS)
    return first[np.sort(order[order < len(first)][:most])]


def gap_and_first_axis(
    images: Float[np.ndarray, "n d"], prompts: Float[np.ndarray, "p d"]
) -> Float[np.ndarray, "2 d"]:
    """Direction from the mean prompt to the mean image, and the images' first axis across it."""
    gap = images.mean(axis=0) - prompts.mean(axis=0)
    gap /= np.linalg.norm(gap) or 1
    across = images - np.outer(images @ gap, gap)
    _, axes, _ = principal_axes(across)
    return np.stack([gap, axes[0]])


def draw_projection(
    path: str | Path,
    images: Mapping[str, Sequence[str | Path]],
    prompts: Mapping[str, str | Path],
    classes: Sequence[str],
) -> None:
    """Draw two maps: by source, with prompts if there are any; images alone, by class.

    Args:
        path: where to, PNG.
        images: of each source its tables of embeddings, in the order of the classes.
        prompts: of each variant its table of prompts' embeddings; none for an encoder of images.
        classes: names of the classes in their order.
    """
    points = {
        source: [shown(table, place, len(classes)) for place, table in enumerate(tables)]
        for source, tables in images.items()
    }
    texts = {variant: read_embeddings(table) for variant, table in prompts.items()}
    all_images = np.concatenate([of_class for parts in points.values() for of_class in parts])
    figure = Figure(figsize=(12, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2)

    mean, principal, shares = principal_axes(all_images)
    principal_labels = (
        f"first principal axis ({shares[0]:.0%} of variance)",
        f"second principal axis ({shares[1]:.0%})",
    )
    directions, labels = principal, principal_labels
    if texts:
        directions = gap_and_first_axis(all_images, np.concatenate(list(texts.values())))
        labels = (
            "along the gap, from the mean prompt to the mean image",
            "first principal axis across the gap",
        )
    palette = colours(list(images))
    for source, parts in points.items():
        x, y = directions @ (np.concatenate(parts) - mean).T
        left.scatter(x, y, s=8, alpha=0.4, color=palette[source], label=source, linewidth=0)
    for variant, embedded in texts.items():
        x, y = directions @ (embedded - mean).T
        left.scatter(x, y, s=60, marker="*", color=palette[variant], edgecolor="black")
    if texts:
        left.scatter([], [], s=60, marker="*", color="white", edgecolor="black", label="prompts")
    left.set_title("Images and prompts" if texts else "Images by source")
    left.set_xlabel(labels[0])
    left.set_ylabel(labels[1])
    left.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4)

    shades = _class_colours(len(classes))
    for source, parts in points.items():
        natural = source.startswith("natural")
        x, y = principal @ (np.concatenate(parts) - mean).T
        right.scatter(
            x,
            y,
            s=10,
            alpha=0.6,
            marker="o" if natural else "x",
            color=np.repeat(shades, [len(of_class) for of_class in parts], axis=0),
            linewidth=0 if natural else 0.7,
        )
    for name, shade in zip(classes, shades, strict=True):
        if len(classes) <= 20:
            right.plot([], [], "o", color=shade, label=name)
    right.plot([], [], "o", color="#555555", label="natural")
    right.plot([], [], "x", color="#555555", label="synthetic")
    right.set_title("Images by class")
    right.set_xlabel(principal_labels[0])
    right.set_ylabel(principal_labels[1])
    right.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, path)


def _class_colours(count: int) -> Float[np.ndarray, "count 4"]:
    chosen = colormaps["tab10"] if count <= 10 else colormaps["nipy_spectral"]
    places = np.arange(count) if count <= 10 else np.linspace(0, 0.95, count)
    shades: Float[np.ndarray, "count 4"] = chosen(places)
    return shades
