"""What a cluster changes on this machine, and how it is changed back: a cable, groups, settings."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.cluster.places import HOST, LINK, LINK_HOST, LINK_NODE, NAME, NODE, PODS, SERVICES

_KERNEL = Path("/proc/sys")
_CHANGED = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
"""Settings of the whole machine that a kubelet makes its own."""
_EMPTYING = 10.0
"""Seconds that control groups get to be empty after their processes were killed."""


def plug_in(init: int) -> None:
    """Lay the cable between this machine and a cluster, and the routes to its pods and Services."""
    unplug()
    _ip("link", "add", LINK_HOST, "type", "veth", "peer", "name", LINK_NODE, "netns", str(init))
    _ip("address", "add", f"{HOST}/{LINK.partition('/')[2]}", "dev", LINK_HOST)
    _ip("link", "set", LINK_HOST, "up")
    for reached in (PODS, SERVICES):
        _ip("route", "add", reached, "via", NODE, "dev", LINK_HOST)


def unplug() -> None:
    """Remove the cable; its routes go with it."""
    if (Path("/sys/class/net") / LINK_HOST).exists():
        subprocess.run(["ip", "link", "delete", LINK_HOST], check=False, capture_output=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def save_settings(file: Path) -> None:
    """Remember the kernel's settings before a kubelet changes them."""
    settings = {name: (_KERNEL / name).read_text().strip() for name in _CHANGED if (_KERNEL / name).exists()}
    file.write_text(json.dumps(settings))


def restore_settings(file: Path) -> None:
    """Put the kernel's settings back, where they were saved."""
    if not file.exists():
        return
    settings: Mapping[str, str] = json.loads(file.read_text())
    for name, value in settings.items():
        if (_KERNEL / name).read_text().strip() != value:
            (_KERNEL / name).write_text(value)


def make_groups() -> None:
    """Make the control groups below which a cluster's pods have theirs."""
    for group in list(_groups("cgroup")) or _groups("cgroup2"):
        group.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if (group / setting).exists() and not (group / setting).read_text().strip():
                (group / setting).write_text((group.parent / setting).read_text())


def remove_groups() -> None:
    """Remove a cluster's control groups, as soon as its processes are gone.

    Raises:
        OSError: Some are still in use after seconds.
    """
    until = time.monotonic() + _EMPTYING
    for group in (*_groups("cgroup"), *_groups("cgroup2")):  # where there are both, runc makes some in each
        while group.exists():
            try:
                for folder, _, _ in os.walk(group, topdown=False):
                    Path(folder).rmdir()
            except OSError:  # a process in it is still on its way out
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)


def _groups(version: str) -> Iterator[Path]:
    """One in each hierarchy of a version that is mounted: those with a controller or a name; the only one."""
    mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    yield from (Path(place) / NAME for place, kind in mounts if kind == version)
