"""Each verb's story, told to the state machine alone."""

from datetime import UTC, datetime, timedelta

import pytest

from platformctl.domain.errors import Refused
from platformctl.domain.rollout import AliasMove, Cause, Phase, Rollout
from platformctl.rollout import (
    AliasMoved,
    Await,
    Delete,
    Deploy,
    Event,
    Failed,
    Forget,
    MoveAlias,
    Prepare,
    Promote,
    Ready,
    Respec,
    Resume,
    Rollback,
    Settle,
    Sweep,
    due,
    step,
)
from tests.fakes.values import canary, revision, steady, wanted

pytestmark = pytest.mark.quick

NOW = datetime(2026, 1, 1, tzinfo=UTC)
V1, V2, V3 = (revision(version) for version in (1, 2, 3))
CHAMPION = AliasMove(model="churn", alias="champion", version="2")


def play(rollout: Rollout, *events: Event) -> Rollout:
    """Apply the events one after the other, a second apart."""
    for second, event in enumerate(events):
        rollout = step(rollout, event, NOW + timedelta(seconds=second)).rollout
    return rollout


def told(rollout: Rollout) -> list[str]:
    return [record.event for record in rollout.history]


def test_a_first_deployment_serves_nothing_until_it_is_ready() -> None:
    preparing = play(Rollout(), Deploy(wanted(), V1, 100))
    assert (preparing.phase, dict(preparing.route.weights)) == (Phase.PREPARING, {})
    assert due(preparing) == [Sweep(), Prepare(V1, 100), Await(V1, 100, serves=False)]
    ready = play(preparing, Ready(V1.id))
    assert (ready.phase, ready.stable, ready.candidate) == (Phase.STEADY, V1, None)
    assert dict(ready.route.weights) == {V1.id: 100}


def test_a_failed_first_deployment_leaves_nothing() -> None:
    failed = play(Rollout(), Deploy(wanted(), V1, 100), Failed(V1.id, "cannot be loaded"))
    assert (failed.phase, failed.stable, failed.candidate) == (Phase.EMPTY, None, None)
    assert due(failed) == [Sweep()]
    assert failed.history[-1].detail == "cannot be loaded"


def test_a_canary_of_nothing_is_a_first_deployment() -> None:
    assert play(Rollout(), Deploy(wanted(), V1, 10), Ready(V1.id)).stable == V1


def test_a_canary_has_no_weight_until_it_is_ready_and_then_its_share() -> None:
    preparing = play(steady(V1), Deploy(wanted(), V2, 10))
    assert dict(preparing.route.weights) == {V1.id: 100}
    ready = play(preparing, Ready(V2.id))
    assert ready.phase is Phase.CANARY
    assert dict(ready.route.weights) == {V1.id: 90, V2.id: 10}


def test_a_canary_that_never_got_ready_is_dropped_and_may_be_tried_again() -> None:
    failed = play(steady(V1), Deploy(wanted(), V2, 10), Failed(V2.id, "out of memory"))
    assert (failed.phase, dict(failed.route.weights)) == (Phase.STEADY, {V1.id: 100})
    assert failed.rejected == ()
    assert V2 not in failed.retained


def test_a_canary_that_failed_while_it_served_is_rejected() -> None:
    failed = play(canary(V1, V2, 10), Failed(V2.id, "not ready for 10 s"))
    assert dict(failed.route.weights) == {V1.id: 100}
    assert [(r.revision, r.reason) for r in failed.rejected] == [(V2.id, "not ready for 10 s")]


def test_a_dropped_candidate_takes_its_spec_with_it() -> None:
    before = steady(V1)
    asked = play(before, Deploy(wanted(keep=3), V2, 10))
    assert asked.wanted == wanted(keep=3)
    assert play(asked, Failed(V2.id, "no")).wanted == before.wanted


def test_a_promotion_moves_no_weight_before_the_capacity_is_there() -> None:
    shifting = play(canary(V1, V2, 10), Promote())
    assert shifting.phase is Phase.SHIFTING
    assert dict(shifting.route.weights) == {V1.id: 90, V2.id: 10}
    assert due(shifting) == [Sweep(), Prepare(V2, 100), Await(V2, 100, serves=True)]


def test_a_promotion_keeps_the_old_revision_as_previous() -> None:
    promoted = play(canary(V1, V2, 10), Promote(), Ready(V2.id))
    assert (promoted.phase, promoted.stable, promoted.previous) == (Phase.STEADY, V2, (V1,))
    assert dict(promoted.route.weights) == {V2.id: 100}
    assert promoted.retained == (V2, V1)
    assert due(promoted) == [Settle(V2), Settle(V1), Sweep()]


def test_a_promotion_that_fails_gives_everything_back() -> None:
    failed = play(canary(V1, V2, 10), Promote(CHAMPION), Failed(V2.id, "it crashed"))
    assert (failed.phase, dict(failed.route.weights)) == (Phase.STEADY, {V1.id: 100})
    assert (failed.alias_on_promotion, failed.alias_move) == (None, None)
    assert failed.rejection(V2.id) is not None


