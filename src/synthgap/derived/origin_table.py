"""Where the images of a derived variant are from: what filters and choices write, takers read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from synthgap.described import Columns
from synthgap.tables import read

COLUMNS: Columns = {
    "class_id": (pa.string(), "the class"),
    "source": (pa.string(), "variant that the image is taken from"),
    "index": (pa.int32(), "of the image, there and here"),
    "key": (pa.string(), "likewise"),
    "kept": (pa.bool_(), "the derived variant has the image"),
    "place": (pa.int32(), "number in the order of what is kept, the best first; empty for others"),
    "score": (
        pa.float64(),
        "what the order goes by: the CLIP score (adherence), or the distance to the natural-train "
        "mean (nearest-centroid), to the nearest image that was kept before (diverse; of what is "
        "not kept, to the nearest that is), to the nearest earlier one that is no near-duplicate "
        "(both-sides); empty where it goes by nothing",
    ),
    "against": (pa.string(), "what speaks against the image, for both-sides; kept to fill up"),
}
"""Of each column its type and what it means."""


def origin_of(path: str | Path, class_id: str) -> pa.Table:
    """The kept images of a class: `source`, `index` and `key`, in the order of their rows there."""
    table = read(path, ["class_id", "source", "index", "key", "kept"])
    mine = pc.and_(pc.equal(table["class_id"], class_id), table["kept"])
    return table.filter(mine).select(["source", "index", "key"])
