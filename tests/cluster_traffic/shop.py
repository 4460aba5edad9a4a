"""Revisions on a real cluster, as KServe would make them, of a server that takes no time to start."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformctl import render
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import DEPLOYMENT, HTTP_ROUTE, POD, SERVICE
from platformctl.adapters.cluster.api.objects import condition, name
from platformctl.adapters.cluster.traffic.counters import ClusterCounters
from platformctl.adapters.cluster.traffic.serving import Traffic
from platformctl.domain.cluster import Gateway, Images, Shape
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.domain.traffic import Answer, Request
from tests.cluster import image_names

CHURN = Name("churn")
V1, V2, V3 = (RevisionId(f"churn-v{number}-aaaaa{number}") for number in (1, 2, 3))
PATH = f"/v1/models/{CHURN}:predict"

_SERVER = Path(__file__).with_name("pod_server.py")


@dataclass
class Shop:
    """A deployment `churn` in a namespace of its own."""

    api: Api
    gateway: Gateway

    def __post_init__(self) -> None:
        self.shape = Shape(self.api.namespace, Images("p:1", "t:1"), gateway=self.gateway)
        self.traffic = Traffic(self.api, self.gateway)
        self.counters = ClusterCounters(self.api)

    @property
    def host(self) -> str:
        return self.shape.host_of(CHURN)

    def start(self, revision: RevisionId, replicas: int = 1) -> None:
        """Run a revision, and return when it is ready."""
        self.make(revision, replicas)
        eventually(lambda: len(self.pods(revision)) == replicas, f"{revision} gets ready")

    def make(self, revision: RevisionId, replicas: int = 1) -> None:
        for manifest in (_deployment(revision, replicas), _service(revision)):
            self.api.apply(manifest)

    def stop(self, revision: RevisionId) -> None:
        """Remove a revision, and return when its pods are gone."""
        self.api.delete(DEPLOYMENT, f"{revision}-predictor")
        self.api.delete(SERVICE, f"{revision}-predictor")
        eventually(lambda: not self._pods(revision), f"{revision} goes")

    def pods(self, revision: RevisionId) -> list[Manifest]:
        """Those that are ready."""
        return [one for one in self._pods(revision) if condition(one, "Ready").get("status") == "True"]

    def route(self, *live: RevisionId, **weights: int) -> Manifest:
        """Commit a route: `v1=90, v2=10`. Returns what the API server then has; it need not be served."""
        shares = {{"v1": V1, "v2": V2, "v3": V3}[key]: share for key, share in weights.items()}
        services = {revision: f"{revision}-predictor" for revision in live}
        wanted = render.route(CHURN, Route(weights=shares), Rollout(), services, self.shape)
        return self.api.apply(wanted, force=True)

    def serve(self, *live: RevisionId, **weights: int) -> None:
        """Commit a route, and wait as a target does."""
        self.traffic.await_served(self.route(*live, **weights))

    def ask(self, revision: RevisionId | None = None, do: str = "200") -> Answer:
        return self.traffic.predict(CHURN, self.host, Request(do.encode(), revision))

    def address(self) -> tuple[str, int]:
        """Where a load may be sent."""
        door = self.traffic.entrance.outside(self.host)[0]
        return door.host, door.port

    def remove(self) -> None:
        self.api.delete(HTTP_ROUTE, CHURN)

    def _pods(self, revision: RevisionId) -> list[Manifest]:
        return self.api.list(POD, f"{REVISION}={revision}")


def eventually(condition: Callable[[], object], what: str, timeout: float = 120.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not in {timeout} s: {what}"
        time.sleep(0.1)


def names(pods: list[Manifest]) -> set[str]:
    return {name(pod) for pod in pods}


def _deployment(revision: RevisionId, replicas: int) -> Manifest:
    labels = {REVISION: str(revision), "component": "predictor"}
    template = {"metadata": {"labels": labels}, "spec": _pod(revision)}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return _object("apps/v1", "Deployment", f"{revision}-predictor", spec)


def _pod(revision: RevisionId) -> Mapping[str, Any]:
    container = {
        "name": "kserve-container",
        "image": image_names.PYTHON,
        "command": ["python3", "-c", _SERVER.read_text()],
        "env": [{"name": "REVISION", "value": revision}],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
        "lifecycle": {"preStop": {"sleep": {"seconds": 3}}},
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
    }
    return {"containers": [container], "terminationGracePeriodSeconds": 15}


def _service(revision: RevisionId) -> Manifest:
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    selector = {REVISION: str(revision)}
    return _object("v1", "Service", f"{revision}-predictor", {"selector": selector, "ports": ports})


def _object(version: str, kind: str, name: str, spec: Mapping[str, Any]) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
