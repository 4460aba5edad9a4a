"""Namespaces of their own for a cluster: killing one process ends everything in them."""

import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.cluster.places import LINK, LINK_NODE, NAME, NODE, NODE_NAME, SERVICES
from tests.cluster.processes import ClusterError, Namespaces, Running

_UNSHARE = (
    *("unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child=SIGKILL"),
    *("--mount-proc", "--propagation", "private", "--"),
    *("tini", "--", "sleep", "infinity"),
)
_TIED = ("setpriv", "--pdeathsig", "KILL", "--")
_START = 10.0
"""Seconds until the first process must be there."""


def begin(state: Path, lock: int, started: list[Running], *, tied: bool) -> Namespaces:
    """Make the namespaces.

    Args:
        state: The cluster's folder.
        lock: Held by the cluster from now on.
        started: Gets what is started.
        tied: Whether all of it ends with this process, however that ends.

    Raises:
        ClusterError: This machine does not allow them.
    """
    log = state / "logs" / "namespaces.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*(_TIED if tied else ()), *_UNSHARE],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[lock],
            start_new_session=True,
        )
    started.append(Running("namespaces", process, log))
    return Namespaces(_first_process(process, log), state / "logs", started)


def _first_process(unshare: subprocess.Popen[bytes], log: Path) -> int:
    """Its id, once it runs: then the namespaces are complete."""
    children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children")
    until = time.monotonic() + _START
    while unshare.poll() is None and time.monotonic() < until:
        with suppress(OSError):  # it has ended meanwhile: then unshare has, too
            for child in children.read_text().split():
                if Path(f"/proc/{child}/exe").readlink().name.startswith("tini"):
                    return int(child)
        time.sleep(0.01)
    raise ClusterError(f"namespaces of its own cannot be had here: {log.read_text()}")


def furnish(namespaces: Namespaces, memory: Path) -> None:
    """Mounts and the network inside, so that what a node writes stays in the cluster.

    Args:
        namespaces: Of the cluster.
        memory: An empty folder; there it becomes a file system that is gone with the cluster.
    """
    run = namespaces.run
    run("mount", "--make-rshared", "/")
    run("mount", "-t", "tmpfs", NAME, memory)
    run("mkdir", memory / "var", memory / "work")
    layers = f"lowerdir=/var,upperdir={memory}/var,workdir={memory}/work"
    run("mount", "-t", "overlay", NAME, "-o", layers, "/var")
    run("mount", "-t", "tmpfs", NAME, "/run")
    run("hostname", NODE_NAME)
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{NODE}/{LINK.partition('/')[2]}", "dev", LINK_NODE)
    run("ip", "link", "set", LINK_NODE, "up")
    run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    # Connections that start on the node itself need a route to Services before the kernel rewrites them.
    run("ip", "link", "add", "services", "type", "bridge")
    run("ip", "link", "set", "services", "up")
    run("ip", "route", "add", SERVICES, "dev", "services")
