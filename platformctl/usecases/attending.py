"""Go on with rollouts that decide by themselves when no command does."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from platformctl.domain.errors import Unreachable
from platformctl.domain.names import Name
from platformctl.domain.rollout import Rollout
from platformctl.ports import Clock, Registry
from platformctl.usecases.automatic import Driver
from platformctl.usecases.drive import finish_interrupted
from platformctl.usecases.world import World

REST = timedelta(minutes=1)
"""How long a registry that did not move an alias is left alone."""


@dataclass
class _Patient:
    """A registry that is not asked at every look to move an alias which it has just not moved."""

    registry: Registry
    clock: Clock
    again: datetime | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self.registry, name)

    def move_alias(self, model: str, alias: str, version: str) -> None:
        """Move it, or say that it is too early for another try."""
        now = self.clock.now()
        if self.again is not None and now < self.again:
            raise Unreachable(f"the registry has just not moved {alias}")
        self.again = now + REST
        self.registry.move_alias(model, alias, version)
        self.again = None


@dataclass
class Attendant:
    """Takes the turns of deployments that go on by themselves.

    It yields to who is at it already, as a command in the foreground: a rollout that has changed since it
    was last seen is left alone until the next round. So a command that dies is followed at once.

    Args:
        open_world: The ports for a deployment.
    """

    open_world: Callable[[Name], World]
    _worlds: dict[Name, World] = field(default_factory=dict)
    _drivers: dict[Name, Driver] = field(default_factory=dict)
    _seen: dict[Name, Rollout] = field(default_factory=dict)
    _again: dict[Name, datetime] = field(default_factory=dict)

    def attend(self, name: Name, rollout: Rollout) -> None:
        """Take a turn, unless it is somebody else's; tell what it has come to.

        Raises:
            Conflict: Somebody else is at work on it.
            PlatformctlError: What a turn meets.
        """
        before, self._seen[name] = self._seen.get(name, rollout), rollout
        if before != rollout:
            return
        if name not in self._drivers:
            self._drivers[name] = Driver(self._world(name))
        after = self._drivers[name].turn(name).rollout
        self._seen[name] = after
        for record in after.history:
            if record not in rollout.history:
                self._world(name).say(record.told)

    def tidy(self, name: Name) -> bool:
        """Do what is left of a rollout that has ended, and forget it; say whether nothing is left.

        Raises:
            Conflict: Somebody else is at work on it.
            PlatformctlError: What finishing meets.
        """
        world = self._world(name)
        now = world.clock.now()
        if now < self._again.get(name, now):
            return False
        with world.only_us(name, timedelta()):
            driven = finish_interrupted(world, name)
        if isinstance(driven.alias_error, Unreachable):
            self._again[name] = now + REST
            return False
        self.forget(name)
        return True

    def forget(self, name: Name) -> None:
        """Keep nothing of it."""
        for kept in (self._worlds, self._drivers, self._seen, self._again):
            kept.pop(name, None)

    def _world(self, name: Name) -> World:
        if name not in self._worlds:
            world = self.open_world(name)
            patient = _Patient(world.registry, world.clock)
            self._worlds[name] = replace(world, registry=patient)  # type: ignore[arg-type]  # a proxy
        return self._worlds[name]
