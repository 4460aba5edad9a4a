"""The cluster's fixtures, and an order: tests with a cluster of their own go first."""

from pathlib import Path

import pytest

from tests.cluster.fixture import cluster, knative, kubeconfig, namespace, node

__all__ = ["cluster", "knative", "kubeconfig", "namespace", "node"]

_FIRST = Path(__file__).with_name("alone")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what needs the machine for itself before anything can have brought up a cluster that stays."""
    items.sort(key=lambda item: not item.path.is_relative_to(_FIRST))
