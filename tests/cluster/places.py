"""Where the cluster is: addresses, and files."""

import os
from pathlib import Path

NUMBER = int(os.environ.get("PLATFORMCTL_TEST_CLUSTER", "0"))
"""Which of several on this machine (0-9). All tests of a run share one; another one is for work on itself."""
_SUFFIX = f"-{NUMBER}" if NUMBER else ""

HOST = f"10.231.{NUMBER}.1"
"""This machine, as the node and its pods reach it."""
NODE = f"10.231.{NUMBER}.2"
"""The node, the API server and what else runs in the cluster's network beside pods, as this machine reaches
them."""
LINK = f"10.231.{NUMBER}.0/30"
PODS = f"10.{244 + NUMBER}.0.0/24"
SERVICES = f"10.{97 + NUMBER}.0.0/16"
API_SERVICE = f"10.{97 + NUMBER}.0.1"
DNS_SERVICE = f"10.{97 + NUMBER}.0.10"

API_PORT = 6443
NODE_NAME = "node"
DOMAIN = "cluster.local"

NAME = f"platformctl-test-cluster{_SUFFIX}"
"""Of everything that has a name on this machine: folders, control groups."""
LINK_HOST, LINK_NODE = f"pctl-host{_SUFFIX}", f"pctl-node{_SUFFIX}"
"""The two ends of the cable."""

LOCK = Path(f"/run/{NAME}.lock")
"""Held as long as the cluster is there."""


def cache() -> Path:
    """What is kept between clusters: built programs, images."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "platformctl-test-cluster"


def state() -> Path:
    """What belongs to the cluster; gone with it."""
    return cache() / f"cluster{_SUFFIX}"


def last_logs() -> Path:
    """Where the logs of the last cluster are kept."""
    return cache() / f"logs{_SUFFIX}"
