"""The deployment that tests of a load have, with servers as people write them."""

from tests.cluster_load.conftest import cluster, kubeconfig, models, namespace, node, shop, stack

__all__ = ["cluster", "kubeconfig", "models", "namespace", "node", "shop", "stack"]
