"""The local router: Envoy's files and admin interface, in the order that loses no request.

Clusters before routes, so that Envoy never routes to a cluster it does not know; routes before the
clusters that they leave, and those only once nothing is in flight to them.
"""

import http.client
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from platformctl.adapters.envoy import binary, clusters, routes
from platformctl.adapters.envoy.admin import Admin
from platformctl.adapters.envoy.bootstrap import bootstrap
from platformctl.adapters.envoy.clusters import Json
from platformctl.adapters.envoy.files import ConfigFiles, replace
from platformctl.adapters.envoy.statistics import in_flight_pattern
from platformctl.adapters.envoy.table import Table, check_socket_path
from platformctl.domain.errors import DeadlinePassed
from platformctl.domain.names import RevisionId

REQUEST_TIMEOUT_SECONDS = 60.0

_POLL_SECONDS = 0.002
_ANSWER_SECONDS = 1.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - translated, not bound

# Between two tries a request is in no gauge of Envoy's; it waits at most 20 ms there.
_QUIET_SECONDS = 0.05


class Router:
    """One Envoy that splits the requests of all deployments of a stack.

    Args:
        folder: Where its files are.
        admin: Its admin interface's unix socket.
        port: The stable address's port.
        host: The address that it binds.
        request_timeout: Seconds until a request without a complete answer is a 504.

    Raises:
        SpecError: The admin socket's path is too long.
    """

    def __init__(
        self,
        folder: Path,
        admin: Path,
        port: int,
        host: str = "127.0.0.1",
        *,
        request_timeout: float = REQUEST_TIMEOUT_SECONDS,
    ) -> None:
        check_socket_path(admin)
        self._files = ConfigFiles(folder)
        self._admin_path = admin
        self._admin = Admin(admin)
        self._host, self._port, self._request_timeout = host, port, request_timeout

    def command(self) -> Sequence[str]:
        """Return the program that runs Envoy in the foreground, with its arguments. Writes nothing.

        One worker: all connections see a new table at the same moment. No hot restart: it would share
        memory between the Envoys of a machine.

        Raises:
            Refused: There is no Envoy here.
            SpecError: PLATFORMCTL_ENVOY names nothing that can be run.
        """
        return (
            *(str(binary.find()), "--config-path", str(self._files.bootstrap)),
            *("--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"),
        )

    def write(self, table: Table) -> None:
        """Write all files, for an Envoy that starts next.

        Raises:
            Refused: The disk will not take them.
        """
        files = self._files
        files.remove_abandoned()
        self._write_clusters(table, {})
        replace(files.routes, routes.discovery(table, self._request_timeout))
        # Last: a supervisor that finds a bootstrap finds all that it names.
        rendered = bootstrap(self._host, self._port, self._admin_path, files.clusters, files.routes)
        replace(files.bootstrap, rendered)

    def publish(self, table: Table, timeout: float) -> None:
        """Make a running Envoy serve `table`, and return once it does. No request is lost.

        Clusters that the table no longer has are dropped if nothing is in flight to them, else by the
        next call. Calls must not overlap: whoever calls holds the stack's lock.

        Args:
            table: All deployments as they are to be.
            timeout: Seconds.

        Raises:
            DeadlinePassed: Envoy did not take it up in time.
            Unreachable: Envoy does not run.
            Refused: The disk will not take the files.
        """
        deadline = time.monotonic() + timeout
        retained = self._files.rendered_clusters()
        self._write_clusters(table, retained)
        _wait(lambda: self._knows(table), deadline, "know all revisions")
        replace(self._files.routes, routes.discovery(table, self._request_timeout))
        wanted = routes.identity(table, self._request_timeout)
        _wait(lambda: self._identity() == wanted, deadline, f"serve generation {table.generation}")
        self._drop_idle(table, retained)

    def served(self) -> int | None:
        """The generation that Envoy answers with now; None if it does not answer."""
        generation = self._identity().get("generation")
        return generation if isinstance(generation, int) else None

    def drain(self, revision: RevisionId, timeout: float) -> None:
        """Wait until no request is in flight to a revision that has no weight.

        Args:
            revision: One that may be unknown to Envoy: then there is nothing to wait for.
            timeout: Seconds.

        Raises:
            DeadlinePassed: Some still were when the time was up.
            Unreachable: Envoy does not run.
        """
        deadline = time.monotonic() + timeout
        _wait(lambda: not self._busy([revision]), deadline, f"finish the requests to {revision}")

    def _write_clusters(self, table: Table, retained: Mapping[str, Json]) -> None:
        """Write the clusters of `table`; `retained` are others that stay. Endpoints before who needs them."""
        for backend in table.backends:
            self._files.write_endpoints(backend.revision, clusters.endpoints(backend))
        wanted: dict[str, Json] = dict(retained)
        for backend in table.backends:
            wanted[backend.revision] = clusters.cluster(backend, self._files.endpoints(backend.revision))
        replace(self._files.clusters, clusters.discovery(wanted.values(), version=str(table.generation)))
        self._files.keep_endpoints(wanted)

    def _identity(self) -> Json:
        """What Envoy says that it serves; nothing if nobody answers, or somebody else does."""
        host = _ANY_ADDRESS.get(self._host, self._host)
        connection = http.client.HTTPConnection(host, self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", routes.GENERATION_PATH)
            said = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        finally:
            connection.close()
        return said if isinstance(said, dict) else {}

    def _knows(self, table: Table) -> bool:
        """Whether every revision of the table can be routed to, with the replicas it has there."""
        known = self._admin.endpoints()
        wanted = {b.revision: frozenset(map(str, b.sockets)) for b in table.backends}
        return all(known.get(revision) == sockets for revision, sockets in wanted.items())

    def _busy(self, revisions: Collection[str]) -> frozenset[str]:
        """Those of the revisions that have requests in flight."""
        if not revisions:
            return frozenset()
        first = self._in_flight(revisions)
        time.sleep(_QUIET_SECONDS)
        return first | self._in_flight(revisions)

    def _in_flight(self, revisions: Collection[str]) -> frozenset[str]:
        gauges = self._admin.values(in_flight_pattern(revisions))
        return frozenset(gauge.split(".")[1] for gauge, requests in gauges.items() if requests)

    def _drop_idle(self, table: Table, retained: Mapping[str, Json]) -> None:
        left = set(retained) - {backend.revision for backend in table.backends}
        if left:
            busy = {name: retained[name] for name in self._busy(left)}
            self._write_clusters(table, busy)


def _wait(condition: Callable[[], bool], deadline: float, purpose: str) -> None:
    while not condition():
        if time.monotonic() > deadline:
            raise DeadlinePassed(
                f"the router did not {purpose} in time",
                hint="try again; the router's log says whether it refused its configuration",
            )
        time.sleep(_POLL_SECONDS)
