"""Which version of a model is meant, before a registry has been asked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exact:
    """A version by its number."""

    version: int


@dataclass(frozen=True)
class Alias:
    """Whatever version an alias points to now."""

    alias: str


@dataclass(frozen=True)
class Newest:
    """The newest version that the registry calls READY and whose files are there."""


@dataclass(frozen=True)
class Folder:
    """The files in a folder, instead of a registry's.

    Args:
        path: Of the folder.
        any_files: Whatever lies in it: a predictor of one's own knows what it looks for.
    """

    path: str
    any_files: bool = False


VersionRef = Exact | Alias | Newest | Folder
