"""A cluster, for the tests that ask one."""

from tests.cluster.fixture import cluster, kubeconfig, namespace, node

__all__ = ["cluster", "kubeconfig", "namespace", "node"]
