"""The port, over REST."""

from collections.abc import Mapping
from pathlib import Path

from platformctl.adapters.registry import files, mlmodel, outside, resolving
from platformctl.adapters.registry.rest import artifacts
from platformctl.adapters.registry.rest.server import server_of
from platformctl.adapters.registry.rest.source import RestSource
from platformctl.adapters.registry.rest.transport import Transport
from platformctl.domain.errors import NotFound
from platformctl.domain.revision import ModelVersion
from platformctl.domain.signatures import SignatureText
from platformctl.domain.version_ref import VersionRef


class RestRegistry:
    """A Registry: an MLflow server at an http(s) URI. Connects when it is first asked.

    Args:
        uri: As MLFLOW_TRACKING_URI; credentials and a path are allowed.
        environ: The environment, for MLflow's variables and the proxies'.

    Raises:
        SpecError: The URI or a variable cannot be meant.
    """

    def __init__(self, uri: str, environ: Mapping[str, str]) -> None:
        self._uri = uri
        self._environ = environ
        self._transport = Transport(server_of(uri, environ))

    def resolve(self, model: str, ref: VersionRef) -> ModelVersion:
        """Pin a version."""
        return mlmodel.version_of(resolving.resolve(RestSource(self._transport), model, ref))

    def read(self, version: ModelVersion, path: str) -> bytes:
        """Read one file of a version, through the server."""
        which = {"name": version.model, "version": str(version.version)}
        content = RestSource(self._transport).file(which, str(files.inside(path)))
        if content is None:
            raise NotFound(
                f"{version.label} has no file {path!r}", hint="the MLmodel file names those of the model"
            )
        return content

    def signature(self, version: ModelVersion) -> SignatureText | None:
        """What its MLmodel says that it takes and gives."""
        return mlmodel.signature_of(version, self.read)

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Copy all files: through the server, from this machine's disk, or by the mlflow package.

        Raises:
            Refused: The files are gone or out of reach from here, or the disk is full.
        """
        if artifacts.is_proxied(version.uri):
            artifacts.fetch(self._transport, version.uri, folder)
        else:
            outside.fetch(version, folder, self._uri, self._environ)

    def move_alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version, and read it back.

        Raises:
            SpecError: The registry does not take that as an alias.
        """
        resolving.move_alias(RestSource(self._transport), model, alias, version)
