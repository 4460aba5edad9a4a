"""Requests through the Gateway, and when it serves what was committed."""

import time

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import HTTP_ROUTE
from platformctl.adapters.cluster.api.objects import name as name_of
from platformctl.adapters.cluster.state import rules
from platformctl.adapters.cluster.traffic.acceptance import acceptance
from platformctl.adapters.cluster.traffic.entrance import Entrance
from platformctl.adapters.cluster.traffic.predictions import Predictions
from platformctl.domain.cluster import Gateway
from platformctl.domain.errors import DeadlinePassed, Refused, Unreachable
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name
from platformctl.domain.traffic import Answer, Request
from platformctl.render import served

SERVED_TIMEOUT = 30.0
"""Seconds in which a gateway serves a route that was committed."""

SETTLE_SECONDS = 0.3
"""Between the answers of a proxy and the last of its threads, and backends that are asked by name only."""

BACKEND_SECONDS = 5.0
"""In which a proxy learns of a backend; Envoy was seen to need 0.8 s on a machine that is busy."""

BLIND_SECONDS = 2.0
"""Instead, where only the API server says that the route is accepted."""

_ANSWERS = 10
"""Answers in a row, a proxy: they share connections by chance."""

_ANSWER_SECONDS = 2.0
_POLL_SECONDS = 0.05


class Traffic:
    """Requests to the deployments of a namespace.

    Args:
        api: The API server.
        gateway: The Gateway that requests come through.
        direct: Whether its own address is tried, before the API server is asked for a way.
    """

    def __init__(self, api: Api, gateway: Gateway, *, direct: bool = True) -> None:
        self._api = api
        self._gateway = gateway
        self.entrance = Entrance(api, gateway, direct=direct)
        self._predictions = Predictions(self.entrance.connect)

    def predict(self, name: Name, host: str, request: Request) -> Answer:
        """Send one V1 prediction to a deployment's host. What goes wrong on the way is an answer.

        Who pins a revision that the route does not know is answered by whoever has weight.

        Raises:
            Unreachable: The Gateway cannot be reached, nor one of its pods.
        """
        return self._predictions.predict(host, name, request)

    def await_served(self, route: Manifest, timeout: float = SERVED_TIMEOUT) -> None:
        """Return once the Gateway serves a route.

        Args:
            route: As the API server has it since the commit.
            timeout: Seconds.

        Raises:
            Refused: The Gateway does not accept it.
            DeadlinePassed: It did not serve it in time.
        """
        deadline = time.monotonic() + timeout
        host, marker = route["spec"]["hostnames"][0], served.host(route)
        is_asked = marker is not None and self._can_ask(host)
        in_a_row, wanted = 0, self._answers() if is_asked else 1
        while in_a_row < wanted:
            is_there = self._says(host) == marker if is_asked else self._is_accepted(route)
            in_a_row = in_a_row + 1 if is_there else 0
            if is_there:
                continue
            if self._is_replaced(route, deadline):
                return
            time.sleep(_POLL_SECONDS)
        if is_asked and rules.weights(route):
            self._await_backends(host, Name(name_of(route)))
        time.sleep(SETTLE_SECONDS if is_asked else BLIND_SECONDS)

    def _await_backends(self, host: str, name: Name) -> None:
        """Wait until who asks gets to a server: a proxy may know a rule before the backends of it.

        Not for ever: that a revision has weight and no pod that is ready is told elsewhere.
        """
        deadline = time.monotonic() + BACKEND_SECONDS
        in_a_row, wanted = 0, self._answers()
        while in_a_row < wanted and time.monotonic() < deadline:
            if self._is_routed(host, name):
                in_a_row += 1
            else:
                in_a_row = 0
                time.sleep(_POLL_SECONDS)

    def _answers(self) -> int:
        """So many answers in a row come from all proxies, as good as surely."""
        return _ANSWERS * self.entrance.replicas()

    def _is_routed(self, host: str, name: Name) -> bool:
        try:
            return self._predictions.is_routed(host, name, _ANSWER_SECONDS)
        except Unreachable:
            return False

    def _can_ask(self, host: str) -> bool:
        try:
            self._predictions.served(host, _ANSWER_SECONDS)
        except Unreachable:
            return False
        return True

    def _says(self, host: str) -> str | None:
        """What the Gateway says that it serves; None too while it cannot be reached: it may be restarting."""
        try:
            return self._predictions.served(host, _ANSWER_SECONDS)
        except Unreachable:
            return None

    def _is_accepted(self, route: Manifest) -> bool:
        now = self._api.get(HTTP_ROUTE, name_of(route))
        return now is not None and bool(acceptance(now, self._gateway).accepted)

    def _is_replaced(self, route: Manifest, deadline: float) -> bool:
        """Whether somebody has committed something else since: then there is nothing to wait for.

        Raises:
            Refused: The Gateway does not accept it.
            DeadlinePassed: The time is up.
        """
        now = self._api.get(HTTP_ROUTE, name_of(route))
        if now is None or served.host(now) != served.host(route):
            return True
        said = acceptance(now, self._gateway)
        if said.accepted is False:
            raise Refused(
                f"the route of {name_of(route)} is recorded and not served: {said.why}",
                hint="platformctl doctor",
            )
        if time.monotonic() >= deadline:
            why = said.why or "it still answers by other rules; another HTTPRoute may have the same host"
            raise DeadlinePassed(
                f"the Gateway {self._gateway} does not serve {name_of(route)} as committed: {why}",
                hint=f"kubectl describe httproute {name_of(route)} -n {self._api.namespace}",
            )
        return False
