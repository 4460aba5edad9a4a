"""Brings a cluster up, finds the one that is there, and leaves nothing of it behind."""

import os
import select
import shutil
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tests.cluster import bringing, host, isolation, lock, places
from tests.cluster.cluster import Cluster
from tests.cluster.lock import Held
from tests.cluster.processes import ClusterError, Namespaces, Running
from tests.cluster.requirements import Extent, built, require

_SETTINGS = "settings.json"
"""The file with the kernel's settings as they were."""
_KILLED = 30.0
"""Seconds until killed processes must be gone."""


class Taken(ClusterError):
    """A cluster is there already, or another process brings one up.

    Args:
        held: What the lock says of it.
    """

    def __init__(self, held: Held | None) -> None:
        pid = (held.unshare or held.maker) if held is not None else "unknown"
        super().__init__(
            f"a test cluster is there already, or about to be (process {pid}).\n"
            "`python -m tests.cluster kubeconfig` says how to use it, `… down` ends it,\n"
            "and with PLATFORMCTL_TEST_CLUSTER=1 in the environment there can be another one beside it."
        )


def find() -> Cluster | None:
    """The cluster that is up on this machine."""
    held = lock.holder()
    if held is None or held.extent is None:
        return None
    state = Path(held.state)
    return Cluster(state, Namespaces(held.init, state / "logs"), held.extent)


def up(extent: Extent = "all", *, tied: bool = False, programs: Mapping[str, str] | None = None) -> Cluster:
    """Bring a cluster up.

    Args:
        extent: How much of one.
        tied: Whether it ends with this process, however that ends; else it stays until `down`.
        programs: The path of each, by file name; default: those that `build` makes.

    Raises:
        Unavailable: This machine cannot have one.
        Taken: One is there already.
        ClusterError: It could not be brought up; nothing of it is left then.
        subprocess.CalledProcessError: Its programs could not be built.
    """
    require(extent)
    programs = programs or built(extent)
    descriptor = _alone()
    left, held = lock.said(), Held(str(places.state()), os.getpid())
    lock.write(descriptor, held)
    started: list[Running] = []
    try:
        _clean(left)
        state = Path(held.state)
        (state / "logs").mkdir(parents=True)
        host.save_settings(state / _SETTINGS)
        cluster = Cluster(state, isolation.begin(state, descriptor, started, tied=tied), extent)
        held = replace(held, init=cluster.namespaces.init, unshare=started[0].process.pid)
        lock.write(descriptor, held)
        bringing.furnish(cluster, programs)
        lock.write(descriptor, replace(held, extent=extent))
    except BaseException:  # Ctrl-C as well
        _kill(held)
        _forget(started)
        _clean(held)
        lock.let_go(descriptor)
        raise
    os.close(descriptor)  # the cluster itself holds it now
    return cluster


def _alone() -> int:
    """The lock, also where one that brought a cluster up was killed at it."""
    held = lock.holder()
    if held is not None and held.extent is None and not held.maker_lives:
        down()
    descriptor = lock.take()
    if descriptor is None:
        raise Taken(lock.said())
    return descriptor


def down(cluster: Cluster | None = None) -> None:
    """End the cluster that is there, and remove what it or one that was killed has left.

    Args:
        cluster: The one that ends, where this process has brought it up.

    Raises:
        ClusterError: It does not end.
    """
    until = time.monotonic() + _KILLED
    while (descriptor := lock.take(patience=0)) is None:
        held = lock.said()
        if held is not None:
            _kill(held)
        if time.monotonic() > until:
            raise ClusterError(f"the cluster does not end: {held}")
        time.sleep(0.02)
    _forget(cluster.namespaces.started if cluster is not None else [])
    _clean(lock.said())
    lock.let_go(descriptor)


def _kill(held: Held) -> None:
    """End the first process in the namespaces, and all others with it."""
    with suppress(ProcessLookupError):
        if held.init:
            init = os.pidfd_open(held.init)
            try:
                signal.pidfd_send_signal(init, signal.SIGKILL)
                select.select([init], [], [], _KILLED)
            finally:
                os.close(init)
    with suppress(ProcessLookupError):
        if held.unshare:
            os.kill(held.unshare, signal.SIGKILL)


def _forget(started: list[Running]) -> None:
    for each in started:
        each.stop()
    started.clear()


def _clean(left: Held | None) -> None:
    state = Path(left.state) if left is not None else places.state()
    host.unplug()
    host.remove_groups()
    host.restore_settings(state / _SETTINGS)
    if (state / "logs").exists():  # whoever asks why it failed finds them there
        shutil.rmtree(places.last_logs(), ignore_errors=True)
        shutil.move(state / "logs", places.last_logs())
    shutil.rmtree(state, ignore_errors=True)
