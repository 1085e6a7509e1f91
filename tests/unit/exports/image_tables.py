"""Image tables of a source, some of whose images lie in files, for tests of what is exported."""

import hashlib
from pathlib import Path

import pyarrow as pa
from encoding import encode, noise

from synthgap.tables import IMAGES, write


def write_image_tables(folder: Path, sizes: dict[str, int], *, files: bool = False) -> list[Path]:
    """Write a table a class of so many images; in files beside it, or in the table itself."""
    tables = []
    for number, (class_id, size) in enumerate(sizes.items()):
        rows = []
        for index in range(size):
            content = encode(noise(seed=100 * number + index), "JPEG" if files else "PNG")
            cell = {"bytes": content, "path": None}
            if files:
                path = folder / f"secret place/{class_id}/{index}.jpeg"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                cell = {"bytes": None, "path": str(path)}
            rows.append(
                {
                    "image": cell,
                    "class_id": class_id,
                    "index": index,
                    "prompt": None if files else f"a {class_id}",
                    "seed": None if files else 7 * index,
                    "key": f"{class_id}/{index}",
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )
        tables.append(folder / f"images/{class_id}.parquet")
        write(pa.Table.from_pylist(rows, schema=IMAGES), tables[-1], {})
    return tables
