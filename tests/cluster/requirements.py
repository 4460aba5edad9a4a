"""What a machine must have for how much of a cluster."""

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Literal, get_args

from tests.cluster import build, components
from tests.cluster.components import Component
from tests.cluster.processes import ClusterError

Extent = Literal["api", "node", "all"]
"""How much of a cluster: the API server with its store; controllers and a node that runs pods as well; KServe
and what it needs as well."""
EXTENTS: tuple[Extent, ...] = get_args(Extent)
"""Each holds those before it."""

_API = (components.ETCD, components.API)
_NODE = (*_API, components.SMALL, components.CONTROL, components.NODE, components.COREDNS)
_COMPONENTS: Mapping[Extent, tuple[Component, ...]] = {
    "api": _API,
    "node": _NODE,
    "all": components.COMPONENTS,
}
_API_TOOLS = ("ip", "mount", "nsenter", "setpriv", "sysctl", "tini", "unshare")
_NODE_TOOLS = (*_API_TOOLS, "conntrack", "containerd", "ctr", "nft", "runc")
_TOOLS: Mapping[Extent, tuple[str, ...]] = {
    "api": _API_TOOLS,
    "node": _NODE_TOOLS,
    "all": (*_NODE_TOOLS, "buildah", "debootstrap"),
}


class Unavailable(ClusterError):
    """This machine cannot have a cluster; the message says what it lacks."""


def require(extent: Extent) -> None:
    """Return where this machine can have a cluster.

    Raises:
        Unavailable: It cannot.
    """
    if sys.platform != "linux":
        raise Unavailable("needs Linux, or PLATFORMCTL_TEST_KUBECONFIG")
    if os.geteuid() != 0:
        raise Unavailable("needs root, or PLATFORMCTL_TEST_KUBECONFIG")
    absent = [tool for tool in _TOOLS[extent] if shutil.which(tool) is None]
    if absent:
        raise Unavailable(f"needs {', '.join(absent)}: .ci/packages has their Debian packages")


def require_built(extent: Extent) -> None:
    """Return where this machine can have a cluster at once.

    A test must not wait for a build: it takes longer than any of them may.

    Raises:
        Unavailable: It cannot.
    """
    require(extent)
    if missing := build.missing(_COMPONENTS[extent]):
        raise Unavailable(f"{', '.join(missing)} not built yet: python -m tests.cluster build")


def built(extent: Extent) -> dict[str, str]:
    """Where each program is, and each folder beside them, by file name; it is built where it is not."""
    folders = build.build(_COMPONENTS[extent]).values()
    return {path.name: str(path) for folder in folders for path in folder.iterdir()}
