"""Asks through the gateway which routing is served."""

import http.client
import time
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass

from tests.cluster.knative_ingress.routing import PROBED

_SECONDS = 2.0
_PAUSE = 0.03
_IN_A_ROW = 4
"""Answers over connections of their own, which Envoy's threads share out among them."""


@dataclass(frozen=True)
class Gateway:
    """The Gateway that all HTTPRoutes belong to.

    Args:
        name: Its namespace and name, with a slash between.
        address: At which it is asked.
        domain: The DNS name of its Service.
    """

    name: str
    address: str
    domain: str

    def await_warm(
        self, host: str, generation: str, marks: Collection[str], still: Callable[[], None]
    ) -> None:
        """Return when each backend of the next slot has answered a probe.

        Args:
            host: One of the HTTPRoute's.
            generation: What the slot is asked for by.
            marks: What its backends answer, one each.
            still: Called in between; raises what ends the waiting.
        """
        absent = set(marks)
        while absent:
            still()
            absent.discard(self._probe(host, {PROBED: generation}) or "")
            time.sleep(_PAUSE if absent else 0)

    def await_live(self, host: str, generation: str | None, still: Callable[[], None]) -> None:
        """Return when requests go by that generation."""
        seen = 0
        while seen < _IN_A_ROW:
            still()
            seen = seen + 1 if self._probe(host, {}) == generation else 0
            time.sleep(0 if seen else _PAUSE)

    def _probe(self, host: str, headers: dict[str, str]) -> str | None:
        """What a backend says it was asked by; queue-proxy and the activator answer before any model does."""
        known = {"Host": host, "User-Agent": "Knative-Ingress-Probe", "K-Network-Probe": "probe", **headers}
        with closing(http.client.HTTPConnection(self.address, timeout=_SECONDS)) as connection:
            try:
                connection.request("GET", "/healthz", headers=known)
                reply = connection.getresponse()
            except (OSError, http.client.HTTPException):
                return None
            return reply.headers.get(PROBED) if reply.status == http.HTTPStatus.OK else None
