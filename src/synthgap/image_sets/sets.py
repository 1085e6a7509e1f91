"""The kinds of image sets. A new one is one module and its name here."""

from typing import Annotated

from pydantic import Field

from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.digit_scans import DigitScans
from synthgap.image_sets.listed_files import ListedFiles
from synthgap.image_sets.parquet_files import ParquetFiles

ImageSet = Annotated[
    DigitScans | ClassFolders | ListedFiles | ParquetFiles, Field(discriminator="kind")
]
"""Where the images of one source lie."""
