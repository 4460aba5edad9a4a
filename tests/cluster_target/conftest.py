"""A namespace of a real cluster for each test that asks for one."""

from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from tests.cluster.fixture import cluster, kubeconfig, namespace, node

__all__ = ["cluster", "kubeconfig", "namespace", "node"]


@pytest.fixture
def api(kubeconfig: Path, namespace: str) -> Api:
    return open_api(Access(str(kubeconfig)), namespace, {})
