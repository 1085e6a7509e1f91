"""Replicates of precision, recall, density and coverage, from subsamples without replacement.

Duplicates of a bootstrap would be neighbours at distance 0. Subsamples of a share f of the images
have none, and their deviations from their mean, times the root of f/(1 - f), have the variance
that the measure has in samples of full size if it is smooth (delete-d jackknife: J. Shao, C. F. J.
Wu, The Annals of Statistics 17, 1989). k stays 5 in the subsample: balls then hold a larger share
of it, but with k scaled as well (4 in a subsample of 4/5, 3 or 2 in a half) the intervals came out
much too wide in simulations, since a k-th distance varies as 1/k. docs/MEASURES.md has the figures.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from synthgap.measures.numerics.exact import distances
from synthgap.measures.numerics.neighbour_search import in_balls, nearest

SUBSAMPLE = 0.7
"""Share of the images in a subsample. Chosen by simulated coverage at n = 50 and 200 among 0.5 to
0.9: smaller ones left coverage's intervals too narrow, larger ones precision's too wide."""

LISTED = 40
"""Neighbours listed of each image. Fewer than 5 of 40 are kept once in 10^14 lists; the ball then
reaches to the last."""

DRAWS_AT_ONCE = 50


class _Balls(NamedTuple):
    """A set's lists of neighbours, and the members of another set that its balls may hold."""

    neighbours: Int[np.ndarray, "n l"]
    """Of each image of the set, nearest first."""
    centres: Int[np.ndarray, "p"]
    """Of pairs of an image of the set and a member, sorted by centre."""
    members: Int[np.ndarray, "p"]
    places: Int[np.ndarray, "p"]
    """The member is inside if the ball reaches at least to the neighbour of this place."""


def replicates(
    images: Float[np.ndarray, "m d"],
    natural: Float[np.ndarray, "n d"],
    k: int,
    draws: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, "4 draws"]:
    """Give deviations of precision, recall, density and coverage in samples of the full size.

    Args:
        images: m embeddings.
        natural: n embeddings; of both, a subsample must have more than k.
        k: balls reach to the k-th neighbour.
        draws: how many.
        rng: random numbers; natural images are drawn first, so that their subsamples are the same
            for every source.
    """
    natural_kept = _subsamples(len(natural), draws, rng)
    images_kept = _subsamples(len(images), draws, rng)
    of_natural, of_images = _lists(natural, images), _lists(images, natural)
    found = np.empty((4, draws))
    for start in range(0, draws, DRAWS_AT_ONCE):
        some = slice(start, start + DRAWS_AT_ONCE)
        found[0, some], found[2, some], found[3, some] = _measured(
            of_natural, natural_kept[some], images_kept[some], k
        )
        found[1, some], _, _ = _measured(of_images, images_kept[some], natural_kept[some], k)
    found -= found.mean(axis=1, keepdims=True)
    found *= np.sqrt(SUBSAMPLE / (1 - SUBSAMPLE))
    return found


def _subsamples(n: int, draws: int, rng: np.random.Generator) -> Bool[np.ndarray, "draws n"]:
    kept: Bool[np.ndarray, "draws n"] = rng.random((draws, n)).argsort(axis=1) < int(SUBSAMPLE * n)
    return kept


def _lists(points: Float[np.ndarray, "n d"], others: Float[np.ndarray, "m d"]) -> _Balls:
    """List neighbours among the points, and the others that are nearer than the last of them."""
    own = nearest(points, points, min(LISTED, len(points) - 1), leave_out_self=True)
    tiles = [tile.of_centres for tile in in_balls(points, others, own.distances[:, -1])]
    centres, members = (np.concatenate(parts) for parts in zip(*tiles, strict=True))
    order = np.lexsort((members, centres))
    centres, members = centres[order], members[order]
    apart = distances(points, others, centres, members)
    places = np.empty(len(centres), np.int64)
    for start in range(0, len(centres), 2**16):
        part = slice(start, start + 2**16)
        places[part] = np.sum(own.distances[centres[part]] <= apart[part, None], axis=1)
    # A copy of the centre is inside whatever the radius, also where that is 0.
    places[apart == 0] = 0
    return _Balls(own.indices, centres, members, places)


def _measured(
    balls: _Balls,
    kept: Bool[np.ndarray, "draws n"],
    members_kept: Bool[np.ndarray, "draws m"],
    k: int,
) -> tuple[Float[np.ndarray, "draws"], Float[np.ndarray, "draws"], Float[np.ndarray, "draws"]]:
    """Share of members in a ball, their mean number of balls over k, share of balls with any."""
    # Each ball reaches to the k-th of its neighbours that is kept.
    counts = np.cumsum(kept[:, balls.neighbours], axis=2, dtype=np.int16)
    reach = np.where(counts[:, :, -1] >= k, np.argmax(counts >= k, axis=2), counts.shape[2] - 1)
    reach[~kept] = -1
    possible = np.flatnonzero(balls.places <= reach.max(axis=0)[balls.centres])
    centres, members = balls.centres[possible], balls.members[possible]
    inside = (reach[:, centres] >= balls.places[possible]) & members_kept[:, members]
    n, m = kept.sum(axis=1), members_kept.sum(axis=1)
    by_member = np.argsort(members, kind="stable")
    return (
        _groups_with_any(inside[:, by_member], members[by_member]) / m,
        inside.sum(axis=1) / (k * m),
        _groups_with_any(inside, centres) / n,
    )


def _groups_with_any(
    inside: Bool[np.ndarray, "draws p"], groups: Int[np.ndarray, "p"]
) -> Int[np.ndarray, "draws"]:
    """How many groups of columns, given sorted, have a true one; in each row."""
    if not len(groups):
        return np.zeros(len(inside), np.int64)
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    counted: Int[np.ndarray, "draws"] = np.logical_or.reduceat(inside, starts, axis=1).sum(axis=1)
    return counted
