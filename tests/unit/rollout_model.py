"""A record that clients compare and set, a target that starts and stops revisions, and clients that die.

As abstract as can be: of a revision it is known whether it is there, how it fares, and for how many percent
it is ready. Each commit is checked against what came before.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from platformctl.domain.durations import span
from platformctl.domain.errors import Refused
from platformctl.domain.names import RevisionId
from platformctl.domain.rollout import HISTORY_LIMIT, Cause, Rollout
from platformctl.domain.route import WHOLE
from platformctl.rollout import (
    Action,
    AliasMoved,
    Approve,
    Await,
    Deploy,
    Event,
    Failed,
    Forget,
    Looked,
    MoveAlias,
    Prepare,
    Ready,
    Rollback,
    Settle,
    Sweep,
    step,
)

_MOST_BYTES = 60_000


class Fate(StrEnum):
    """How the replicas of a revision fare."""

    STARTING = "starting"
    WELL = "well"
    CRASHED = "crashed"


@dataclass
class Live:
    """A revision that is there, and the percent of all requests that it has replicas for."""

    fate: Fate = Fate.STARTING
    capacity: int = 0

    def is_ready(self, goal: int) -> bool:
        """Whether it could take that share now."""
        return self.fate is Fate.WELL and self.capacity >= goal


class Stale(Exception):
    """Somebody else has committed."""


@dataclass
class Scene:
    """All that survives a client.

    Args:
        rollout: The state, as it was read from what was written.
        newcomers: How a revision fares that is made live.
        approved: Revisions that a person has let go on, with the step from which.
    """

    rollout: Rollout = field(default_factory=Rollout)
    token: int = 0
    live: dict[RevisionId, Live] = field(default_factory=dict)
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    newcomers: Fate = Fate.WELL
    approved: set[tuple[RevisionId, int]] = field(default_factory=set)

    def copy(self) -> "Scene":
        """The same, to go on from it in another way."""
        live = {revision: Live(there.fate, there.capacity) for revision, there in self.live.items()}
        return Scene(self.rollout, self.token, live, self.now, approved=set(self.approved))

    def pass_time(self, minutes: float) -> None:
        """Let it be later."""
        self.now += timedelta(minutes=minutes)

    def commit(self, before: Rollout, event: Event | None, after: Rollout, token: int) -> int:
        """Set the state, if it is still the one of that token.

        Raises:
            Stale: It is not.
        """
        if token != self.token:
            raise Stale
        if event is not None:
            check_change(before, event, after, self.live)
            self._check_approval(before, event, after)
        check_state(after)
        text = after.model_dump_json()
        assert len(text) < _MOST_BYTES
        self.rollout = Rollout.model_validate_json(text)
        assert self.rollout == after, "what is written is what is read"
        self.token += 1
        return self.token

    def _check_approval(self, before: Rollout, event: Event, after: Rollout) -> None:
        """Nothing leaves a step that a person is to approve without that, but at the deadline."""
        auto, judged = before.auto, before.judged
        if isinstance(event, Deploy):
            self.approved.clear()
        if auto is None or judged is None:
            return
        if isinstance(event, Approve):
            self.approved.add((judged.id, event.weight))
        goes_on = isinstance(event, Looked) and after.auto is not None and after.auto.index > auto.index
        is_late = self.now >= auto.began + span(auto.policy.deadline)
        if goes_on and auto.step.gate == "manual" and not is_late:
            assert (judged.id, auto.step.weight) in self.approved


@dataclass
class Client:
    """Whoever changes a deployment: what it has seen, and what it has still to do."""

    scene: Scene
    seen: Rollout = field(init=False)
    token: int = field(init=False)
    due: list[Action] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look."""
        self.look()

    def look(self) -> None:
        """See the state as it is now, and forget what was to be done."""
        self.seen, self.token, self.due = self.scene.rollout, self.scene.token, []

    def take(self, event: Event) -> None:
        """Commit what an event makes of the state that was seen; then there are things to do.

        Raises:
            Refused: It has no place there.
            Stale: Somebody else has committed meanwhile.
        """
        taken = step(self.seen, event, self.scene.now)
        if taken.rollout != self.seen:
            self.token = self.scene.commit(self.seen, event, taken.rollout, self.token)
        self.seen, self.due = taken.rollout, list(taken.actions)

    def act(self) -> bool:
        """Do the next thing; whether there was one that could be done.

        Raises:
            Stale: Somebody else has committed meanwhile.
        """
        if not self.due:
            return False
        return self._perform(self.due.pop(0))

    def act_half(self) -> None:
        """Begin the next thing, and do not end it."""
        match self.due[0] if self.due else None:
            case Prepare(revision, _):
                self.scene.live.setdefault(revision.id, Live(self.scene.newcomers))
            case Sweep() if self.token == self.scene.token:
                for leftover in self._leftovers()[:1]:
                    self._remove(leftover)
            case MoveAlias() | Forget() | Settle() | Await() | None | Sweep():
                pass

    def act_on(self) -> None:
        """Do all that can be done.

        Raises:
            Stale: Somebody else has committed meanwhile.
        """
        while self.act():
            pass

    def _perform(self, action: Action) -> bool:
        match action:
            case Prepare(revision, goal):
                there = self.scene.live.setdefault(revision.id, Live(self.scene.newcomers))
                there.capacity = max(there.capacity, goal)
            case Settle(revision) if revision.id in self.scene.live:
                share = self.scene.rollout.route.share(revision.id)
                self.scene.live[revision.id].capacity = max(share, 1)
            case Await():
                return self._await(action)
            case Sweep():
                self._refuse_stale()
                for leftover in self._leftovers():
                    self._remove(leftover)
            case MoveAlias():
                self.take(AliasMoved())
            case Forget():
                self._refuse_stale()
                self.token = self.scene.commit(self.seen, None, Rollout(), self.token)
                self.seen = Rollout()
            case Settle():
                pass
        return True

    def _await(self, action: Await) -> bool:
        """Whether there is an answer; without one it is waited on."""
        revision = action.revision.id
        there = self.scene.live.get(revision)
        if there is None or there.fate is Fate.CRASHED:
            self.take(Failed(revision, "it crashed" if there else "it is not there any more"))
        elif there.is_ready(action.goal):
            self.take(Ready(revision))
        else:
            self.due.insert(0, action)
            return False
        return True

    def _refuse_stale(self) -> None:
        if self.token != self.scene.token:
            raise Stale

    def _leftovers(self) -> list[RevisionId]:
        retained = {revision.id for revision in self.seen.retained}
        return [revision for revision in self.scene.live if revision not in retained]

    def _remove(self, revision: RevisionId) -> None:
        assert not self.scene.rollout.route.share(revision), f"{revision} is removed with weight"
        del self.scene.live[revision]


