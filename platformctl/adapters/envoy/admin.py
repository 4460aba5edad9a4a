"""Envoy's admin interface: HTTP over a unix socket, read only.

Source: https://www.envoyproxy.io/docs/envoy/v1.40.0/operations/admin
"""

import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from platformctl.adapters.envoy.unix_http import UnixConnection
from platformctl.domain.errors import Unreachable

TIMEOUT_SECONDS = 2.0


class Admin:
    """One Envoy's admin interface.

    Every method raises Unreachable if Envoy does not answer within two seconds.

    Args:
        path: Its unix socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def endpoints(self) -> Mapping[str, frozenset[str]]:
        """The clusters that can be routed to, and the unix sockets of each."""
        statuses = self._json("/clusters", format="json").get("cluster_statuses", [])
        return {
            status["name"]: frozenset(
                host["address"]["pipe"]["path"] for host in status.get("host_statuses", [])
            )
            for status in statuses
        }

    def values(self, pattern: str) -> Mapping[str, int]:
        """Counters and gauges whose name matches, by name."""
        stats = self._json("/stats", format="json", filter=pattern)["stats"]
        return {stat["name"]: stat["value"] for stat in stats if "value" in stat}

    def stats(self, pattern: str) -> Sequence[Mapping[str, Any]]:
        """Counters, gauges and cumulative histograms whose name matches, as Envoy writes them.

        The question makes Envoy merge its worker's histograms (`stats_flush_on_admin`), but it is
        answered from what was merged before: ask again for those of the last moment.
        """
        stats = self._json("/stats", format="json", histogram_buckets="cumulative", filter=pattern)["stats"]
        return list(stats)

    def uptime(self) -> int:
        """Whole seconds since it started."""
        said = str(self._json("/server_info")["uptime_all_epochs"])  # 123s
        return int(float(said.removesuffix("s")))

    def _json(self, path: str, **query: str) -> Any:  # any JSON
        body = self._get(f"{path}?{urlencode(query)}")
        try:
            return json.loads(body)
        except ValueError as error:
            raise self._unreachable("its answer is not JSON") from error

    def _get(self, url: str) -> bytes:
        connection = UnixConnection(self._path, TIMEOUT_SECONDS)
        try:
            connection.request("GET", url)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(str(error) or type(error).__name__) from error
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise self._unreachable(f"HTTP {answer.status}")
        return body

    def _unreachable(self, why: str) -> Unreachable:
        return Unreachable(
            f"the router's admin interface at {self._path} does not answer: {why}",
            hint="start it: platformctl up",
        )
