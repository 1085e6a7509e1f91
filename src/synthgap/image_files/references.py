"""Where an encoded image lies, as text in the image tables and in the index of Parquet files.

| text | place |
|---|---|
| `FILE#offset=O&length=L` | a stretch of a file, see `byte_ranges` |
| `FILE#row=N&column=C` | a row of a Parquet file, see `parquet_rows` |
| `FILE#file` | a file whose name looks like one of these three |
| any other | a file |

Only this project writes the first two, from the Parquet files that it has looked into. What users
name, such as a cell of their CSV, is a file and goes through `of_file`.
"""

from synthgap.image_files import byte_ranges, parquet_rows

WHOLE = "#file"


def of_file(path: str) -> str:
    """Write the path of a file, so that it is never read as another kind of place.

    >>> of_file("a#b.png")
    'a#b.png'
    >>> of_file("a.png#offset=1&length=2")
    'a.png#offset=1&length=2#file'
    """
    looks_so = path.endswith(WHOLE) or byte_ranges.parse(path) or parquet_rows.parse(path)
    return f"{path}{WHOLE}" if looks_so else path


def file_of(place: str) -> str:
    """Read what `of_file` wrote."""
    return place.removesuffix(WHOLE)
