"""A folder where one is asked for, else the registry, which is made only when it is needed."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from platformctl.domain.revision import ModelVersion
from platformctl.domain.signatures import SignatureText
from platformctl.domain.version_ref import Folder, VersionRef
from platformctl.ports import Registry


class FolderOrRegistry:
    """A Registry that sends each call to where the model is.

    Args:
        folders: For folders.
        connect: Makes the registry; not called for a deployment that only knows folders.
    """

    def __init__(self, folders: Registry, connect: Callable[[], Registry]) -> None:
        self._folders = folders
        self._connect = connect

    @cached_property
    def _registry(self) -> Registry:
        return self._connect()

    def resolve(self, model: str, ref: VersionRef) -> ModelVersion:
        """Pin a folder or a version."""
        return (self._folders if isinstance(ref, Folder) else self._registry).resolve(model, ref)

    def read(self, version: ModelVersion, path: str) -> bytes:
        """Read one file."""
        return self._of(version).read(version, path)

    def signature(self, version: ModelVersion) -> SignatureText | None:
        """What its MLmodel says that it takes and gives."""
        return self._of(version).signature(version)

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Copy all files."""
        self._of(version).download(version, folder)

    def move_alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version of the registry."""
        self._registry.move_alias(model, alias, version)

    def _of(self, version: ModelVersion) -> Registry:
        return self._folders if version.version is None else self._registry
