"""The smaller ports, in memory: leases, the clock, and who hears how it goes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from platformctl.domain.errors import Conflict
from platformctl.domain.names import Name
from platformctl.domain.progress import Event, Said, Warned
from platformctl.ports import Grant
from tests.fakes.world import FakeWorld, Held


@dataclass(frozen=True)
class FakeGrant:
    """A lease that was acquired, and which one of all those of that name."""

    name: Name
    holder: str
    held: Held


class FakeLease:
    """Leases in a `FakeWorld`.

    Args:
        world: Where they are.
        client: Whose process it is; `FakeWorld.end` ends it.
    """

    def __init__(self, world: FakeWorld, client: str = "a client") -> None:
        self._world = world
        self._client = client

    def acquire(self, name: Name, holder: str, ttl: timedelta) -> FakeGrant:
        with self._world.lock:
            now = self._world.now
            held = self._world.leases.get(name)
            if held is not None and held.until > now:
                owner = f"{held.holder}, since {held.since:%H:%M:%S}"
                raise Conflict(f"{owner} is at work on {name}", owner=owner, hint="wait until it is done")
            taken = Held(holder, self._client, now, now + ttl)
            self._world.leases[name] = taken
            return FakeGrant(name, holder, taken)

    def release(self, grant: Grant) -> None:
        with self._world.lock:
            if isinstance(grant, FakeGrant) and self._world.leases.get(grant.name) is grant.held:
                del self._world.leases[grant.name]

    def holder(self, name: Name) -> str | None:
        held = self._world.leases.get(name)
        return held.holder if held is not None and held.until > self._world.now else None


class FakeClock:
    """The time of a `FakeWorld`; it passes only while somebody sleeps."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.now

    def sleep(self, seconds: float) -> None:
        self._world.pass_time(seconds)


@dataclass
class RecordingReporter:
    """Remembers what it was told."""

    events: list[Event] = field(default_factory=list)

    def event(self, event: Event) -> None:
        self.events.append(event)

    @property
    def said(self) -> list[str]:
        """The lines that a person would have read, warnings included."""
        return [event.text for event in self.events if isinstance(event, Said | Warned)]
