"""The node: containerd, kubelet, kube-proxy."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

from tests.cluster import archive
from tests.cluster.certificates import Authority, Pair
from tests.cluster.control_plane import kubeconfig
from tests.cluster.places import DNS_SERVICE, DOMAIN, NAME, NODE, NODE_NAME, PODS
from tests.cluster.processes import ClusterError, Namespaces, Running

PAUSE = f"docker.io/{NAME}/pause:1"
"""The image of what holds a pod's namespaces."""
SOCKET = "/run/containerd/containerd.sock"

_PATIENCE = 30.0
"""Seconds until containerd must listen."""
_CNI_PLUGINS = "/usr/lib/cni"
_CONTAINERD = """
version = 2
root = "{root}"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
                    "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  disable_apparmor = true
  restrict_oom_score_adj = true  # without CAP_SYS_RESOURCE a pod's first process could not lower it
  sandbox_image = "{pause}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{cni}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
"""
_NETWORK = {
    "cniVersion": "1.0.0",
    "name": "pods",
    "plugins": [
        {
            "type": "bridge",
            "bridge": "pods",
            "isGateway": True,
            "hairpinMode": True,
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": PODS}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}


def start_containerd(namespaces: Namespaces, state: Path, root: Path) -> Running:
    """Start what runs containers.

    Args:
        namespaces: Of the cluster.
        state: Its folder.
        root: Where images and containers are kept; not on an overlay.
    """
    cni = state / "cni"
    cni.mkdir()
    (cni / "pods.conflist").write_text(json.dumps(_NETWORK))
    file = state / "containerd.toml"
    file.write_text(
        _CONTAINERD.format(root=root, socket=SOCKET, pause=PAUSE, plugins=_CNI_PLUGINS, cni=cni).lstrip()
    )
    return namespaces.start("containerd", ["containerd", "--config", file])


def await_containerd(namespaces: Namespaces, running: Running) -> None:
    """Return when it can be asked.

    Raises:
        ClusterError: It has ended, or takes too long.
    """
    socket = Path(f"/proc/{namespaces.init}/root{SOCKET}")
    until = time.monotonic() + _PATIENCE
    while not socket.exists():
        running.still()
        if time.monotonic() > until:
            raise ClusterError(f"containerd does not answer after {_PATIENCE:g} s:\n{running.said()}")
        time.sleep(0.02)


def import_image(namespaces: Namespaces, tar: Path) -> None:
    """Make an image known to the node, from an OCI or Docker archive that names it."""
    namespaces.run("ctr", "--namespace", "k8s.io", "images", "import", tar)


def import_pause(namespaces: Namespaces, program: Path, state: Path) -> None:
    """Make the image that each pod begins with."""
    import_image(namespaces, archive.image(state / "pause.tar", PAUSE, {"pause": program}, ["/pause"]))


def start_kubelet(
    namespaces: Namespaces, programs: Mapping[str, Path], authority: Authority, state: Path, root: Path
) -> Running:
    """Start what makes pods of what the API server says.

    Args:
        namespaces: Of the cluster.
        programs: By their names.
        authority: Issues the node's certificates.
        state: The cluster's folder.
        root: Where the pods' volumes are kept.
    """
    serving = authority.issue("kubelet-serving", hosts=[NODE_NAME, NODE])
    client = authority.issue(f"system:node:{NODE_NAME}", groups=["system:nodes"])
    resolver = state / "resolv.conf"
    resolver.write_text("")  # pods reach nobody outside whom they could ask
    settings = _kubelet_settings(authority, serving, state, resolver)
    file = state / "kubelet.json"
    file.write_text(json.dumps(settings))
    access = kubeconfig(state / "kubelet.kubeconfig", client, authority)
    command: list[str | Path] = [
        programs["kubelet"],
        f"--config={file}",
        f"--kubeconfig={access}",
        f"--root-dir={root}",
    ]
    return namespaces.start("kubelet", [*command, f"--node-ip={NODE}", f"--hostname-override={NODE_NAME}"])


def _kubelet_settings(authority: Authority, serving: Pair, state: Path, resolver: Path) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{NAME}",
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": DOMAIN,
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "failCgroupV1": False,
        "failSwapOn": False,
        "imageGCHighThresholdPercent": 100,
        "maxOpenFiles": 20000,
        "nodeStatusUpdateFrequency": "5s",
        "oomScoreAdj": 0,
        "podLogsDir": str(state / "pods"),
        "registerWithTaints": [],
        "resolvConf": str(resolver),
        "serializeImagePulls": False,
        "tlsCertFile": str(serving.certificate),
        "tlsPrivateKeyFile": str(serving.key),
    }


def start_proxy(
    namespaces: Namespaces, programs: Mapping[str, Path], authority: Authority, state: Path
) -> Running:
    """Start what makes Services of pods."""
    access = kubeconfig(state / "kube-proxy.kubeconfig", authority.issue("system:kube-proxy"), authority)
    nothing = {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}
    settings = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(access)},
        "clusterCIDR": PODS,
        "conntrack": {**nothing, "udpTimeout": "0s", "udpStreamTimeout": "0s"},  # not ours to set here
        "hostnameOverride": NODE_NAME,
        "mode": "nftables",
        "nftables": {"minSyncPeriod": "100ms"},
        "oomScoreAdj": 0,
    }
    file = state / "kube-proxy.json"
    file.write_text(json.dumps(settings))
    return namespaces.start("kube-proxy", [programs["kube-proxy"], f"--config={file}"])
