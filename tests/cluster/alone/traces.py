"""What a cluster leaves on a machine, where it leaves anything."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.cluster.places import LOCK, NAME, state

_SETTINGS = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward")
_PATIENCE = 10.0
"""Seconds until what was killed must be gone."""


def traces() -> dict[str, Any]:
    """Everything that a cluster touches outside its namespaces, as it is now."""
    return {
        "links": sorted(link["ifname"] for link in _ip("link")),
        "routes": sorted(json.dumps(route, sort_keys=True) for route in _ip("route")),
        "control groups": sorted(str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{NAME}")),
        "settings": {name: (Path("/proc/sys") / name).read_text() for name in _SETTINGS},
        "mounts": [line for line in Path("/proc/mounts").read_text().splitlines() if f"{NAME} " in line],
        "processes": sorted(_processes()),
        "files": [str(path) for path in (LOCK, state()) if path.exists()],
    }


def same_again(before: dict[str, Any]) -> dict[str, Any]:
    """The traces, as soon as they are those of before; of what is killed, the last goes a moment later."""
    until = time.monotonic() + _PATIENCE
    while (now := traces()) != before and time.monotonic() < until:
        time.sleep(0.05)
    return now


def _ip(what: str) -> list[dict[str, Any]]:
    said = subprocess.run(["ip", "-json", what], capture_output=True, text=True, check=True).stdout
    return list(json.loads(said))


def _processes() -> Iterator[str]:
    """Those with a cluster's files on their command line, and those in its control groups."""
    own = f"{state()}/"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if own in command or f"/{NAME}/" in (folder / "cgroup").read_text():
                yield f"{folder.name} {command}"
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
