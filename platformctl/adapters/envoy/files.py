"""The files that Envoy reads, each replaced as a whole: Envoy never sees half of one."""

import contextlib
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from platformctl.adapters.envoy.clusters import Json
from platformctl.domain.errors import Refused


class ConfigFiles:
    """Envoy's files in one folder; clusters, endpoints and routes in a subfolder each: each is watched.

    They are derived from the target's state: one that is missing or broken is written anew.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.bootstrap = folder / "bootstrap.json"
        self.clusters = folder / "clusters" / "clusters.json"
        self.routes = folder / "routes" / "routes.json"

    def endpoints(self, revision: str) -> Path:
        """The file of one cluster's endpoints: Envoy takes no more than one cluster's from a file."""
        return self._folder / "endpoints" / f"{revision}.json"

    def write_endpoints(self, revision: str, document: Json) -> None:
        """Write the endpoints of one cluster, if they are not written so already.

        Raises:
            Refused: The disk will not take them.
        """
        path = self.endpoints(revision)
        if _read(path) != document:
            replace(path, document)

    def keep_endpoints(self, revisions: Collection[str]) -> None:
        """Remove the endpoints of all other revisions."""
        kept = {self.endpoints(revision) for revision in revisions}
        for file in self._folder.glob("endpoints/[!.]*.json"):
            if file not in kept:
                file.unlink(missing_ok=True)

    def rendered_clusters(self) -> Mapping[str, Json]:
        """The clusters in the file, by name; none if there is no file that can be read."""
        try:
            return {cluster["name"]: cluster for cluster in _read(self.clusters)["resources"]}
        except (KeyError, TypeError):
            return {}

    def remove_abandoned(self) -> None:
        """Remove what a writer that was killed has left."""
        for abandoned in self._folder.glob("**/.*.json.*"):
            abandoned.unlink(missing_ok=True)


def _read(path: Path) -> Any:  # any JSON
    """What a file holds; nothing if it is missing or broken."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def replace(path: Path, document: Json) -> None:
    """Write `document` to `path` by renaming a complete file that is on the disk.

    Raises:
        Refused: The disk will not take it; the old file is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_synced(temporary, json.dumps(document, indent=1).encode())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise Refused(
            f"the router's configuration could not be written to {path}: {error.strerror or error}",
            hint="free some space or look at the folder's permissions; the router goes on as it was",
        ) from error


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
