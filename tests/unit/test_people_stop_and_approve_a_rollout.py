"""Pause, continue, approve, abort, promote, and a newer version, while a rollout decides by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from platformctl.domain.automatic import Automatic, Evidences, Stop
from platformctl.domain.errors import Refused
from platformctl.domain.gates import Kind, Outcome, Standing, Verdict
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.rollout import HISTORY_LIMIT, AliasMove, Cause, Phase, Rollout
from platformctl.domain.windows import Tally
from platformctl.rollout import (
    Approve,
    Await,
    Continue,
    Deploy,
    Event,
    Failed,
    Looked,
    Pause,
    Promote,
    Ready,
    Resume,
    Rollback,
    step,
)
from tests.fakes.values import revision, steady, wanted

pytestmark = pytest.mark.quick

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO, THREE = (revision(version) for version in (1, 2, 3))
STEPS = [{"weight": 10, "hold": "0s"}, {"weight": 50, "hold": "0s", "gate": "manual"}, 100]
GOOD, BAD = (Verdict("errors", outcome, "14 of 610") for outcome in (Outcome.PASS, Outcome.FAIL))
SEEN = Standing(seen=Tally(requests=610, events=14))


def _known(*verdicts: Verdict, requests: int = 100) -> Looked:
    evidence = Evidences(standings={Kind.ERRORS: SEEN}, bound=250.0, limits={Kind.ERRORS: 0.02})
    return Looked(TWO.id, evidence, verdicts, requests)


def _begun(**policy: object) -> Rollout:
    """Version 2 gets ready for the first step."""
    auto = RolloutPolicy.model_validate({"steps": STEPS, **policy})
    return step(steady(ONE), Deploy(wanted(), TWO, auto.steps[0].weight, auto=auto), NOW).rollout


def _after(rollout: Rollout, *events: Event, minutes: float = 0) -> Rollout:
    for event in events:
        rollout = step(rollout, event, NOW + timedelta(minutes=minutes)).rollout
    return rollout


def _auto(rollout: Rollout) -> Automatic:
    assert rollout.auto is not None
    return rollout.auto


PREPARING = _begun()
CANARY = _after(PREPARING, Ready(TWO.id))
SHIFTING = _after(CANARY, _known(GOOD))
MANUAL = _after(SHIFTING, Ready(TWO.id))
BAKING = _after(MANUAL, Approve(50), _known(GOOD), Ready(TWO.id))
EACH: Sequence[Rollout] = (PREPARING, CANARY, SHIFTING, MANUAL, BAKING)
PHASES = ("preparing", "canary", "shifting", "manual", "baking")


def test_the_phases_are_those_that_they_are_called() -> None:
    assert [rollout.phase for rollout in EACH] == ["preparing", "canary", "shifting", "canary", "steady"]
    assert _auto(BAKING).bakes
    assert BAKING.stable == TWO


@pytest.mark.parametrize("rollout", EACH, ids=PHASES)
def test_paused_anywhere_it_stays_as_it_is_until_a_person_says_so(rollout: Rollout) -> None:
    paused = _after(rollout, Pause("ada"))
    pause = _auto(paused).pause
    assert pause is not None
    assert (pause.why, pause.detail) == (Stop.ASKED, "ada")
    assert paused.route == rollout.route
    assert not any(isinstance(action, Await) for action in step(paused, Resume(), NOW).actions)
    for event in (Resume(), Pause("bob"), *_moving(paused)):
        assert _after(paused, event).route == rollout.route
    again = _after(paused, Continue())
    assert _auto(again) == _auto(rollout)
    assert step(again, Resume(), NOW).actions == step(rollout, Resume(), NOW).actions


def _moving(rollout: Rollout) -> Sequence[Event]:
    """What would move it, were it not paused."""
    if rollout.phase in {Phase.PREPARING, Phase.SHIFTING}:
        return [Ready(TWO.id)]
    return [_known(GOOD)]


def test_at_its_deadline_it_takes_the_last_step_once() -> None:
    waiting = _after(_begun(deadline="1h", onInconclusive="promote"), Ready(TWO.id))
    late = _after(waiting, _known(GOOD), _known(GOOD), _known(GOOD), minutes=60)
    assert late.candidate is not None
    assert (late.phase, late.candidate.goal) == (Phase.SHIFTING, 100)
    assert [record.event for record in late.history].count("step") == 2, "to 50 %, and to 100 %"
    assert _after(late, Ready(TWO.id), minutes=61).stable == TWO


def test_what_happens_over_and_over_leaves_the_rest_of_the_history() -> None:
    flaps: list[Event] = [Looked(TWO.id, None, trouble="3 requests found no version"), _known()]
    flapping = _after(MANUAL, *flaps * HISTORY_LIMIT)
    assert [record.event for record in flapping.history[len(MANUAL.history) :]] == [
        "no figures",
        "figures are back",
    ]
    tries: list[Event] = [_known(BAD), Failed(ONE.id, "no such image")]
    stuck = _after(BAKING, *tries * HISTORY_LIMIT)
    assert [record.told for record in stuck.history[len(BAKING.history) :]] == [
        f"failed {TWO.id}: errors fail: 14 of 610",
        f"failed {ONE.id}: no such image",
    ]


def test_continue_without_a_pause_changes_nothing() -> None:
    assert _after(CANARY, Continue()) is CANARY


def test_the_time_that_it_was_paused_is_none_of_its_steps() -> None:
    paused = _after(_after(_begun(deadline="1h"), Ready(TWO.id)), Pause("ada"), minutes=10)
    again = _after(paused, Continue(), minutes=130)
    assert _auto(again).began == NOW + timedelta(hours=2)
    assert _auto(_after(again, _known(requests=0), minutes=175)).pause is None
    late = _auto(_after(again, _known(requests=0), minutes=185)).pause
    assert late is not None
    assert late.why is Stop.DEADLINE


def test_what_was_late_has_as_much_time_again() -> None:
    rollout = _after(_begun(deadline="1h"), Ready(TWO.id))
    late = _after(rollout, _known(requests=0), minutes=61)
    pause = _auto(late).pause
    assert pause is not None
    assert (pause.why, pause.detail) == (Stop.DEADLINE, "not decided within 1h: 0 of 10 requests at 10 %")
    again = _auto(_after(late, Continue(), minutes=200))
    assert (again.pause, again.began) == (None, NOW + timedelta(minutes=200))


def test_what_failed_is_judged_anew() -> None:
    rollout = _after(_begun(onFail="pause"), Ready(TWO.id))
    failed = _after(rollout, _known(BAD))
    assert failed.route == rollout.route
    assert failed.rejected == ()
    pause = _auto(failed).pause
    assert pause is not None
    assert (pause.why, pause.detail) == (Stop.FAILED, "errors fail: 14 of 610")
    again = _auto(_after(failed, Continue()))
    assert again.evidence == Evidences(bound=250.0, limits={Kind.ERRORS: 0.02})
    assert _auto(_after(_after(failed, Continue()), _known(BAD))).pause is not None


def test_what_a_person_paused_keeps_its_evidence() -> None:
    rollout = _after(CANARY, _known(GOOD, requests=5), Pause(), Continue())
    assert _auto(rollout).evidence.standings == {Kind.ERRORS: SEEN}


@pytest.mark.parametrize("on_fail", ["rollback", "pause"])
def test_a_failure_while_it_is_paused_does_as_the_policy_says(on_fail: str) -> None:
    rollout = _after(_begun(onFail=on_fail), Ready(TWO.id), Pause("ada"), _known(BAD))
    if on_fail == "rollback":
        assert rollout.route.weights == {ONE.id: 100}
        assert rollout.rejection(TWO.id)
    else:
        assert rollout.route.weights == {ONE.id: 90, TWO.id: 10}
        assert rollout.is_held


def test_an_approval_lets_the_step_end_once() -> None:
    assert _after(MANUAL, _known(GOOD)).phase is Phase.CANARY
    approved = _after(MANUAL, Approve(50))
    assert _after(approved, Approve(50)) is approved
    shifting = _after(approved, _known(GOOD))
    assert shifting.candidate is not None
    assert (shifting.phase, shifting.candidate.goal) == (Phase.SHIFTING, 100)
    assert not _auto(shifting).approved


def test_a_step_can_be_approved_while_it_is_on_its_way() -> None:
    for rollout in (PREPARING, SHIFTING):
        assert _auto(_after(rollout, Approve(_auto(rollout).step.weight))).approved


@pytest.mark.parametrize(
    ("rollout", "weight", "message", "hint"),
    [
        (MANUAL, 10, "the step at 10 % has passed: it is at 50 %", "approve churn --step 50"),
        (CANARY, 50, "the step at 50 % has not been reached: it is at 10 %", "approve churn --step 10"),
        (CANARY, 30, "there is no step at 30 %", "its steps are 10, 50, 100; it is at 10 %"),
        (BAKING, 50, "all its steps are taken", "platformctl rollout status churn"),
        (
            _after(MANUAL, Approve(50), _known(GOOD)),
            100,
            "its last step is being taken",
            "platformctl rollout status churn",
        ),
        (steady(ONE), 10, "no rollout decides by itself here", "deploy churn --auto"),
        (Rollout(), 10, "no rollout decides by itself here", "deploy NAME --auto"),
    ],
)
def test_an_approval_of_another_step_is_refused_and_says_what_to_do(
    rollout: Rollout, weight: int, message: str, hint: str
) -> None:
    with pytest.raises(Refused, match=message) as caught:
        step(rollout, Approve(weight), NOW)
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("event", [Pause("ada"), Continue()])
@pytest.mark.parametrize("rollout", [steady(ONE), Rollout()])
def test_where_nothing_decides_by_itself_nothing_is_paused(rollout: Rollout, event: Event) -> None:
    with pytest.raises(Refused, match="no rollout decides by itself here"):
        step(rollout, event, NOW)


def test_of_an_approval_and_an_abort_the_abort_wins() -> None:
    approved_first = _after(MANUAL, Approve(50), _known(GOOD), Rollback())
    assert (approved_first.route.weights, approved_first.auto) == ({ONE.id: 100}, None)
    aborted_first = _after(MANUAL, Rollback())
    with pytest.raises(Refused, match="no rollout decides by itself here"):
        step(aborted_first, Approve(50), NOW)
    assert aborted_first.rejection(TWO.id)


@pytest.mark.parametrize("rollout", EACH[:-1], ids=PHASES[:-1])
def test_an_abort_gives_everything_back_at_once(rollout: Rollout) -> None:
    aborted = _after(rollout, Rollback())
    assert (aborted.phase, aborted.stable, aborted.auto) == (Phase.STEADY, ONE, None)
    assert aborted.route.weights == {ONE.id: 100}


@pytest.mark.parametrize("event", [Rollback(), Failed(TWO.id, "it answers nobody"), _known(BAD)])
def test_when_it_has_everything_it_goes_back_to_what_served_before(event: Event) -> None:
    back = _after(BAKING, event)
    assert back.candidate is not None
    assert (back.candidate.revision, back.candidate.goal, back.candidate.cause) == (ONE, 100, Cause.ROLLBACK)
    assert back.auto is None
    again = _after(back, Ready(ONE.id))
    assert again.route.weights == {ONE.id: 100}
    assert again.rejection(TWO.id)


def test_going_back_is_tried_again_if_it_fails() -> None:
    back = _after(BAKING, _known(BAD), Failed(ONE.id, "no room"))
    assert (back.phase, back.stable) == (Phase.STEADY, TWO)
    assert _auto(back).bakes
    again = _after(back, _known(BAD))
    assert again.candidate is not None
    assert again.candidate.revision == ONE
    assert ONE in again.retained


def test_going_back_that_a_person_asked_for_is_not_tried_again() -> None:
    back = _after(BAKING, Rollback(), Failed(ONE.id, "no room"))
    assert (back.phase, back.stable, back.auto) == (Phase.STEADY, TWO, None)
    back = _after(BAKING, _known(BAD), Deploy(wanted(), ONE, 100), Failed(ONE.id, "no room"))
    assert (back.phase, back.stable, back.auto) == (Phase.STEADY, TWO, None)


@pytest.mark.parametrize("rollout", EACH[:-1], ids=PHASES[:-1])
def test_a_promotion_by_a_person_ends_it(rollout: Rollout) -> None:
    promoted = _after(rollout, Promote(), Ready(TWO.id))
    assert (promoted.phase, promoted.stable, promoted.auto) == (Phase.STEADY, TWO, None)


@pytest.mark.parametrize("rollout", EACH[:-1], ids=PHASES[:-1])
def test_a_newer_version_takes_its_place_and_begins_anew(rollout: Rollout) -> None:
    newer = _after(rollout, Deploy(wanted(), THREE, 10, auto=_auto(rollout).policy), minutes=5)
    assert (newer.phase, newer.judged, newer.stable) == (Phase.PREPARING, THREE, ONE)
    assert newer.route.weights == {ONE.id: 100}
    assert (_auto(newer).index, _auto(newer).began) == (0, NOW + timedelta(minutes=5))
    assert _auto(newer).evidence == Evidences()
    assert "superseded" in [record.event for record in newer.history]
    serves = _after(newer, Ready(THREE.id), minutes=6)
    assert _after(serves, _known(BAD), Failed(TWO.id, "it crashed"), minutes=7) is serves


def test_a_newer_version_ends_the_watch_and_says_so() -> None:
    newer = _after(BAKING, Deploy(wanted(), THREE, 10, auto=_auto(BAKING).policy))
    assert (newer.stable, newer.judged) == (TWO, THREE)
    assert ("unwatched", TWO.id) in [(record.event, record.revision) for record in newer.history]


def test_what_is_said_of_another_version_changes_nothing() -> None:
    for rollout in (CANARY, SHIFTING, BAKING):
        assert _after(rollout, Looked(THREE.id, Evidences(), [BAD])) is rollout
        assert _after(rollout, Failed(THREE.id, "it crashed")) is rollout


def test_one_that_is_not_watched_is_done_when_it_has_everything() -> None:
    rollout = _after(_begun(bake="0s", steps=[100]), Resume(), Ready(TWO.id))
    assert (rollout.phase, rollout.stable, rollout.auto) == (Phase.STEADY, TWO, None)
    assert rollout.history[-1].event == "finished"


def test_an_alias_is_moved_when_all_is_done_and_not_before() -> None:
    spec = wanted(alias="champion")
    for bake, before in (("0s", False), ("10m", True)):
        policy = RolloutPolicy.model_validate({"steps": [100], "bake": bake})
        rollout = _after(steady(ONE), Deploy(spec, TWO, 100, auto=policy), Ready(TWO.id))
        assert (rollout.alias_move is None) is before
        rollout = _after(rollout, _known(GOOD), minutes=10) if before else rollout
        assert rollout.alias_move is not None
        assert (rollout.alias_move.alias, rollout.alias_move.version) == ("champion", "2")


def test_an_alias_that_is_late_for_what_served_before_is_still_due_when_that_serves_again() -> None:
    late = AliasMove(model="churn", alias="champion", version="1")
    policy = RolloutPolicy.model_validate({"steps": [100]})
    served = steady(ONE).model_copy(update={"alias_move": late})
    watched = _after(served, Deploy(wanted(alias="champion"), TWO, 100, auto=policy), Ready(TWO.id))
    assert _after(watched, _known(BAD), Ready(ONE.id)).alias_move == late
    of_two = watched.model_copy(update={"alias_move": late.model_copy(update={"version": "2"})})
    assert _after(of_two, _known(BAD), Ready(ONE.id)).alias_move is None


def test_the_state_is_as_large_after_a_thousand_looks_as_after_ten() -> None:
    rollout, sizes = MANUAL, []
    for look in range(1000):
        trouble = "no answer" if look % 3 == 0 else None
        rollout = _after(rollout, Looked(TWO.id, Evidences(), [GOOD], 10, trouble), minutes=look)
        sizes.append(len(rollout.model_dump_json()))
    assert sizes[-1] <= max(sizes[:200]) + 100
