"""What resolving needs of an MLflow registry, however it is reached. Free of pydantic and of I/O."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from platformctl.domain.errors import NotFound, Refused

READY = "READY"
LOGGED_MODEL_READY = "LOGGED_MODEL_READY"
LOGGED_MODEL_GONE = "deleted"


class Missing(NotFound):
    """The registry says RESOURCE_DOES_NOT_EXIST, or that there is no such alias."""


class CannotServe(Refused):
    """A version that is there, but not READY, or without its files."""


@dataclass(frozen=True)
class Registered:
    """A model version as the registry lists it.

    Args:
        model: The registered model's name.
        version: Its number as text (the SQL store says int, REST says str).
        status: READY, PENDING_REGISTRATION or FAILED_REGISTRATION.
        message: What the registry says about the status; often empty.
        source: Where it was registered from. Only the id in it is used, never the location.
    """

    model: str
    version: str
    status: str
    message: str = ""
    source: str = ""

    @property
    def model_id(self) -> str | None:
        """The id of the logged model that it was registered from (`models:/m-…`), if it was."""
        _, _, named = self.source.partition("models:/")
        return named if named.startswith("m-") and "/" not in named else None


@dataclass(frozen=True)
class Details:
    """What is known of one version once its artifacts have been looked at.

    Args:
        uri: Where the artifacts are; the registry's download URI.
        mlmodel: The bytes of its MLmodel file; None if there is none.
        logged: The status of its logged model, `deleted`, or None if it has no logged model.
    """

    uri: str
    mlmodel: bytes | None
    logged: str | None


class Source(Protocol):
    """An MLflow registry. Every method raises Unreachable if it does not answer."""

    def by_alias(self, model: str, alias: str) -> Registered:
        """Raise Missing if there is no such model or alias."""
        ...

    def by_version(self, model: str, version: str) -> Registered:
        """Raise Missing if there is no such model or version."""
        ...

    def newest_first(self, model: str) -> Iterator[Registered]:
        """Every version of a model, the highest number first; nothing if there is no such model."""
        ...

    def details(self, registered: Registered) -> Details:
        """Look at the artifacts of a version, and at its logged model."""
        ...

    def logged_status(self, model_id: str) -> str:
        """The status of a logged model, or `deleted`."""
        ...

    def aliases(self, model: str) -> Mapping[str, str]:
        """The aliases of a model and the versions that they point to; raise Missing without the model."""
        ...

    def move(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version; raise Missing if there is no such model or version."""
        ...

    def names(self) -> Sequence[str]:
        """The names of registered models (the first thousand)."""
        ...
