"""One writer at a time for a deployment: a Lease that its holder renews for as long as it lives.

Times are the API server's, as far as its replies tell it: clocks of clients may differ as they like.
"""

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from platformctl.adapters.cluster.api.answers import AlreadyThere, Stale
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import LEASE
from platformctl.adapters.cluster.api.objects import annotation, moment, number, text
from platformctl.adapters.cluster.state import processes
from platformctl.adapters.cluster.state.processes import Process
from platformctl.domain import manifests
from platformctl.domain.errors import Conflict, PlatformctlError
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name
from platformctl.ports import Grant

RENEWED_FOR = timedelta(seconds=15)
"""How long a lease outlives a holder that was killed elsewhere."""

_RENEWALS = 3
"""Within that time."""

_PROCESS = "platformctl.io/process"
_TRIES = 5
_EMPTY = timedelta()


@dataclass
class ClusterGrant:
    """A lease that was acquired, and the thread that renews it."""

    name: Name
    holder: str
    held: Manifest
    released: threading.Event = field(default_factory=threading.Event)
    renewing: threading.Thread | None = None


class ClusterLease:
    """Leases of `coordination.k8s.io` in the namespace.

    Args:
        api: The cluster.
        renewed_for: How long one outlives a holder of which nothing is known; never more than its ttl.
    """

    def __init__(self, api: Api, renewed_for: timedelta = RENEWED_FOR) -> None:
        self._api = api
        self._renewed_for = renewed_for

    def acquire(self, name: Name, holder: str, ttl: timedelta) -> ClusterGrant:
        """Take the lease, and renew it until it is released.

        Raises:
            Conflict: Somebody else has it; `owner` says who and since when.
        """
        duration = min(ttl, self._renewed_for)
        for _ in range(_TRIES):
            held = self._take(name, holder, duration)
            if held is not None:
                grant = ClusterGrant(name, holder, held)
                self._renew_in_background(grant, duration)
                return grant
        raise Conflict(f"{name} is being changed by several others", owner="several others", hint="try again")

    def release(self, grant: Grant) -> None:
        """Give it back. Idempotent."""
        if not isinstance(grant, ClusterGrant) or grant.released.is_set():
            return
        grant.released.set()
        if grant.renewing is not None:
            grant.renewing.join()
        # It ends by itself, and the work is done: a cluster that is gone by now does not make that fail.
        with contextlib.suppress(PlatformctlError):
            version = text(grant.held, "metadata", "resourceVersion")
            self._api.delete(LEASE, _object(grant.name), resource_version=version)

    def holder(self, name: Name) -> str | None:
        """Who has it now, in words, or None."""
        found = self._api.get(LEASE, _object(name))
        return _words(found) if found is not None and not self._is_over(found) else None

    def _take(self, name: Name, holder: str, duration: timedelta) -> Manifest | None:
        """One try; None: somebody else was faster, so look again.

        Raises:
            Conflict: Somebody has it.
        """
        found = self._api.get(LEASE, _object(name))
        if found is not None and not self._is_over(found):
            raise self._held(name, found)
        wanted = _manifest(name, self._api.namespace, holder, self._api.transport.now, duration)
        try:
            if found is None:
                return self._api.create(wanted)
            return self._api.replace(_with_version(wanted, found))
        except (AlreadyThere, Stale):
            return None

    def _renew_in_background(self, grant: ClusterGrant, duration: timedelta) -> None:
        pause = duration.total_seconds() / _RENEWALS

        def renew() -> None:
            while not grant.released.wait(pause):
                spec = {**grant.held["spec"], "renewTime": _time(self._api.transport.now)}
                try:
                    grant.held = self._api.replace({**grant.held, "spec": spec})
                except Conflict:  # it was taken over: what prevents two winners is the commit
                    return
                except PlatformctlError:  # the next one may get through
                    continue

        grant.renewing = threading.Thread(target=renew, daemon=True, name=f"lease of {grant.name}")
        grant.renewing.start()

    def _is_over(self, found: Manifest) -> bool:
        if not text(found, "spec", "holderIdentity"):
            return True
        process = _process(found)
        return (process is not None and process.is_dead) or self._left(found) <= _EMPTY

    def _left(self, found: Manifest) -> timedelta:
        """How long it lasts if it is not renewed."""
        renewed = moment(found, "spec", "renewTime") or datetime.min.replace(tzinfo=UTC)
        duration = timedelta(seconds=number(found, "spec", "leaseDurationSeconds") or 0)
        return renewed + duration - self._api.transport.now

    def _held(self, name: Name, found: Manifest) -> Conflict:
        owner, seconds = _words(found), max(1, round(self._left(found).total_seconds()))
        return Conflict(
            f"{name} is being changed by {owner}",
            owner=owner,
            hint=f"wait until that is done; if it was killed, {seconds} s are enough",
        )


def _object(name: Name) -> str:
    """What the Lease is called: other controllers have leases in the namespace too."""
    return f"platformctl-{name}"


def _manifest(
    name: Name, namespace: str, holder: str, now: datetime, duration: timedelta
) -> Mapping[str, Any]:
    process = processes.ours()
    return {
        "apiVersion": LEASE.api_version,
        "kind": LEASE.name,
        "metadata": {
            "name": _object(name),
            "namespace": namespace,
            "labels": manifests.labels(name),
            "annotations": {_PROCESS: json.dumps(process)},
        },
        "spec": {
            "holderIdentity": f"{holder} (process {process.number} on {socket.gethostname()})",
            "leaseDurationSeconds": max(1, round(duration.total_seconds())),
            "acquireTime": _time(now),
            "renewTime": _time(now),
        },
    }


def _with_version(wanted: Mapping[str, Any], found: Manifest) -> Manifest:
    version = text(found, "metadata", "resourceVersion")
    return {**wanted, "metadata": {**wanted["metadata"], "resourceVersion": version}}


def _process(found: Manifest) -> Process | None:
    try:
        machine, number_, started = json.loads(annotation(found, _PROCESS))
    except ValueError:
        return None
    return Process(str(machine), int(number_), str(started))


def _words(found: Manifest) -> str:
    since = text(found, "spec", "acquireTime")[:19]
    return f"{text(found, 'spec', 'holderIdentity')}, since {since}Z"


def _time(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
