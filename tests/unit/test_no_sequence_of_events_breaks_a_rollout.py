"""Whatever happens, in whatever order: what holds of a rollout, and that the table tells the truth."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platformctl.domain.automatic import Evidences
from platformctl.domain.errors import Refused
from platformctl.domain.gates import Outcome, Verdict
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import (
    HISTORY_LIMIT,
    PREVIOUS_LIMIT,
    AliasMove,
    Cause,
    Phase,
    Rollout,
)
from platformctl.rollout import (
    TABLE,
    AliasMoved,
    Approve,
    Await,
    Continue,
    Delete,
    Deploy,
    Event,
    Failed,
    Looked,
    MoveAlias,
    Pause,
    Promote,
    Ready,
    Respec,
    Resume,
    Rollback,
    Step,
    due,
    step,
)
from tests.fakes.values import canary, revision, steady, wanted, without_times

pytestmark = pytest.mark.quick

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REVISIONS = [revision(version) for version in (1, 2, 3, 4)]
PASS, FAIL, UNSURE = (
    Verdict("errors", outcome, "14 of 610") for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE)
)
SWIFT = RolloutPolicy.model_validate(
    {"steps": [{"weight": 10, "hold": "0s"}, {"weight": 50, "hold": "0s", "gate": "manual"}, 100]}
)
PATIENT = SWIFT.model_copy(update={"on_fail": "pause", "deadline": "1h", "bake": "0s"})
LATE = PATIENT.model_copy(update={"deadline": "0s", "on_inconclusive": "rollback"})
MOVE = AliasMove(model="churn", alias="champion", version="2")

specs = st.sampled_from([wanted(keep=keep) for keep in (0, 1, 2)])
revisions = st.sampled_from(REVISIONS)
ids = revisions.map(lambda one: one.id)
deployments = st.builds(Deploy, specs, revisions, st.sampled_from([1, 10, 50, 99, 100]))
by_themselves = st.builds(
    Deploy, specs, revisions, st.sampled_from([10, 50, 100]), auto=st.sampled_from([SWIFT, PATIENT, LATE])
)
verdicts = st.sampled_from([(), (PASS,), (PASS,), (FAIL,), (UNSURE,), (PASS, UNSURE)])
events = st.one_of(
    deployments,
    by_themselves,
    by_themselves,
    st.builds(Ready, ids),
    st.builds(Ready, ids),
    st.builds(Failed, ids, st.just("it crashed")),
    st.builds(Respec, specs),
    st.builds(Promote, st.sampled_from([None, MOVE])),
    st.builds(Rollback, st.none() | revisions),
    st.builds(Looked, ids, st.just(Evidences()), verdicts, st.sampled_from([0, 100])),
    st.builds(Looked, ids, st.just(Evidences()), verdicts, st.just(100)),
    st.builds(Looked, ids, st.none(), verdicts, trouble=st.just("no answer")),
    st.just(Pause("ada")),
    st.just(Continue()),
    st.builds(Approve, st.sampled_from([10, 50, 100])),
    st.just(AliasMoved()),
    st.just(Resume()),
)


def _take(rollout: Rollout, event: Event, now: datetime = NOW) -> Step | None:
    try:
        return step(rollout, event, now)
    except Refused:
        return None


@settings(max_examples=400, deadline=None)
@given(st.lists(events, max_size=30))
def test_every_state_on_the_way_is_sound(story: list[Event]) -> None:
    rollout = Rollout()
    for minute, event in enumerate(story):
        taken = _take(rollout, event, NOW + timedelta(minutes=minute))
        if taken is not None:
            _check_change(rollout, event, taken)
            _check_state(taken.rollout)
            rollout = taken.rollout


def _is_old_news(rollout: Rollout, event: Event) -> bool:
    """Whether it is about a revision that nothing is to be decided about, or while nothing may move."""
    candidate = rollout.candidate.revision.id if rollout.candidate else None
    judged = rollout.judged.id if rollout.judged else None
    match event:
        case Ready():
            return event.revision != candidate or rollout.is_held
        case Failed():
            return event.revision != (judged if rollout.phase is Phase.STEADY else candidate)
        case Looked():
            return event.revision != judged
    return False


def _check_state(rollout: Rollout) -> None:
    candidate, stable = rollout.candidate, rollout.stable
    routed = set(rollout.route.weights)
    assert not routed or sum(rollout.route.weights.values()) == 100
    assert routed <= {one.id for one in (stable, candidate and candidate.revision) if one}
    assert routed <= {one.id for one in rollout.retained}
    assert candidate is None or candidate.share <= candidate.goal
    assert stable is None or candidate is None or candidate.revision.id != stable.id
    previous = [one.id for one in rollout.previous]
    assert len(previous) == len(set(previous)) <= PREVIOUS_LIMIT
    assert stable is None or (stable.id not in previous and rollout.rejection(stable.id) is None)
    rejected = [one.revision for one in rollout.rejected]
    assert len(rejected) == len(set(rejected))
    if candidate and candidate.cause is Cause.DEPLOY:
        assert candidate.revision.id not in rejected
    assert rollout.alias_on_promotion is None or candidate is not None
    assert (rollout.judged is None) == (rollout.auto is None)
    if rollout.auto and rollout.auto.bakes:
        assert rollout.previous[0] in rollout.retained


def _check_change(before: Rollout, event: Event, taken: Step) -> None:
    after = taken.rollout
    assert _is_old_news(before, event) == (after is before and isinstance(event, Ready | Failed | Looked))
    assert _is_old_news(before, event) or after.phase in TABLE[before.phase, type(event)].to
    grown = {r for r, weight in after.route.weights.items() if weight > before.route.share(r)}
    given_back = {before.stable.id} if before.stable and before.stable == after.stable else set()
    assert grown - given_back <= ({event.revision} if isinstance(event, Ready) else set())
    assert taken.actions == due(after)
    waits = [action for action in taken.actions if isinstance(action, Await)]
    assert bool(waits) == (after.phase in {Phase.PREPARING, Phase.SHIFTING} and not after.is_held)
    moves = [action.move for action in taken.actions if isinstance(action, MoveAlias)]
    assert moves == ([after.alias_move] if after.alias_move else [])
    assert (after.since == before.since) or (after.phase is not before.phase)


@settings(max_examples=100, deadline=None)
@given(st.lists(events, min_size=5, max_size=30))
def test_what_was_written_is_what_is_read(story: list[Event]) -> None:
    rollout = Rollout()
    for event in story:
        taken = _take(rollout, event)
        rollout = taken.rollout if taken else rollout
    read = Rollout.model_validate_json(rollout.model_dump_json())
    assert read == rollout
    assert read.route == rollout.route
    assert due(read) == due(rollout)


def test_what_is_remembered_has_limits() -> None:
    rollout = Rollout()
    for version in range(1, 150):
        rollout = step(rollout, Deploy(wanted(), revision(version), 100), NOW).rollout
        rollout = step(rollout, Ready(revision(version).id), NOW).rollout
    assert (len(rollout.history), len(rollout.previous)) == (HISTORY_LIMIT, PREVIOUS_LIMIT)
    assert rollout.history[-1].revision == revision(149).id
    assert rollout.previous[0] == revision(148)


def test_every_event_in_every_phase_is_in_the_table_or_refused() -> None:
    examples = {rollout.phase: rollout for rollout in _reachable()}
    assert set(examples) == set(Phase)
    for phase, rollout in examples.items():
        for kind in get_args(Event):
            event = next(one for one in _EVENTS if type(one) is kind)
            if (phase, kind) not in TABLE:
                with pytest.raises(Refused):
                    step(rollout, event, NOW)


def test_the_table_names_exactly_the_phases_that_are_reached() -> None:
    reached: dict[tuple[Phase, type[Event]], set[Phase]] = {key: set() for key in TABLE}
    for rollout in _reachable():
        for event in _EVENTS:
            taken = _take(rollout, event)
            if taken is not None and not _is_old_news(rollout, event):
                reached[rollout.phase, type(event)].add(taken.rollout.phase)
    assert reached == {key: set(transition.to) for key, transition in TABLE.items()}


_EVENTS: list[Event] = [
    *(Deploy(wanted(), one, goal) for one in REVISIONS[:3] for goal in (10, 50, 100)),
    *(Deploy(wanted(), one, 10, auto=policy) for one in REVISIONS[:3] for policy in (SWIFT, LATE)),
    *(Looked(REVISIONS[1].id, Evidences(), verdicts, 100) for verdicts in ([PASS], [FAIL], [UNSURE])),
    Looked(REVISIONS[1].id, None, trouble="no answer"),
    Pause(),
    Continue(),
    Approve(10),
    Approve(50),
    *(Ready(one.id) for one in REVISIONS[:3]),
    *(Failed(one.id, "it crashed") for one in REVISIONS[:3]),
    *(Rollback(one) for one in REVISIONS[:3]),
    Rollback(),
    Promote(),
    Promote(MOVE),
    Respec(wanted(keep=2)),
    AliasMoved(),
    Resume(),
    Delete(),
]


def _by_itself(one: Revision, two: Revision) -> Iterator[Rollout]:
    """One that decides by itself at its first step, on its way to all requests, and when it has them."""
    rollout = steady(one)
    story: list[Event] = [
        Deploy(wanted(), two, 10, auto=SWIFT),
        Ready(two.id),
        Looked(two.id, Evidences(), [PASS], 100),
        Ready(two.id),
        Approve(50),
        Looked(two.id, Evidences(), [PASS], 100),
        Ready(two.id),
    ]
    for event in story:
        rollout = step(rollout, event, NOW).rollout
        yield rollout


def _reachable() -> Iterator[Rollout]:
    """All states within three events of where deployments usually are, each once."""
    one, two, three = REVISIONS[:3]
    ring = [Rollout(), steady(one), steady(two, one), canary(one, two, 10), canary(three, two, 50)]
    ring += [*_by_itself(one, two)]
    seen = {str(without_times(rollout)) for rollout in ring}
    yield from ring
    for _ in range(2):
        after = [taken.rollout for rollout in ring for event in _EVENTS if (taken := _take(rollout, event))]
        ring = [r for r in after if (key := str(without_times(r))) not in seen and not seen.add(key)]  # type: ignore[func-returns-value] # add returns None, so `not` keeps the first of each
        yield from ring
