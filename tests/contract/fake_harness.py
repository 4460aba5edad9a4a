"""The fakes, held to the same contract as what they stand for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from platformctl.domain.names import Name
from platformctl.domain.revision import Revision
from platformctl.ports import Registry, Target
from tests.fakes import (
    Behaviour,
    FakeClock,
    FakeCounters,
    FakeLease,
    FakeRegistry,
    FakeTarget,
    FakeVersion,
    FakeWorld,
    columns,
    mlmodel,
)
from tests.fakes.values import revision


@dataclass(frozen=True)
class FakeTargetHarness:
    """A world with two clients."""

    world: FakeWorld = field(default_factory=FakeWorld)
    body: bytes = b'{"instances": [[1, 2]]}'
    counts_what_nobody_answered: bool = True

    @property
    def target(self) -> FakeTarget:
        return FakeTarget(self.world, "one client")

    @property
    def another(self) -> FakeTarget:
        return FakeTarget(self.world, "another client")

    @property
    def unreachable(self) -> Target:
        return FakeTarget(FakeWorld(target_is_down=True))

    @property
    def counters(self) -> FakeCounters:
        return FakeCounters(self.world)

    def working_revision(self, name: Name, tag: int) -> Revision:
        return revision(tag, name)

    def failing_revision(self, name: Name, tag: int) -> Revision:
        failing = revision(tag, name)
        self.world.behaviours[failing.id] = Behaviour(failure="the model cannot be loaded")
        return failing

    def until(self, condition: Callable[[], bool], timeout: float = 60) -> None:
        end = self.world.now + timedelta(seconds=timeout)
        while not condition():
            assert self.world.now < end, f"not within {timeout} s"
            self.world.pass_time(0.5)

    @contextmanager
    def corrupted(self, name: Name) -> Iterator[None]:
        recorded = self.world.recorded[name]
        self.world.recorded[name] = replace(recorded, rollout=recorded.rollout[:-1])
        yield
        self.world.recorded[name] = recorded


@dataclass(frozen=True)
class FakeRegistryHarness:
    """A registry with the four versions that the suite asks for."""

    registry: FakeRegistry
    model: str = "customer churn"

    @property
    def unreachable(self) -> Registry:
        return FakeRegistry(is_down=True)

    def files(self, version: str) -> Mapping[str, bytes]:
        return self.registry.models[self.model][version].files or {}


@dataclass(frozen=True)
class FakeLeaseHarness:
    """A world in which clients die."""

    world: FakeWorld = field(default_factory=FakeWorld)

    @property
    def lease(self) -> FakeLease:
        return FakeLease(self.world, "one client")

    @property
    def another(self) -> FakeLease:
        return FakeLease(self.world, "another client")

    def abandon(self, name: Name) -> None:
        FakeLease(self.world, "a dead client").acquire(name, "deploy (a dead client)", timedelta(minutes=10))
        self.world.end("a dead client")


@contextmanager
def fake_target(_: Path) -> Iterator[FakeTargetHarness]:
    """A target in memory."""
    yield FakeTargetHarness()


@contextmanager
def fake_registry(_: Path) -> Iterator[FakeRegistryHarness]:
    """A registry in memory."""
    registry = FakeRegistry()
    harness = FakeRegistryHarness(registry)
    unusable = FakeVersion(files=None), FakeVersion(status="PENDING_REGISTRATION")
    signed = FakeVersion(files={"MLmodel": mlmodel(inputs=columns(age="long")), "data/model.skops": b"\x00"})
    registry.register(harness.model, signed, FakeVersion(), *unusable)
    yield harness


@contextmanager
def fake_lease(_: Path) -> Iterator[FakeLeaseHarness]:
    """Leases in memory."""
    yield FakeLeaseHarness()


@contextmanager
def fake_clock(_: Path) -> Iterator[FakeClock]:
    """A clock whose time passes in no time."""
    yield FakeClock(FakeWorld())
