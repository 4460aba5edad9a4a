"""The cluster as fixtures, for every folder of tests: its conftest.py imports those that it uses.

Which cluster: what PLATFORMCTL_TEST_KUBECONFIG names, else the one that is up on this machine, else one that
is brought up for this run of tests and ends with it. Without any, tests are left out by name.
"""

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.cluster import knative as installation
from tests.cluster import kubectl, lifecycle, lock
from tests.cluster.cluster import Cluster
from tests.cluster.places import cache
from tests.cluster.processes import ClusterError
from tests.cluster.requirements import EXTENTS, Extent, Unavailable, require, require_built

KUBECONFIG = "PLATFORMCTL_TEST_KUBECONFIG"
"""The variable that names a cluster to test on: any with KServe, kind for example."""

_USERS = "users.lock"


@pytest.fixture(scope="session")
def kubeconfig(request: pytest.FixtureRequest) -> Path:
    """How an administrator reaches a cluster with KServe and a gateway."""
    if named := os.environ.get(KUBECONFIG):
        return Path(named)
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.kubeconfig


@pytest.fixture(scope="session")
def cluster(node: Cluster) -> Cluster:
    """The cluster that was built here, with KServe and all that it needs."""
    _suffices(node, "all")
    return node


@pytest.fixture(scope="session")
def node() -> Iterator[Cluster]:
    """The cluster that was built here; it may be there without KServe."""
    if KUBECONFIG in os.environ:
        pytest.skip(f"needs the cluster that is built here, and {KUBECONFIG} names another")
    try:
        with _shared() as found:
            _suffices(found, "node")
            yield found
    except Unavailable as error:
        pytest.skip(f"no test cluster: {error}")


@pytest.fixture(scope="session")
def knative(kubeconfig: Path, request: pytest.FixtureRequest) -> Path:
    """How an administrator reaches a cluster with KServe and Knative Serving: the same as `kubeconfig`.

    On the cluster that is built here Knative is installed by the first who wants it.
    """
    if KUBECONFIG not in os.environ:
        installation.ensure_apart(request.getfixturevalue("cluster"))
    elif not kubectl.run(kubeconfig, "get", "crd", "--ignore-not-found", "services.serving.knative.dev"):
        pytest.skip(f"the cluster that {KUBECONFIG} names has no Knative Serving")
    return kubeconfig


@pytest.fixture
def namespace(kubeconfig: Path) -> Iterator[str]:
    """A namespace of this test's own, with nothing in it."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    kubectl.run(kubeconfig, "create", "namespace", name)
    yield name
    remove(kubeconfig, name)


def remove(kubeconfig: Path, namespace: str) -> None:
    """Remove a namespace, its InferenceServices first.

    KServe's controller works on one of them at a time, and fails again and again at each that is in a
    namespace which is being removed: all others on the cluster would wait for that.
    """
    there = ("inferenceservices", "--all", "-n", namespace, "--ignore-not-found", "--timeout=60s")
    with suppress(ClusterError):  # a node alone knows no such kind
        kubectl.run(kubeconfig, "delete", *there)
    kubectl.run(kubeconfig, "delete", "namespace", namespace, "--wait=false")


def _suffices(cluster: Cluster, extent: Extent) -> None:
    if EXTENTS.index(cluster.extent) < EXTENTS.index(extent):
        pytest.skip(f"the cluster that is up was brought up with `--only {cluster.extent}`")


@contextmanager
def _shared() -> Iterator[Cluster]:
    """The cluster of this machine. Runs at the same time share it, and who brought it up ends it last."""
    require("node")
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / _USERS).open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        found, own = _found()
        try:
            yield found
        finally:
            if own:
                fcntl.flock(users, fcntl.LOCK_EX)
                lifecycle.down(found)


def _found() -> tuple[Cluster, bool]:
    """The cluster, and whether this run has brought it up."""
    while True:
        if (others := _others()) is not None:
            return others, False
        require_built("all")
        with suppress(lifecycle.Taken):  # another run was faster
            return lifecycle.up(tied=True), True


def _others() -> Cluster | None:
    """The cluster that is up, or that another run brings up just now."""
    while (held := lock.holder()) is not None:
        if (found := lifecycle.find()) is not None or not held.maker_lives:
            return found
        time.sleep(0.2)
    return None
