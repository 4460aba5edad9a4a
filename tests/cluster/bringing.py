"""From empty namespaces to a cluster that answers."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.cluster import control_plane, dns, host, isolation, node
from tests.cluster.cluster import PROGRAMS, Cluster
from tests.cluster.places import NODE_NAME


def furnish(cluster: Cluster, programs: Mapping[str, str]) -> None:
    """Bring up what is wanted, and return when it answers.

    Args:
        cluster: With namespaces, and nothing in them.
        programs: Where each is, by file name.

    Raises:
        ClusterError: A part does not come up.
    """
    (cluster.folder / PROGRAMS).write_text(json.dumps(programs))
    memory = cluster.folder / "memory"
    memory.mkdir()
    host.plug_in(cluster.namespaces.init)
    isolation.furnish(cluster.namespaces, memory)
    admin = cluster.authority.issue("admin", groups=["system:masters"])
    control_plane.kubeconfig(cluster.kubeconfig, admin, cluster.authority)
    parts = cluster.namespaces, cluster.programs, cluster.authority, cluster.folder
    api = control_plane.start_api(*parts, memory)
    if cluster.extent != "api":
        _start_containerd(cluster)
    control_plane.await_api(cluster.authority, api)
    _say(cluster, "API server answers")
    if cluster.extent != "api":
        _start_node(cluster)
    if cluster.extent == "all":
        from tests.cluster import stack  # it is much, and a bare cluster needs none of it

        stack.install(cluster)
        _say(cluster, "KServe and its gateway answer")


def _start_containerd(cluster: Cluster) -> None:
    host.make_groups()
    node.start_containerd(cluster.namespaces, cluster.folder, cluster.folder / "containerd")
    node.import_pause(cluster.namespaces, cluster.programs["pause"], cluster.folder)


def _start_node(cluster: Cluster) -> None:
    parts = cluster.namespaces, cluster.programs, cluster.authority, cluster.folder
    control_plane.start_controllers(*parts)
    node.start_kubelet(*parts, cluster.folder / "kubelet")
    node.start_proxy(*parts)
    cluster.kubectl("apply", "--filename=-", stdin=dns.manifests())
    dns.start(*parts)
    cluster.kubectl("wait", "--for=create", f"node/{NODE_NAME}", "--timeout=60s")
    cluster.kubectl("wait", "--for=condition=Ready", f"node/{NODE_NAME}", "--timeout=60s")
    cluster.kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    _say(cluster, "node is ready")


def _say(cluster: Cluster, line: str) -> None:
    began = Path(f"/proc/{cluster.namespaces.init}").stat().st_ctime
    print(f"{time.time() - began:5.1f} s: {line}", file=sys.stderr, flush=True)  # noqa: T201 - someone waits
