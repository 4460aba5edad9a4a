"""Where the cluster is: addresses, and files."""

import os
from pathlib import Path

HOST = "10.231.0.1"
"""This machine, as the node and its pods reach it."""
NODE = "10.231.0.2"
"""The node, the API server and what else runs in the cluster's network beside pods, as this machine reaches
them."""
LINK = "10.231.0.0/30"
PODS = "10.244.0.0/24"
SERVICES = "10.97.0.0/16"
API_SERVICE = "10.97.0.1"
DNS_SERVICE = "10.97.0.10"

API_PORT = 6443
NODE_NAME = "node"
DOMAIN = "cluster.local"

NAME = "platformctl-test-cluster"
"""Of everything that has a name on this machine: folders, control groups."""
LINK_HOST, LINK_NODE = "pctl-host", "pctl-node"
"""The two ends of the cable."""

LOCK = Path(f"/run/{NAME}.lock")
"""Held as long as a cluster is there: a machine bears one."""


def cache() -> Path:
    """What is kept between clusters: built programs, images."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / NAME
