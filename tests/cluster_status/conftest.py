"""The cluster's fixtures."""

from tests.cluster.fixture import cluster, knative, kubeconfig, namespace, node
from tests.cluster.models import models, stack

__all__ = ["cluster", "knative", "kubeconfig", "models", "namespace", "node", "stack"]
