"""The generators `folder` and `parquet`: images that were made elsewhere."""

from abc import ABC, abstractmethod
from typing import Literal, Self

from pydantic import Field, model_validator

from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.listed_files import ListedFiles
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.sets import ImageSet
from synthgap.places import Place
from synthgap.section import Section


class MadeElsewhere(Section, ABC):
    """Images that exist already: all of them are used, none is made."""

    max_unreadable: float = Field(default=0.01, ge=0, le=1)
    """Largest share of unreadable images in a class. What cannot be read is put aside and listed;
    beyond this share the run stops."""
    max_copies: float = Field(default=0.05, ge=0, le=1)
    """Largest share of images in a class that are copies, byte for byte: of an earlier image of the
    class, of one of another class, or of a natural image. They are counted; beyond this share the
    run stops."""

    @abstractmethod
    def image_set(self) -> ImageSet:
        """Where the images lie."""

    def opens(self) -> None:
        """The pretrained model that it opens: none."""


class FolderGenerator(MadeElsewhere):
    """Images made elsewhere, as files: in class folders, or listed in a table."""

    kind: Literal["folder"]
    """Image files, whatever made them."""
    images: Place | None = None
    """Folder that holds a folder of image files a class, named by class_id or by `folder` of the
    class; with a `table`, the folder from which it names files, its own if left out."""
    table: Place | None = None
    """CSV or Parquet file with the columns `class_id` and `file`, and `prompt` if it is known, in
    place of class folders."""

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.images is None and self.table is None:
            raise ValueError("name images (a folder of class folders) or a table of files")
        return self

    def image_set(self) -> ImageSet:
        """Where the images lie."""
        if self.table is not None:
            return ListedFiles(kind="table", table=self.table, folder=self.images)
        return ClassFolders(kind="folder", images=self.images or "")


class ParquetGenerator(MadeElsewhere):
    """Images made elsewhere, inside Parquet files, such as the image tables of an older run."""

    kind: Literal["parquet"]
    """Parquet files with images in them."""
    images: Place
    """The files, as a pattern such as old/images/disamb/*.parquet."""
    image: str = "image"
    """Column of the images: a struct of bytes and path."""
    label: str = "class_id"
    """Column of the classes: a class_id (or `folder` of a class) as text, or a number."""
    labels: Place | None = None
    """CSV file whose column class_id holds in its rows the classes of the numbers 0, 1, 2 ..."""

    def image_set(self) -> ImageSet:
        """Where the images lie. A column `prompt` is taken over."""
        return ParquetFiles(
            kind="parquet",
            files=self.images,
            image=self.image,
            label=self.label,
            labels=self.labels,
        )
