"""The natural set `folder`: image files in one folder a class."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from synthgap.errors import InputError
from synthgap.natural.image import NaturalImage
from synthgap.section import Section

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


class ImageFolder(Section):
    """Image files in `train/{class_id}/` and `val/{class_id}/`; nothing is copied."""

    kind: Literal["folder"]
    """Image files in class folders."""
    train: str
    """Folder whose sub-folders, named by class_id, hold the images of natural-train."""
    val: str
    """The same for natural-val."""

    def problem(self, class_ids: tuple[str, ...], n: int) -> str | None:
        """Say which folder is missing or holds fewer than n images, or None."""
        for part in (self.train, self.val):
            if not Path(part).is_dir():
                return f"no folder {part}"
            for class_id in class_ids:
                folder = Path(part) / class_id
                if not folder.is_dir():
                    return f"no folder {class_id} in {part}; each class_id needs one"
                images = len(_image_files(folder))
                if images < n:
                    return (
                        f"{folder} holds {images} images ({', '.join(sorted(SUFFIXES))}), but "
                        f"measures.n is {n}; equal n needs as many of every class"
                    )
        return None

    def folder(self, part: Literal["train", "val"], class_id: str) -> str | None:
        """The folder that a job depends on: that of the class."""
        return str(Path({"train": self.train, "val": self.val}[part]) / class_id)

    def images(self, part: Literal["train", "val"], class_id: str) -> Iterator[NaturalImage]:
        """Yield the image files of one class in the order of their names.

        Raises:
            InputError: a file cannot be opened as an image.
        """
        from PIL import Image

        folder = Path(self.folder(part, class_id) or "")
        for file in _image_files(folder):
            try:
                content = file.read_bytes()
                with Image.open(io.BytesIO(content)) as image:
                    image.verify()
            except (OSError, SyntaxError) as error:
                raise InputError(f"{file}: not a readable image; replace or remove it") from error
            yield NaturalImage(file.as_posix(), None, hashlib.sha256(content).hexdigest())


def _image_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
