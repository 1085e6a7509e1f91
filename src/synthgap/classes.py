"""The classes of a study."""

from pydantic import Field

from synthgap.section import Section

PATH_SAFE = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""Names that become part of a path: letters, digits, dots, dashes and underscores."""


class Category(Section):
    """One class of the study."""

    class_id: str = Field(pattern=PATH_SAFE)
    """Identifies the class and names its files: letters, digits, `.`, `_`, `-`; unique."""
    name: str = Field(min_length=1)
    """What people call the class. Two classes may share a name."""
    definition: str = Field(default="")
    """What tells the class apart from others of the same name."""
    folder: str | None = Field(default=None, min_length=1, pattern=r"^[^/]+$")
    """What the class is called in image sets (the name of its folder, or its label in Parquet
    files), where that is not its class_id."""
