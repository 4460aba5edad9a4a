"""Of the API server, and of changes that come while others are under way."""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest

from tests.cluster.knative_ingress import CLASS
from tests.cluster.knative_ingress.api import Api, ApiError, Object
from tests.cluster.knative_ingress.keeper import Keeper
from tests.cluster.knative_ingress.probing import Gateway
from tests.cluster.knative_ingress.routing import LABEL

pytestmark = pytest.mark.quick

SECONDS = 30.0


class Ended(Exception):
    """What a keeper that is no longer needed gets from the API server."""


class Server(Api):
    """An API server that fails when it is told to."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.there: dict[str, Object] = {}
        self.kept: dict[str, Object] = {}
        self.statuses: dict[str, Object] = {}
        self.failing = 0
        self.refusing = 0
        self.ended = False
        self._version = 0

    def put(
        self, name: str, generation: int, splits: dict[str, int], *, hosts: Sequence[str] = (), **path: Any
    ) -> None:
        listed = [
            {"serviceName": each, "serviceNamespace": "ns", "servicePort": 80, "percent": percent}
            for each, percent in splits.items()
        ]
        annotations = {"networking.knative.dev/ingress.class": CLASS}
        metadata = {"name": name, "namespace": "ns", "uid": name, "generation": generation}
        paths = [{"splits": listed, **path}]
        rules = [{"hosts": [host], "http": {"paths": paths}} for host in hosts or [f"{name}.example.com"]]
        with self.changed:
            self.there[name] = {
                "apiVersion": "networking.internal.knative.dev/v1alpha1",
                "metadata": {**metadata, "annotations": annotations},
                "spec": {"rules": rules},
            }
            self._version += 1
            self.changed.notify_all()

    def fail(self, times: int) -> None:
        """End the watch, and so many attempts after it."""
        with self.changed:
            self.failing = times
            self.changed.notify_all()

    def end(self) -> None:
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def await_ready(self, name: str, generation: int) -> None:
        def ready() -> bool:
            return self.statuses.get(name, {}).get("observedGeneration") == generation

        with self.changed:
            assert self.changed.wait_for(ready, SECONDS), self.statuses

    def ingresses(self) -> tuple[list[Object], str]:
        with self.changed:
            if self.ended:
                raise Ended
            if self.failing:
                self.failing -= 1
                raise ConnectionRefusedError
            return list(self.there.values()), str(self._version)

    def watch(self, version: str) -> Iterator[tuple[str, Object]]:
        seen = int(version)
        while True:
            with self.changed:
                while self._version == seen and not self.failing and not self.ended:
                    self.changed.wait()
                if self.failing or self.ended:
                    raise ConnectionResetError
                seen, events = self._version, list(self.there.values())
            yield from (("MODIFIED", event) for event in events)

    def routes(self, namespace: str, selector: str) -> dict[str, Object]:
        del namespace
        uid = selector.partition("=")[2]
        return {
            name: route for name, route in self.kept.items() if uid in route["metadata"]["labels"].values()
        }

    def apply_route(self, route: Object) -> None:
        self.kept[route["metadata"]["name"]] = route

    def delete_route(self, namespace: str, name: str) -> None:
        del namespace
        del self.kept[name]

    def set_status(self, namespace: str, name: str, status: Object) -> None:
        del namespace
        with self.changed:
            if self.refusing:
                self.refusing -= 1
                raise ApiError(409, "the object has been modified")
            self.statuses[name] = status
            self.changed.notify_all()

    def shares(self, name: str) -> dict[str, int]:
        """Of the backends that requests to a Service's host go to."""
        [route] = self.routes("ns", f"{LABEL}={name}").values()
        [live] = [rule for rule in route["spec"]["rules"] if "headers" not in rule["matches"][0]]
        return {backend["name"]: backend["weight"] for backend in live["backendRefs"]}


class Answering(Gateway):
    """A gateway whose backends answer at once, but for those of one host."""

    def await_warm(
        self, host: str, generation: str, marks: Collection[str], still: Callable[[], None]
    ) -> None:
        del generation, marks
        while host.startswith("silent"):
            still()
            time.sleep(0.01)

    def await_live(self, host: str, generation: str | None, still: Callable[[], None]) -> None:
        del host, generation
        still()


@pytest.fixture
def server() -> Iterator[Server]:
    """Looked after by a keeper."""
    server = Server()
    keeper = Keeper(server, Answering("kserve/gateway", "10.0.0.1", "gateway.svc"))

    def keep() -> None:
        with suppress(Ended):
            keeper.keep()

    thread = threading.Thread(target=keep)
    thread.start()
    yield server
    server.end()
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_what_changes_while_the_api_server_is_away_is_caught_up_with(server: Server) -> None:
    server.put("hello", 1, {"r1": 100})
    server.await_ready("hello", 1)
    server.fail(2)
    server.put("hello", 2, {"r1": 90, "r2": 10})
    server.await_ready("hello", 2)
    assert server.shares("hello") == {"r1": 90, "r2": 10}


def test_a_status_that_is_refused_is_said_again(server: Server) -> None:
    server.refusing = 2
    server.put("hello", 1, {"r1": 100})
    server.await_ready("hello", 1)
    assert server.refusing == 0


def test_a_newer_change_ends_an_older_one_that_does_not_get_ready(server: Server) -> None:
    server.put("silent", 1, {"r1": 100})
    server.put("hello", 1, {"r1": 100})
    server.await_ready("hello", 1)  # meanwhile
    assert "silent" not in server.statuses
    server.put("silent", 2, {"r2": 100}, hosts=["speaks.example.com"])
    server.await_ready("silent", 2)
    assert server.shares("silent") == {"r2": 100}


def test_a_host_that_is_gone_is_served_no_longer(server: Server) -> None:
    server.put("hello", 1, {"r1": 100}, hosts=["latest-hello.example.com", "hello.example.com"])
    server.await_ready("hello", 1)
    assert len(server.kept) == 2
    server.put("hello", 2, {"r1": 100})
    server.await_ready("hello", 2)
    assert [route["spec"]["hostnames"] for route in server.kept.values()] == [["hello.example.com"]]


def test_what_is_left_out_holds_up_nobody(server: Server) -> None:
    server.put("odd", 1, {"r1": 100}, rewriteHost="elsewhere")
    server.put("hello", 1, {"r1": 100})
    server.await_ready("hello", 1)
    assert "odd" not in server.statuses