def test_an_alias_moves_only_once_the_promotion_is_served() -> None:
    shifting = play(canary(V1, V2, 10), Promote(CHAMPION))
    assert MoveAlias(CHAMPION) not in due(shifting)
    promoted = play(shifting, Ready(V2.id))
    assert due(promoted)[0] == MoveAlias(CHAMPION)
    moved = play(promoted, AliasMoved())
    assert moved.alias_move is None
    assert moved.history[-1].detail == "champion of churn is version 2"
    assert step(moved, AliasMoved(), NOW).rollout is moved


def test_an_alias_of_a_promotion_that_was_superseded_is_not_moved() -> None:
    superseded = play(canary(V1, V2, 10), Promote(CHAMPION), Deploy(wanted(), V3, 100), Ready(V3.id))
    assert superseded.stable == V3
    assert superseded.alias_move is None


def test_a_promotion_that_became_a_canary_again_moves_no_alias_later() -> None:
    lowered = play(canary(V1, V2, 10), Promote(CHAMPION), Deploy(wanted(), V2, 20))
    assert play(lowered, Ready(V2.id), Promote(), Ready(V2.id)).alias_move is None


def test_a_promotion_asked_for_again_without_its_alias_keeps_it() -> None:
    assert play(canary(V1, V2, 10), Promote(CHAMPION), Promote(), Ready(V2.id)).alias_move == CHAMPION


def test_an_alias_that_waits_for_the_registry_does_not_hold_up_the_next_canary() -> None:
    waiting = play(canary(V1, V2, 10), Promote(CHAMPION), Ready(V2.id), Deploy(wanted(), V3, 10))
    assert due(waiting)[0] == MoveAlias(CHAMPION)
    assert Prepare(V3, 10) in due(waiting)


def test_an_alias_that_waits_for_the_registry_outlasts_the_next_deployment() -> None:
    waiting = play(canary(V1, V2, 10), Promote(CHAMPION), Ready(V2.id))
    assert play(waiting, Deploy(wanted(), V3, 100), Ready(V3.id)).alias_move == CHAMPION


def test_an_alias_that_waits_for_the_registry_is_not_moved_to_what_was_rolled_back() -> None:
    waiting = play(canary(V1, V2, 10), Promote(CHAMPION), Ready(V2.id))
    assert play(waiting, Rollback(), Ready(V1.id)).alias_move is None


def test_rolling_back_a_canary_takes_its_weight_at_once_and_rejects_it() -> None:
    back = play(canary(V1, V2, 10), Rollback())
    assert (back.phase, dict(back.route.weights)) == (Phase.STEADY, {V1.id: 100})
    assert [(r.revision, r.reason) for r in back.rejected] == [(V2.id, "rolled back")]
    assert V2 not in back.retained
    assert due(back) == [Settle(V1), Sweep()]


def test_rolling_back_after_a_promotion_returns_to_the_previous_revision() -> None:
    promoted = play(canary(V1, V2, 10), Promote(), Ready(V2.id))
    back = play(promoted, Rollback())
    assert (back.phase, dict(back.route.weights)) == (Phase.PREPARING, {V2.id: 100})
    assert back.candidate is not None
    assert (back.candidate.revision, back.candidate.cause) == (V1, Cause.ROLLBACK)
    done = play(back, Ready(V1.id))
    assert (done.stable, dict(done.route.weights)) == (V1, {V1.id: 100})
    assert done.rejection(V2.id) is not None
    assert done.previous == ()


def test_a_rollback_asked_for_twice_goes_back_once() -> None:
    under_way = play(steady(V3, V2, V1), Rollback())
    assert play(under_way, Rollback()) is under_way
    assert play(under_way, Ready(V2.id)).stable == V2


def test_a_rollback_skips_previous_revisions_that_were_rejected() -> None:
    rejected = play(canary(V1, V2, 10), Rollback())
    third = play(rejected, Deploy(wanted(), V3, 100), Ready(V3.id))
    with_rejected = third.model_copy(update={"previous": (V2, *third.previous)})
    back = play(with_rejected, Rollback())
    assert back.candidate is not None
    assert back.candidate.revision == V1


def test_a_rollback_to_a_named_revision_goes_there() -> None:
    assert play(steady(V3, V2, V1), Rollback(V1), Ready(V1.id)).stable == V1


def test_a_rollback_of_a_canary_to_a_named_revision_drops_the_canary_first() -> None:
    going = play(canary(V2, V3, 10), Rollback(V1))
    assert dict(going.route.weights) == {V2.id: 100}
    assert going.rejection(V3.id) is not None
    assert play(going, Ready(V1.id)).stable == V1


