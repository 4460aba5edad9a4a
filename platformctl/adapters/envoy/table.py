"""What the router is to do: which revisions are live, where they listen, who gets which share."""

import os
from dataclasses import dataclass
from pathlib import Path

from platformctl.domain.errors import SpecError
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.route import Route

SOCKET_PATH_LIMIT = 103
"""Bytes in the path of a unix socket: `sun_path` holds 104 on macOS and 108 on Linux, with its zero."""


@dataclass(frozen=True)
class Backend:
    """One live revision, as the router sees it.

    Args:
        sockets: The unix sockets of its replicas, which speak HTTP/1.1.
        ready: Where a replica that takes connections says whether it can answer; None: all that do, can.

    Raises:
        SpecError: A socket's path is longer than the operating system allows.
    """

    revision: RevisionId
    sockets: tuple[Path, ...]
    ready: str | None = None

    def __post_init__(self) -> None:
        for socket in self.sockets:
            check_socket_path(socket)


@dataclass(frozen=True)
class Deployment:
    """One deployment: its live revisions, with weight or without.

    Raises:
        ValueError: The route gives weight to a revision that is not live.
    """

    name: Name
    route: Route
    backends: tuple[Backend, ...]

    def __post_init__(self) -> None:
        absent = set(self.route.weights) - {backend.revision for backend in self.backends}
        if absent:
            raise ValueError(f"{self.name} routes to {sorted(absent)}, which have no backend")


@dataclass(frozen=True)
class Table:
    """All deployments at one moment.

    Args:
        generation: Grows with every change; it is how one knows which table Envoy serves.
    """

    generation: int
    deployments: tuple[Deployment, ...]

    @property
    def backends(self) -> tuple[Backend, ...]:
        """The live revisions of all deployments."""
        return tuple(backend for deployment in self.deployments for backend in deployment.backends)


def check_socket_path(path: Path) -> None:
    """Refuse a path that no unix socket can have.

    Raises:
        SpecError: It is too long.
    """
    length = len(os.fsencode(path))
    if length > SOCKET_PATH_LIMIT:
        raise SpecError(
            f"a unix socket's path holds {SOCKET_PATH_LIMIT} bytes, and {path} has {length}",
            field="--home",
            hint="choose a home folder with a shorter path: platformctl --home ~/.pc …",
        )
