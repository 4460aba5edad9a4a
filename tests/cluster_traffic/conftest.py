"""A deployment on a real cluster for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.domain.cluster import Gateway
from tests.cluster.fixture import cluster, kubeconfig, namespace, node
from tests.cluster_traffic.shop import Shop

__all__ = ["cluster", "kubeconfig", "namespace", "node"]


@pytest.fixture
def shop(kubeconfig: Path, namespace: str) -> Iterator[Shop]:
    one = Shop(open_api(Access(str(kubeconfig)), namespace, {}), Gateway())
    yield one
    one.remove()
