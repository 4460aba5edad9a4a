"""One writer at a time for a deployment: a lock that the kernel frees when its holder dies."""

import fcntl
import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platformctl.adapters.local.disk import writing
from platformctl.adapters.local.home import Home
from platformctl.domain.errors import Conflict
from platformctl.domain.names import Name
from platformctl.ports import Grant

_PATIENCE = 0.1
"""Seconds; `holder` holds the lock for microseconds, and that must not look like a writer."""


@dataclass(frozen=True)
class FlockGrant:
    """A lease that was acquired; `descriptor` is the open, locked file."""

    name: Name
    holder: str
    descriptor: int


class FlockLease:
    """Leases as locked files. `ttl` is not needed: the kernel frees a lock with its holder."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._held: dict[int, FlockGrant] = {}

    def acquire(self, name: Name, holder: str, ttl: timedelta) -> FlockGrant:  # noqa: ARG002 - the port's
        """Take the lease.

        Raises:
            Conflict: Another process has it; `owner` says which and since when.
        """
        path = self._path(name)
        with writing("a lease", path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(descriptor, time.monotonic() + _PATIENCE):
            owner = _owner(os.pread(descriptor, 4096, 0))
            os.close(descriptor)
            raise Conflict(f"{name} is being changed by {owner}", owner=owner, hint="wait until that is done")
        with writing("a lease", path):
            _sign(descriptor, holder)
        grant = self._held[descriptor] = FlockGrant(name, holder, descriptor)
        return grant

    def release(self, grant: Grant) -> None:
        """Give it back. Idempotent."""
        if isinstance(grant, FlockGrant) and self._held.get(grant.descriptor) is grant:
            del self._held[grant.descriptor]
            os.close(grant.descriptor)

    def holder(self, name: Name) -> str | None:
        """Who has it now, in words, or None."""
        try:
            descriptor = os.open(self._path(name), os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _owner(os.pread(descriptor, 4096, 0))
        else:
            return None
        finally:
            os.close(descriptor)

    def _path(self, name: Name) -> Path:
        return self._home.leases / f"{name}.lock"


def _lock(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.005)
        else:
            return True


def _sign(descriptor: int, holder: str) -> None:
    """Write who holds it. Nobody needs this to survive a crash: it is only ever read while locked."""
    text = json.dumps({"holder": holder, "pid": os.getpid(), "since": datetime.now(UTC).isoformat()})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _owner(content: bytes) -> str:
    """Who holds it, in words. It may not have been written yet."""
    try:
        held = json.loads(content)
        return f"{held['holder']} (process {held['pid']}, since {held['since'][:19]}Z)"
    except (ValueError, KeyError, TypeError):
        return "another platformctl"