def test_a_rollback_that_fails_goes_on_with_the_spec_of_what_serves() -> None:
    with_canary = play(steady(V2), Deploy(wanted(keep=5), V3, 10), Ready(V3.id))
    failed = play(with_canary, Rollback(V1), Failed(V1.id, "its files are gone"))
    assert (failed.stable, failed.wanted) == (V2, wanted())
    assert failed.rejection(V1.id) is None


def test_a_rollback_with_nothing_before_is_refused_with_a_way_out() -> None:
    with pytest.raises(Refused, match="no previous revision") as refused:
        step(steady(V1), Rollback(), NOW)
    assert refused.value.hint
    with pytest.raises(Refused, match="nothing serves"):
        step(Rollout(), Rollback(), NOW)


def test_a_rollback_to_what_serves_is_refused() -> None:
    with pytest.raises(Refused, match=f"{V1.id} is what serves already"):
        step(steady(V1), Rollback(V1), NOW)


def test_a_deployment_of_what_serves_is_refused() -> None:
    with pytest.raises(Refused, match=f"{V1.id} is what serves already"):
        step(canary(V1, V2, 10), Deploy(wanted(), V1, 50), NOW)


def test_a_superseded_canary_loses_its_weight_at_once() -> None:
    superseded = play(canary(V1, V2, 10), Deploy(wanted(), V3, 20))
    assert dict(superseded.route.weights) == {V1.id: 100}
    assert (superseded.phase, V2 in superseded.retained) == (Phase.PREPARING, False)
    assert told(superseded) == ["deploy", "superseded"]
    assert superseded.rejected == ()


def test_a_larger_share_is_given_once_the_canary_is_ready_for_it() -> None:
    growing = play(canary(V1, V2, 10), Deploy(wanted(), V2, 50))
    assert (growing.phase, growing.route.share(V2.id)) == (Phase.SHIFTING, 10)
    assert due(growing)[-2:] == [Prepare(V2, 50), Await(V2, 50, serves=True)]
    assert play(growing, Ready(V2.id)).route.share(V2.id) == 50


def test_a_smaller_share_is_taken_at_once() -> None:
    lowered = play(canary(V1, V2, 50), Deploy(wanted(), V2, 5))
    assert (lowered.phase, lowered.route.share(V2.id)) == (Phase.CANARY, 5)


def test_what_is_heard_of_a_superseded_candidate_changes_nothing() -> None:
    third = play(canary(V1, V2, 10), Deploy(wanted(), V3, 20))
    assert play(third, Ready(V2.id)) is third
    assert play(third, Failed(V2.id, "late news")) is third


def test_a_rejected_revision_that_is_deployed_again_is_not_rejected_any_more() -> None:
    rejected = play(canary(V1, V2, 10), Rollback())
    assert play(rejected, Deploy(wanted(), V2, 10)).rejected == ()


def test_a_change_in_place_touches_no_weight() -> None:
    before = canary(V1, V2, 10)
    after = play(before, Respec(wanted(replicas=(3, 3))))
    assert (after.route, after.phase) == (before.route, before.phase)
    assert after.wanted == wanted(replicas=(3, 3))
    assert play(after, Respec(wanted(replicas=(3, 3)))) is after


def test_as_many_previous_revisions_stay_warm_as_the_spec_keeps() -> None:
    assert steady(V3, V2, V1, keep=0).retained == (V3,)
    assert steady(V3, V2, V1, keep=1).retained == (V3, V2)
    assert steady(V3, V2, V1, keep=2).retained == (V3, V2, V1)


def test_a_deletion_serves_nothing_and_ends_in_nothing_recorded() -> None:
    deleting = play(canary(V1, V2, 10), Delete())
    assert (deleting.phase, dict(deleting.route.weights), deleting.retained) == (Phase.DELETING, {}, ())
    assert due(deleting) == [Sweep(), Forget()]
    assert play(deleting, Delete(), Resume()) is deleting
    with pytest.raises(Refused, match="being deleted"):
        step(deleting, Deploy(wanted(), V1, 100), NOW)


def test_there_is_no_promotion_without_a_canary() -> None:
    for rollout in (Rollout(), steady(V1)):
        with pytest.raises(Refused, match="no canary") as refused:
            step(rollout, Promote(), NOW)
        assert "--canary" in (refused.value.hint or "")


def test_a_phase_says_since_when_it_lasts() -> None:
    shifting = play(canary(V1, V2, 10), Promote())
    later = NOW + timedelta(hours=1)
    assert shifting.since == NOW
    assert step(shifting, Promote(), later).rollout.since == NOW
    assert step(shifting, Ready(V2.id), later).rollout.since == later


def test_history_says_what_happened_in_order() -> None:
    story = play(Rollout(), Deploy(wanted(), V1, 100), Ready(V1.id), Deploy(wanted(), V2, 10), Ready(V2.id))
    assert told(play(story, Promote(), Ready(V2.id))) == [
        "deploy",
        "serves",
        "deploy",
        "serves",
        "promote",
        "serves",
    ]
