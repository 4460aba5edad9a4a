"""Requests through the Gateway, and when it serves what was committed."""

import time
from collections.abc import Collection

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import HTTP_ROUTE, POD
from platformctl.adapters.cluster.api.objects import condition, label
from platformctl.adapters.cluster.api.objects import name as name_of
from platformctl.adapters.cluster.state import rules
from platformctl.adapters.cluster.traffic import backends
from platformctl.adapters.cluster.traffic.acceptance import acceptance
from platformctl.adapters.cluster.traffic.entrance import Entrance
from platformctl.adapters.cluster.traffic.predictions import Predictions
from platformctl.domain.cluster import Gateway
from platformctl.domain.errors import DeadlinePassed, Refused, Unreachable
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.traffic import Answer, Request
from platformctl.render import served

SERVED_TIMEOUT = 30.0
"""Seconds in which a gateway serves a route that was committed."""

SETTLE_SECONDS = 0.3
"""Between the answers of a proxy and the last of its threads, and backends that are asked by name only."""

BLIND_SECONDS = 2.0
"""Instead, where only the API server says that the route is accepted."""

_ANSWERS = 10
"""Answers in a row, a proxy: they share connections by chance."""

_ANSWER_SECONDS = 2.0
_POLL_SECONDS = 0.05
_PAUSES = (0.2, 0.5, 0.0)


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
            self._await_backends(route, host, deadline)
        time.sleep(SETTLE_SECONDS if is_asked else BLIND_SECONDS)

    def _await_backends(self, route: Manifest, host: str, deadline: float) -> None:
        name = Name(name_of(route))
        is_learned = backends.await_learned(
            lambda: self._is_routed(host, name),
            lambda: self._are_ready(rules.weights(route)),
            self._answers(),
            deadline,
        )
        if not is_learned:
            raise DeadlinePassed(
                f"the Gateway {self._gateway} has the rules of {name}, and finds no server by them, though "
                "each revision with weight has pods that are ready",
                hint=f"kubectl get endpointslices,pods -n {self._api.namespace}",
            )

    def _are_ready(self, revisions: Collection[RevisionId]) -> bool:
        """Whether each has a pod that is ready."""
        pods = self._api.list(POD, f"{REVISION} in ({','.join(sorted(revisions))})")
        ready = {label(pod, REVISION) for pod in pods if condition(pod, "Ready").get("status") == "True"}
        return ready >= set(revisions)

    def _answers(self) -> int:
        """So many answers in a row come from all proxies, as good as surely."""
        return _ANSWERS * self.entrance.replicas()

    def _is_routed(self, host: str, name: Name) -> bool:
        try:
            return self._predictions.is_routed(host, name, _ANSWER_SECONDS)
        except Unreachable:
            return False

    def _can_ask(self, host: str) -> bool:
        """Whether there is a way from here; a proxy on a busy machine may be away for a moment."""
        for pause in _PAUSES:
            try:
                self._predictions.served(host, _ANSWER_SECONDS)
            except Unreachable:
                time.sleep(pause)
            else:
                return True
        return False

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
