"""From empty namespaces to a cluster that answers."""

import json
import sys
import time
from collections.abc import Callable, Mapping
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
    say = _clock()
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
        _start_containerd(cluster, memory)
    control_plane.await_api(cluster.authority, api)
    say("API server answers")
    if cluster.extent != "api":
        _start_node(cluster)
        say("node is ready")
    if cluster.extent == "all":
        from tests.cluster import stack  # it is much, and a bare cluster needs none of it

        stack.install(cluster)
        say("KServe and its gateway answer")


def _start_containerd(cluster: Cluster, memory: Path) -> None:
    host.make_groups()
    kind = cluster.run("findmnt", "--noheadings", "--output=FSTYPE", "--target", cluster.folder)
    below = memory if kind.strip() == "overlay" else cluster.folder  # overlays do not stand on overlays
    containerd = node.start_containerd(cluster.namespaces, cluster.folder, below / "containerd")
    node.await_containerd(cluster.namespaces, containerd)


def _start_node(cluster: Cluster) -> None:
    parts = cluster.namespaces, cluster.programs, cluster.authority, cluster.folder
    control_plane.start_controllers(*parts)
    node.import_pause(cluster.namespaces, cluster.programs["pause"], cluster.folder)
    node.start_kubelet(*parts, cluster.folder / "kubelet")
    node.start_proxy(*parts)
    cluster.kubectl("apply", "--filename=-", stdin=dns.manifests())
    dns.start(*parts)
    cluster.kubectl("wait", "--for=create", f"node/{NODE_NAME}", "--timeout=60s")
    cluster.kubectl("wait", "--for=condition=Ready", f"node/{NODE_NAME}", "--timeout=60s")
    cluster.kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")


def _clock() -> Callable[[str], None]:
    """What tells somebody who waits how long each part took."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s: {line}", file=sys.stderr, flush=True)  # noqa: T201

    return say
