"""A cluster's API server that answers what it was told, and a target for each mode that is in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.by_mode import ByMode, Choice
from platformctl.domain import manifests
from platformctl.domain.cluster import Mode
from platformctl.domain.names import Name
from platformctl.domain.observed import Token
from tests.cluster.fixture import cluster, knative, kubeconfig, namespace, node
from tests.cluster.models import models, stack
from tests.cluster_checks.conftest import Server, api, server
from tests.cluster_target.routes import recorded
from tests.fakes import FakeTarget, FakeWorld
from tests.fakes.values import CHURN, revision, steady

__all__ = ["api", "cluster", "knative", "kubeconfig", "models", "namespace", "node", "server", "stack"]

HTTP_ROUTE = "/apis/gateway.networking.k8s.io/v1/namespaces/models/httproutes/churn"
RECORD = "/api/v1/namespaces/models/configmaps/churn-rollout"
SERVICES = "/apis/serving.kserve.io/v1beta1/namespaces/models/inferenceservices"

NO_KIND: tuple[int, Mapping[str, Any]] = (
    404,
    {
        "kind": "Status",
        "reason": "NotFound",
        "message": "the server could not find the requested resource",
        "details": {},
    },
)
"""What is answered where what brings a kind is not installed."""


def services(*names: str, leaving: bool = False) -> tuple[int, Mapping[str, Any]]:
    """InferenceServices of ours."""
    gone = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if leaving else {}
    return 200, {"items": [{"metadata": {"name": name, **gone}} for name in names]}


def record(**labels: str) -> tuple[int, Mapping[str, Any]]:
    """The ConfigMap of a deployment in Knative mode."""
    ours = {**manifests.labels(CHURN), manifests.HOLDS: "rollout", **labels}
    return 200, {"kind": "ConfigMap", "metadata": {"name": "churn-rollout", "labels": ours}}


@dataclass
class Both:
    """Both modes' deployments; each mode has a world of its own."""

    api: Api
    server: Server
    worlds: Mapping[Mode, FakeWorld] = field(default_factory=lambda: {mode: FakeWorld() for mode in Mode})
    defaults: list[Mode] = field(default_factory=list)
    default: Mode = Mode.STANDARD

    def target(self, chosen: Mode | None = None, origin: str = "flag --mode") -> ByMode:
        """A target of a process of its own."""
        targets = {mode: (lambda mode=mode: FakeTarget(self.worlds[mode])) for mode in Mode}
        return ByMode(self.api, targets, Choice(chosen, origin, self._default))

    def deployed(self, mode: Mode, name: Name = CHURN) -> Token:
        """What is there once it is deployed in a mode."""
        target, rollout = FakeTarget(self.worlds[mode]), steady(revision(1, name))
        token = target.commit(name, rollout.route, rollout, Token(""))
        if mode is Mode.STANDARD:
            self.server.answers[HTTP_ROUTE] = (200, recorded(rollout))
        else:
            self.server.answers[RECORD] = record()
        return token

    def _default(self) -> Mode:
        self.defaults.append(self.default)
        return self.default


@pytest.fixture
def both(api: Api, server: Server) -> Both:
    """A cluster with KServe, and nothing deployed on it."""
    server.answers[SERVICES] = services()
    return Both(api, server)
