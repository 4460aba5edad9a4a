"""A cluster, for the tests that ask one."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters import manifest_files
from tests.cluster import kubectl
from tests.cluster.fixture import cluster, knative, kubeconfig, namespace, node, remove

__all__ = ["cluster", "knative", "kubeconfig", "namespace", "node"]


@pytest.fixture(scope="session")
def restricted(kubeconfig: Path) -> Iterator[str]:
    """A namespace that admits no pod but restricted ones."""
    name = f"restricted-{uuid.uuid4().hex[:8]}"
    manifest = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": name},
    }
    kubectl.run(
        kubeconfig, "apply", "--server-side", "-f", "-", stdin=manifest_files.stream([manifest, account])
    )
    yield name
    remove(kubeconfig, name)
