"""Opening the pictures of an image table."""

import io
from collections.abc import Iterator

import pyarrow as pa
from PIL import Image

from synthgap.errors import InputError


def pictures(table: pa.Table) -> Iterator[Image.Image]:
    """Yield the pictures of an image table in RGB: of its bytes, or of the file that it names.

    Raises:
        InputError: a picture cannot be opened.
    """
    for cell in table["image"].to_pylist():
        content = cell["bytes"]
        try:
            with Image.open(cell["path"] if content is None else io.BytesIO(content)) as image:
                yield image.convert("RGB")
        except OSError as error:
            raise InputError(f"{cell['path']}: cannot be opened as an image ({error})") from error