def attempt(do: Callable[[], object]) -> bool:
    """Whether it could be done: it had its place, and nobody else came in between."""
    try:
        do()
    except (Refused, Stale):
        return False
    return True


def check_state(rollout: Rollout) -> None:
    """What holds in any state, whatever led to it."""
    weights = rollout.route.weights
    retained = [revision.id for revision in rollout.retained]
    assert not weights or sum(weights.values()) == WHOLE
    assert len(weights) <= 2, "stable and one candidate"
    assert set(weights) <= set(retained)
    assert len(rollout.history) <= HISTORY_LIMIT
    if rollout.auto is not None and rollout.auto.bakes:
        assert rollout.previous[0].id in retained, "it could not go back"


def check_change(before: Rollout, event: Event, after: Rollout, live: dict[RevisionId, Live]) -> None:
    """What holds between a state and the next."""
    _check_growth(before, event, after, live)
    _check_winner(before, event, after)
    _check_return(before, event, after)
    fresh = after.candidate if after.candidate != before.candidate else None
    if fresh and not isinstance(event, Deploy):
        was = before.candidate.revision.id if before.candidate else None
        assert fresh.revision.id == was or fresh.cause is Cause.ROLLBACK, "a new version comes from a person"
        assert isinstance(event, Rollback) or not before.rejection(fresh.revision.id), "it was rejected"


def _check_growth(before: Rollout, event: Event, after: Rollout, live: dict[RevisionId, Live]) -> None:
    grown = {r: weight for r, weight in after.route.weights.items() if weight > before.route.share(r)}
    if isinstance(event, Ready) and grown:
        assert grown.keys() == {event.revision}
        assert live[event.revision].is_ready(grown[event.revision]), "weight before readiness"
        assert not _is_held(before), "it grew although it was paused, or its figures were missing"
    elif grown:
        assert before.stable == after.stable
        assert after.stable is not None
        assert grown.keys() == {after.stable.id}, "only what served before gets weight back"
    if isinstance(event, Looked) and before.auto and (event.trouble or before.auto.pause):
        goals = [rollout.candidate.goal for rollout in (before, after) if rollout.candidate]
        assert len(set(goals)) <= 1 or goals[1] == WHOLE, "its goal grew although nothing may move"


def _is_held(rollout: Rollout) -> bool:
    """As `Rollout.is_held`, which is not to be trusted here."""
    return bool(rollout.auto and (rollout.auto.pause or rollout.auto.trouble))


def _check_winner(before: Rollout, event: Event, after: Rollout) -> None:
    if before.stable == after.stable:
        return
    assert isinstance(event, Ready), "a promotion without readiness"
    assert before.candidate is not None
    assert after.stable == before.candidate.revision
    assert before.candidate.goal == WHOLE


def _check_return(before: Rollout, event: Event, after: Rollout) -> None:
    """Who fails or is aborted leaves everything to what served before it, at once."""
    is_over = after.candidate is None and before.candidate is not None
    if is_over and not isinstance(event, Ready):
        assert after.stable == before.stable
        assert after.route.weights == ({after.stable.id: WHOLE} if after.stable else {})
    bakes = before.auto is not None and before.auto.bakes
    if bakes and isinstance(event, Failed | Looked) and after.candidate is not None:
        assert after.candidate.revision == before.previous[0]
        assert after.candidate.goal == WHOLE
