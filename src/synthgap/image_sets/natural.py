"""The section `natural` of a study file: where natural-train and natural-val come from."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.digit_scans import DigitScans
from synthgap.image_sets.digits import bounds
from synthgap.image_sets.found import Split
from synthgap.image_sets.listed_files import ListedFiles
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.sets import ImageSet
from synthgap.places import Place
from synthgap.section import Section

Part = Literal["train", "val"]


class DigitSet(Section):
    """scikit-learn's digits; class ids are digit-0 to digit-9."""

    kind: Literal["digits"]
    """scikit-learn's handwritten digits, 16×16 pixels."""
    train_per_class: int = Field(ge=2, le=100)
    """Images a class in natural-train."""
    val_per_class: int = Field(ge=1, le=60)
    """Images a class in natural-val. The scans that remain are the miniature's training data."""

    @property
    def max_unreadable(self) -> float:
        """Largest share of unreadable images: scans are never damaged."""
        return 0.0

    @property
    def max_copies(self) -> float:
        """Largest share of copies: scans are what they are."""
        return 1.0

    def part(self, part: Part) -> ImageSet:
        """The image set of natural-train or natural-val."""
        first, last = bounds(part, self.train_per_class, self.val_per_class)
        return DigitScans(kind="digits", first=first, last=last or 0)


class TwoParts(Section):
    """Natural images in two places, or in one that is split."""

    train: Place | None = None
    """Where the images of natural-train lie; goes with `val`."""
    val: Place | None = None
    """Where those of natural-val lie."""
    images: Place | None = None
    """Where all natural images lie, in place of `train` and `val`; goes with `val_per_class`."""
    val_per_class: int | None = Field(default=None, ge=1)
    """Images of each class that become natural-val: those whose hash of the name is smallest, so
    that images that are added move hardly any other. The rest is natural-train."""
    max_unreadable: float = Field(default=0.01, ge=0, le=1)
    """Largest share of unreadable images in a class and part. What cannot be read is put aside and
    listed; beyond this share the run stops."""
    max_copies: float = Field(default=0.05, ge=0, le=1)
    """Largest share of images in a class and part that are copies, byte for byte: of an earlier
    image of the class, of one of another class, or of one of the other part. They are counted;
    beyond this share the run stops."""

    @model_validator(mode="after")
    def _one_or_two(self) -> Self:
        two = (self.train, self.val)
        one = (self.images, self.val_per_class)
        if (None in two) == (None in one) or (any(two) and any(one)):
            raise ValueError("name train and val, or else images and val_per_class")
        return self

    def _place(self, part: Part) -> tuple[str, Split | None]:
        place = {"train": self.train, "val": self.val}[part]
        if place is not None:
            return place, None
        return self.images or "", Split(part=part, val_per_class=self.val_per_class or 0)


class NaturalFolders(TwoParts):
    """Image files in class folders, named by class_id or by `folder` of a class."""

    kind: Literal["folder"]
    """Folders that hold a folder of image files a class."""

    def part(self, part: Part) -> ImageSet:
        """The image set of natural-train or natural-val."""
        images, split = self._place(part)
        return ClassFolders(kind="folder", images=images, split=split)


class NaturalTables(TwoParts):
    """Image files, and CSV or Parquet tables with the columns `class_id` and `file`."""

    kind: Literal["table"]
    """CSV or Parquet tables that list image files."""
    folder: Place | None = None
    """Folder from which files are named; that of the table if left out."""

    def part(self, part: Part) -> ImageSet:
        """The image set of natural-train or natural-val."""
        table, split = self._place(part)
        return ListedFiles(kind="table", table=table, folder=self.folder, split=split)


class NaturalParquet(TwoParts):
    """Images inside Parquet files, as Hugging Face data sets have them."""

    kind: Literal["parquet"]
    """Parquet files with images in them, each place a pattern such as data/train-*.parquet."""
    image: str = "image"
    """Column of the images: a struct of bytes and path."""
    label: str = "label"
    """Column of the classes: a class_id (or `folder` of a class) as text, or a number."""
    labels: Place | None = None
    """CSV file whose column class_id holds in its rows the classes of the numbers 0, 1, 2 ...; what
    the files themselves say of their numbers if left out."""

    def part(self, part: Part) -> ImageSet:
        """The image set of natural-train or natural-val."""
        files, split = self._place(part)
        return ParquetFiles(
            kind="parquet",
            files=files,
            image=self.image,
            label=self.label,
            labels=self.labels,
            split=split,
        )


NaturalSet = Annotated[
    DigitSet | NaturalFolders | NaturalTables | NaturalParquet, Field(discriminator="kind")
]
"""Where the natural images come from."""
