"""The cluster's fixtures."""

from tests.cluster.fixture import cluster, kubeconfig, namespace, node
from tests.cluster.models import models, stack

__all__ = ["cluster", "kubeconfig", "models", "namespace", "node", "stack"]
