"""What is true outside of any client: the time, what is live, what is recorded, who holds what."""

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from platformctl.domain.counts import Counts
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Faster, RevisionStatus, Serving, Token
from platformctl.domain.revision import Revision, Scale

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_SERVING = Serving(
    runtime="sklearn",
    why="scikit-learn flavour of MLmodel: model.pkl; preprocessing fused",
    faster=(Faster("onnx", "platformctl model onnx churn"),),
    batch_rows=64,
    by_row=True,
    libraries={"scikit-learn": "1.9.1"},
)


@dataclass(frozen=True)
class Behaviour:
    """How the replicas of a revision fare, in seconds after each one's start.

    Args:
        ready_after: When a replica begins to answer; None: never.
        failure: Why it will never get ready by itself; seen from `ready_after` on.
        crashes_after: When a replica that was ready stops to answer.
        down_for: How long it stays away then.
        again: Whether it crashes over and over: as long after it came back as after its start.
        status: The HTTP status of its answers; 0: the connection is reset.
        serving: What a replica that answers says of itself; None: nothing.
        beside: What else its status says, as a cluster's does.
    """

    ready_after: float | None = 1.0
    failure: str | None = None
    crashes_after: float | None = None
    down_for: float = math.inf
    again: bool = False
    status: int = 200
    serving: Serving | None = _SERVING
    beside: Mapping[str, Any] = field(default_factory=dict)

    def failed(self, age: float) -> bool:
        """Whether a replica of that age has given up."""
        return self.failure is not None and age >= (self.ready_after or 0)

    def crashed(self, age: float) -> bool:
        """Whether a replica of that age was ready and is gone."""
        return self.crashes_after is not None and 0 <= self._lived(age) - self.crashes_after < self.down_for

    def crashes(self, age: float) -> int:
        """How often a replica of that age has crashed: no more than what it does again is remembered."""
        return self.crashed(age) + (int(age // self._life) if self.again else 0)

    def answers(self, age: float) -> bool:
        """Whether a replica of that age answers."""
        if self.failure is not None or self.ready_after is None or age < self.ready_after:
            return False
        return not self.crashed(age)

    def changed(self, age: float) -> float:
        """The age at which a replica of that age last began or ceased to answer; 0: at its start."""
        moments = [0.0, self.ready_after or 0.0]
        if self.crashes_after is not None:
            moments += [self.crashes_after, self.crashes_after + self.down_for]
        lived = self._lived(age)
        return age - lived + max(moment for moment in moments if moment <= lived)

    def _lived(self, age: float) -> float:
        """Seconds since a replica of that age was started, or came back to crash again."""
        return age % self._life if self.again else age

    @property
    def _life(self) -> float:
        return (self.crashes_after or 0) + self.down_for


@dataclass
class Live:
    """A revision that is there, and when each of its replicas was started."""

    revision: Revision
    scale: Scale
    starts: list[datetime]


@dataclass(frozen=True)
class Recorded:
    """What a target keeps of a deployment, as bytes would be: nothing of a client's memory is in it."""

    route: str
    rollout: str
    token: Token
    by: str


@dataclass(frozen=True)
class Held:
    """A lease: who has it in words, which client that is, since when, and when it ends by itself."""

    holder: str
    client: str
    since: datetime
    until: datetime


@dataclass
class FakeWorld:
    """All that survives a client."""

    now: datetime = _EPOCH
    behaviours: dict[RevisionId, Behaviour] = field(default_factory=dict)
    live: dict[RevisionId, Live] = field(default_factory=dict)
    recorded: dict[Name, Recorded] = field(default_factory=dict)
    logs: dict[RevisionId, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: dict[RevisionId, Counts] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    metrics_are_down: bool = False
    counters_are_down: bool = False
    while_time_passes: Callable[[float], object] | None = None
    leases: dict[Name, Held] = field(default_factory=dict)
    target_is_down: bool = False
    scales: bool = False
    """Whether something scales revisions by itself, so that it is said what they are told to keep to."""
    room: int | None = None
    """How many replicas there are GPUs for; None: any number."""
    violations: list[str] = field(default_factory=list)
    beside: Mapping[str, Any] = field(default_factory=dict)
    """What else is said of every deployment, as a cluster does."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    _commits: int = 0
    _requests: int = 0
    _plans: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    def pass_time(self, seconds: float) -> None:
        """Let time pass; what was planned for it happens in order, each thing at its time."""
        if self.while_time_passes is not None:
            self.while_time_passes(seconds)
        end = self.now + timedelta(seconds=seconds)
        while plans := sorted((at, n) for n, (at, _) in enumerate(self._plans) if at <= end):
            at, happen = self._plans.pop(plans[0][1])
            self.now = max(self.now, at)
            happen()
        self.now = end

    def later(self, seconds: float, happen: Callable[[], None]) -> None:
        """Plan something that happens while a client sleeps."""
        self._plans.append((self.now + timedelta(seconds=seconds), happen))

    def end(self, client: str) -> None:
        """A client's process ends, however; its leases end with it."""
        self.leases = {name: held for name, held in self.leases.items() if held.client != client}

    def behaviour(self, revision: RevisionId) -> Behaviour:
        """How that revision fares; well, if nothing else was said."""
        return self.behaviours.get(revision, Behaviour())

    def start(self, revision: Revision, scale: Scale) -> None:
        """Start all replicas of a revision, for the first time or anew."""
        self.live[revision.id] = Live(revision, scale, [self.now] * scale.minimum)
        self.logs[revision.id].append(f"starting {revision.id}")
        failure = self.behaviour(revision.id).failure
        if failure is not None:
            self.logs[revision.id].append(failure)

    def resize(self, revision: RevisionId, scale: Scale) -> None:
        """Start the replicas that are missing, stop the newest of those that are too many."""
        live = self.live[revision]
        missing = scale.minimum - len(live.starts)
        live.scale = scale
        live.starts = [*live.starts, *[self.now] * missing][: scale.minimum]

    def lacks_room(self, revision: RevisionId, scale: Scale) -> bool:
        """Whether there are not GPUs enough for a revision of that scale, beside all that is there."""
        others = sum(len(live.starts) for other, live in self.live.items() if other != revision)
        has = len(self.live[revision].starts) if revision in self.live else 0
        wants = 0 if scale.shared else scale.minimum
        return self.room is not None and wants > has and others + wants > self.room

    def status(self, revision: RevisionId) -> RevisionStatus:
        """How a live revision is now."""
        behaviour, starts = self.behaviour(revision), self.live[revision].starts
        ages = [(self.now - start).total_seconds() for start in starts]
        changes = [
            start + timedelta(seconds=behaviour.changed(age)) for start, age in zip(starts, ages, strict=True)
        ]
        crashes = sum(behaviour.crashes(age) for age in ages)
        ready = sum(behaviour.answers(age) for age in ages)
        return RevisionStatus(
            replicas=len(starts),
            ready=ready,
            since=max(changes, default=None),
            restarts=crashes,
            failure=behaviour.failure if any(behaviour.failed(age) for age in ages) else None,
            detail="restarting" if any(behaviour.crashed(age) for age in ages) else "",
            serving=behaviour.serving if ready else None,
            scale=self.live[revision].scale if self.scales else None,
            **behaviour.beside,
        )

    def next_token(self) -> Token:
        """A token that no state has ever had."""
        self._commits += 1
        return Token(str(self._commits))

    def next_request(self) -> int:
        """The number of a request that is to be routed, from 0."""
        self._requests += 1
        return self._requests - 1
