"""The API of a real cluster. Nothing is made there."""

from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from tests.cluster.fixture import cluster, kubeconfig, namespace, node

__all__ = ["cluster", "kubeconfig", "namespace", "node"]


@pytest.fixture(scope="session")
def api(kubeconfig: Path) -> Api:
    return open_api(Access(str(kubeconfig)), "default", {})
