"""What a use case is given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from platformctl.domain.names import Name
from platformctl.domain.progress import Said, Warned
from platformctl.ports import Clock, Counters, Lease, Metrics, Registry, Reporter, Target

LEASE_TTL = timedelta(minutes=15)


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

    @contextmanager
    def only_us(self, name: Name) -> Iterator[None]:
        """Hold the deployment's lease.

        Raises:
            Conflict: Somebody else holds it.
        """
        grant = self.lease.acquire(name, self.holder, LEASE_TTL)
        try:
            yield
        finally:
            self.lease.release(grant)
