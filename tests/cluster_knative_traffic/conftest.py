"""A Knative Service on a real cluster for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from tests.cluster.fixture import cluster, knative, kubeconfig, namespace, node
from tests.cluster_knative_traffic.shop import Shop

__all__ = ["cluster", "knative", "kubeconfig", "namespace", "node"]


@pytest.fixture
def shop(knative: Path, namespace: str) -> Iterator[Shop]:
    one = Shop(open_api(Access(str(knative)), namespace, {}))
    yield one
    one.remove()
