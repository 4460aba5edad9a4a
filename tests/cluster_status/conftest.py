"""The cluster's fixtures."""

from tests.cluster.fixture import cluster, kubeconfig, node
from tests.cluster.models import stack

__all__ = ["cluster", "kubeconfig", "node", "stack"]
