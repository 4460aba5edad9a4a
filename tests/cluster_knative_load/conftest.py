"""A deployment in Knative mode on a real cluster, driven as the command line drives it, for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.fixture import cluster, knative, kubeconfig, namespace, node
from tests.cluster.models import Models, models, stack
from tests.cluster.stack import Stack
from tests.cluster_load.shop import Shop, register

__all__ = ["cluster", "knative", "kubeconfig", "models", "namespace", "node", "stack"]


@pytest.fixture
def shop(  # noqa: PLR0913, PLR0917 - fixtures
    knative: object,  # noqa: ARG001 - it has to be there
    kubeconfig: Path,
    namespace: str,
    stack: Stack,
    models: Models,
    tmp_path: Path,
) -> Iterator[Shop]:
    one = Shop(tmp_path, kubeconfig, namespace, stack, f"churn-{namespace}", mode="knative")
    register(stack, one.model, models.proxied, versions=4)
    one.prepare()
    yield one
    one.delete()
