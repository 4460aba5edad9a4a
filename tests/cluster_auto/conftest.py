from tests.cluster_load.conftest import cluster, kubeconfig, models, namespace, node, shop, stack

__all__ = ["cluster", "kubeconfig", "models", "namespace", "node", "shop", "stack"]
