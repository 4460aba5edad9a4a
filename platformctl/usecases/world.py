"""What a use case is given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from platformctl.domain.errors import Conflict
from platformctl.domain.names import Name
from platformctl.domain.observed import Finding
from platformctl.domain.progress import Said, Warned
from platformctl.ports import Clock, Counters, Grant, Lease, Metrics, Registry, Reporter, Target
from platformctl.usecases.findings import told

LEASE_TTL = timedelta(minutes=15)

OTHERS = timedelta(seconds=15)
"""How long a command waits until somebody else is done. Who drives a rollout that decides by itself is at it
for a second or two at a time."""

_AGAIN = 0.25
"""Seconds between two tries."""


@dataclass(frozen=True)
class World:
    """The ports, and what a person set.

    Args:
        fingerprint: SHA-256 over the files of a folder, for a person's own class.
        holder: Who we are, in words, for whoever finds our lease.
        timeout: How long a revision may take to get ready.
    """

    target: Target
    registry: Registry
    lease: Lease
    counters: Counters
    metrics: Metrics
    reporter: Reporter
    clock: Clock
    fingerprint: Callable[[str], str]
    holder: str
    timeout: timedelta = timedelta(seconds=120)

    def say(self, text: str) -> None:
        """Tell what has been decided or done."""
        self.reporter.event(Said(text))

    def warn(self, text: str, hint: str = "") -> None:
        """Tell what a person should know, although it goes on."""
        self.reporter.event(Warned(text, hint))

    def tell(self, finding: Finding) -> None:
        """Tell what was found, by how bad it is."""
        self.reporter.event(told(finding))

    @contextmanager
    def only_us(self, name: Name, patience: timedelta = OTHERS) -> Iterator[None]:
        """Hold the deployment's lease.

        Args:
            name: The deployment.
            patience: How long to wait for whoever holds it.

        Raises:
            Conflict: Somebody else holds it, and goes on holding it.
        """
        grant = self._acquired(name, patience)
        try:
            yield
        finally:
            self.lease.release(grant)

    def _acquired(self, name: Name, patience: timedelta) -> Grant:
        began, is_told = self.clock.now(), False
        while True:
            try:
                return self.lease.acquire(name, self.holder, LEASE_TTL)
            except Conflict as error:
                if self.clock.now() - began >= patience:
                    raise
                if not is_told:
                    self.say(f"waiting: {error.message}")
                is_told = True
            self.clock.sleep(_AGAIN)
