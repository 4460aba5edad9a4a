"""MLflow without a server: sqlite, postgresql, mysql, …, through the mlflow package.

Importing it takes seconds, so it happens inside the methods, and a person is told what is faster.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from platformctl.adapters.registry import files, mlmodel, outside, resolving
from platformctl.adapters.registry.source import LOGGED_MODEL_GONE, Details, Missing, Registered
from platformctl.domain import extras
from platformctl.domain.errors import NotFound, SpecError, Unreachable
from platformctl.domain.revision import ModelVersion
from platformctl.domain.signatures import SignatureText
from platformctl.domain.version_ref import VersionRef

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion as MlflowVersion

_NO_SUCH = "RESOURCE_DOES_NOT_EXIST"
_INVALID = "INVALID_PARAMETER_VALUE"
_PAGE = 100
_NAMES = 1000
_MLMODEL = "MLmodel"


class StoreRegistry:
    """A Registry: a store that MLflow opens itself.

    Args:
        uri: As MLFLOW_TRACKING_URI: `sqlite:///mlflow.db`, or whatever else mlflow takes.
        warn: Told once, with a text and a hint, that this is the slow way.
    """

    def __init__(self, uri: str, warn: Callable[[str, str], None]) -> None:
        self._uri = uri
        self._warn = warn

    def resolve(self, model: str, ref: VersionRef) -> ModelVersion:
        """Pin a version."""
        return mlmodel.version_of(resolving.resolve(self._source, model, ref))

    def read(self, version: ModelVersion, path: str) -> bytes:
        """Read one file of a version."""
        content = self._source.file(version.uri, str(files.inside(path)))
        if content is None:
            raise NotFound(
                f"{version.label} has no file {path!r}", hint="the MLmodel file names those of the model"
            )
        return content

    def signature(self, version: ModelVersion) -> SignatureText | None:
        """What its MLmodel says that it takes and gives."""
        return mlmodel.signature_of(version, self.read)

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Copy all files.

        Raises:
            Refused: The files are gone or out of reach from here, or the disk is full.
        """
        outside.fetch(version, folder, self._uri, os.environ)

    def move_alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version, and read it back.

        Raises:
            SpecError: The registry does not take that as an alias.
        """
        resolving.move_alias(self._source, model, alias, version)

    @cached_property
    def _source(self) -> "_StoreSource":
        _must_be_there(self._uri)
        self._warn(*_slow(self._uri))
        return _StoreSource(self._uri)


def _slow(uri: str) -> tuple[str, str]:
    """Why this is slow, and what is not."""
    if uri.startswith(("http://", "https://")):
        why = "wants a way of signing in that only mlflow has"
        hint = "with a user and password, or a token, it is asked directly"
    else:
        why, hint = "has no server", "`platformctl up` serves it by REST"
    return f"the registry {_plain(uri)} {why}: each command loads mlflow, which takes seconds", hint


class _StoreSource:
    """What resolving needs, by MlflowClient."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    @cached_property
    def _client(self) -> "MlflowClient":
        try:
            with without_deprecations():
                from mlflow import MlflowClient  # takes seconds
        except ImportError as error:
            raise Unreachable(
                f"the registry {_plain(self._uri)} needs the mlflow package, which is not installed",
                hint=f"{extras.install('local')}; or name a server by http(s)",
            ) from error
        with explained(self._uri):
            return MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)

    def by_alias(self, model: str, alias: str) -> Registered:
        try:
            with explained(self._uri):
                return _registered(self._client.get_model_version_by_alias(model, alias))
        except SpecError as error:
            if alias in self.aliases(model):
                raise
            raise Missing(error.message) from error

    def by_version(self, model: str, version: str) -> Registered:
        with explained(self._uri):
            return _registered(self._client.get_model_version(model, version))

    def newest_first(self, model: str) -> Iterator[Registered]:
        token: str | None = None
        while True:
            with explained(self._uri):
                page = self._client.search_model_versions(
                    f'name = "{model}"' if "'" in model else f"name = '{model}'",
                    max_results=_PAGE,
                    order_by=["version_number DESC"],
                    page_token=token,
                )
            yield from map(_registered, page)
            token = page.token
            if not token:
                return

    def details(self, registered: Registered) -> Details:
        with explained(self._uri):
            uri = self._client.get_model_version_download_uri(registered.model, registered.version)
        logged = self.logged_status(registered.model_id) if registered.model_id else None
        return Details(uri=uri, mlmodel=self.file(uri, _MLMODEL), logged=logged)

    def logged_status(self, model_id: str) -> str:
        try:
            with explained(self._uri):
                model = self._client.get_logged_model(model_id)
        except Missing:
            return LOGGED_MODEL_GONE
        return f"LOGGED_MODEL_{model.status}"

    def aliases(self, model: str) -> Mapping[str, str]:
        with explained(self._uri):
            found = self._client.get_registered_model(model)
        return {alias: str(version) for alias, version in found.aliases.items()}

    def names(self) -> Sequence[str]:
        with explained(self._uri):
            return [found.name for found in self._client.search_registered_models(max_results=_NAMES)]

    def move(self, model: str, alias: str, version: str) -> None:
        with explained(self._uri):
            self._client.set_registered_model_alias(model, alias, version)

    def file(self, uri: str, path: str) -> bytes | None:
        local = outside.local_path(uri)
        if local is None:
            return outside.read(uri, path, self._uri, os.environ)
        try:
            return files.read(local, path)
        except NotFound:
            return None


def _registered(version: "MlflowVersion") -> Registered:
    """The store says int where REST says str."""
    return Registered(
        model=version.name,
        version=str(version.version),
        status=version.status,
        message=version.status_message or "",
        source=version.source or "",
    )


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """Turn what mlflow and the database raise into errors of ours.

    Raises:
        SpecError: It does not take an argument.
        Missing: There is no such thing.
        Unreachable: The registry cannot be used.
    """
    with without_deprecations():
        from mlflow.exceptions import MlflowException  # takes seconds
        from sqlalchemy.exc import SQLAlchemyError  # comes with mlflow

    try:
        with without_deprecations():
            yield
    except MlflowException as error:
        if error.error_code == _NO_SUCH:
            raise Missing(error.message) from error
        if error.error_code == _INVALID:
            raise SpecError(error.message) from error
        raise _broken(uri, error.message) from error
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise _broken(uri, str(error)) from error


@contextmanager
def without_deprecations() -> Iterator[None]:
    """Keep to themselves what mlflow and SQLAlchemy tell each other's developers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _broken(uri: str, said: str) -> Unreachable:
    first = said.strip().splitlines()[0] if said.strip() else "no reason given"
    return Unreachable(
        f"the registry {_plain(uri)} cannot be used: {first}",
        hint="an old schema: `mlflow db upgrade URI`; a damaged file: restore it; no driver: install it",
    )


def _must_be_there(uri: str) -> None:
    """MLflow would make an empty database of a file that is not there."""
    parts = urlsplit(uri)
    if parts.scheme.partition("+")[0] != "sqlite":
        return
    file = Path(parts.path.removeprefix("/"))
    if not file.is_file():
        raise Unreachable(
            f"there is no registry: {file} does not exist",
            hint="correct MLFLOW_TRACKING_URI (an absolute path has four slashes: sqlite:////home/…)",
        )


def _plain(uri: str) -> str:
    """The URI without user and password."""
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
