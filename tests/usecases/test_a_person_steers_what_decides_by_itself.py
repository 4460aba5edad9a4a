"""Pause, resume, approve, abort, retry: what each does at each moment, and who wins where two are at it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from platformctl.domain.deployment import Metadata, ModelDeployment, Spec
from platformctl.domain.errors import Conflict, DeadlinePassed, NotReady, Refused, Unreachable
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.progress import Waiting
from platformctl.domain.revision import Scale
from platformctl.domain.rollout import Phase
from platformctl.domain.scaling import Scaling
from platformctl.domain.version_ref import Exact
from platformctl.ports import Grant, Lease
from platformctl.usecases.automatic import LOOK_SECONDS, Driver
from platformctl.usecases.change import delete, promote, prune, rollback
from platformctl.usecases.deploy import deploy, plan_deploy
from platformctl.usecases.outcome import Outcome
from platformctl.usecases.progress import await_end
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.rollouts import abort, again, approve, follow, pause, resume
from platformctl.usecases.world import OTHERS, World
from tests.fakes import Behaviour, FakeLease, FakeTarget
from tests.usecases.crowd import Crowd
from tests.usecases.scene import CHURN, Scene

pytestmark = pytest.mark.quick

SHORT = {"steps": [{"weight": 10, "hold": "10s"}, {"weight": 50, "hold": "10s"}, 100], "bake": "1m"}


@pytest.fixture
def crowd(scene: Scene) -> Crowd:
    """Version 1 serves, and callers call as time passes."""
    scene.deploy(version=Exact(1))
    crowd = Crowd(scene)
    crowd.ask(30)
    scene.world.while_time_passes = crowd.ask
    return crowd


def begin(crowd: Crowd, version: int = 2, most: int | None = None, **policy: Any) -> None:
    scaling = Scaling(max=most) if most else Scaling()
    spec = Spec(rollout=RolloutPolicy.model_validate({**SHORT, **policy}), scaling=scaling)
    wanted = ModelDeployment(metadata=Metadata(name=CHURN), spec=spec)
    crowd.scene.deploy(version=Exact(version), spec=wanted)


def drive(crowd: Crowd, until: Callable[[Observed], bool], looks: int = 400) -> Observed:
    driver = Driver(crowd.scene.client("the driver"))
    for _ in range(looks):
        crowd.scene.world.pass_time(LOOK_SECONDS)
        observed = driver.turn(CHURN)
        if until(observed):
            return observed
    raise AssertionError(f"not within {looks} looks: {crowd.scene.shares}")


def is_over(observed: Observed) -> bool:
    return observed.rollout.auto is None and observed.rollout.phase is Phase.STEADY


def bakes(observed: Observed) -> bool:
    return observed.rollout.auto is not None and observed.rollout.auto.bakes


def events(crowd: Crowd) -> list[str]:
    return [record.event for record in crowd.scene.seen().rollout.history]


def test_what_is_paused_goes_no_further_until_it_is_resumed(crowd: Crowd) -> None:
    begin(crowd)
    assert pause(crowd.scene.client(), CHURN).changed
    assert not pause(crowd.scene.client(), CHURN).changed
    with pytest.raises(AssertionError):
        drive(crowd, lambda seen: 10 not in seen.route.weights.values(), looks=20)
    assert resume(crowd.scene.client(), CHURN).changed
    drive(crowd, is_over)
    assert crowd.scene.shares == {"v2": 100}


def test_an_approval_of_what_is_paused_says_that_it_is_to_be_resumed_too(crowd: Crowd) -> None:
    begin(crowd, steps=[{"weight": 10, "hold": "10s", "gate": "manual"}, 100], deadline="1m")
    drive(crowd, lambda seen: seen.rollout.auto is not None and seen.rollout.auto.pause is not None)
    approved = approve(crowd.scene.client(), CHURN, None)
    assert approved.text == "churn may go on from 10 % once it is resumed: platformctl rollout resume churn"
    assert resume(crowd.scene.client(), CHURN).changed
    drive(crowd, is_over)
    assert crowd.scene.shares == {"v2": 100}


def test_a_step_that_waits_for_a_person_is_taken_when_one_approves(crowd: Crowd) -> None:
    begin(crowd, steps=[{"weight": 10, "hold": "10s", "gate": "manual"}, 100])
    with pytest.raises(AssertionError):
        drive(crowd, lambda seen: "v1" not in str(seen.route.weights), looks=100)
    assert crowd.scene.shares == {"v1": 90, "v2": 10}
    assert approve(crowd.scene.client(), CHURN, 10).changed
    assert not approve(crowd.scene.client(), CHURN, None).changed
    drive(crowd, bakes)
    assert crowd.scene.shares == {"v2": 100}


def test_abort_restores_what_served_before_also_while_the_new_one_is_watched(crowd: Crowd) -> None:
    begin(crowd)
    drive(crowd, bakes)
    assert abort(crowd.scene.client(), CHURN).text.endswith("has 100 %")
    assert crowd.scene.shares == {"v1": 100}
    with pytest.raises(Refused, match="rejected at"):
        begin(crowd)


def test_what_it_may_go_back_to_is_not_pruned_while_it_is_watched(crowd: Crowd) -> None:
    begin(crowd)
    drive(crowd, bakes)
    assert not prune(crowd.scene.client(), CHURN, 0).changed
    drive(crowd, is_over)
    assert prune(crowd.scene.client(), CHURN, 0).changed


def test_two_aborts_at_once_go_back_one_step_and_not_two(crowd: Crowd) -> None:
    begin(crowd)
    drive(crowd, is_over)
    begin(crowd, 3)
    ann = crowd.scene.client("ann")
    with pytest.raises(Conflict, match=r"changed by somebody else meanwhile: rollback churn-v3"):
        abort(_late(crowd, lambda: abort(ann, CHURN)), CHURN)
    assert crowd.scene.shares == {"v2": 100}


def test_of_approve_and_abort_at_once_the_first_wins_and_the_other_is_told(crowd: Crowd) -> None:
    begin(crowd)
    ann = crowd.scene.client("ann")
    with pytest.raises(Conflict, match=r"meanwhile: rollback churn-v2-\w+: to churn-v1"):
        approve(_late(crowd, lambda: abort(ann, CHURN)), CHURN, None)
    assert crowd.scene.shares == {"v1": 100}
    assert "approved" not in events(crowd)


def test_abort_after_an_approval_takes_back_what_was_approved(crowd: Crowd) -> None:
    begin(crowd)
    ann = crowd.scene.client("ann")
    abort(_late(crowd, lambda: approve(ann, CHURN, None)), CHURN)
    assert crowd.scene.shares == {"v1": 100}
    assert events(crowd)[-2:] == ["approved", "rollback"]


def test_an_approval_of_a_step_that_is_passed_meanwhile_is_not_one_of_the_next(crowd: Crowd) -> None:
    begin(crowd)
    late = _late(crowd, lambda: drive(crowd, lambda seen: 50 in seen.route.weights.values()))
    with pytest.raises(Conflict, match="meanwhile"):
        approve(late, CHURN, None)
    assert "approved" not in events(crowd)


def test_a_pause_stops_it_also_where_it_has_come_to_meanwhile(crowd: Crowd) -> None:
    begin(crowd)
    late = _late(crowd, lambda: drive(crowd, lambda seen: 50 in seen.route.weights.values()))
    assert pause(late, CHURN).text == "churn is paused at 50 %"
    assert crowd.scene.shares == {"v1": 50, "v2": 50}


def test_a_version_is_not_compared_with_one_that_is_on_its_way_back(crowd: Crowd) -> None:
    begin(crowd)
    drive(crowd, bakes)
    crowd.scene.behave(crowd.scene.seen().rollout.previous[0].id, Behaviour(ready_after=None))
    with pytest.raises(DeadlinePassed):
        abort(crowd.scene.client(), CHURN)
    with pytest.raises(Refused, match=r"v2-\w+ is on its way back to churn-v1") as caught:
        begin(crowd, 3)
    assert caught.value.hint is not None
    assert "platformctl deploy churn --no-auto" in caught.value.hint


def test_who_loses_at_the_commit_itself_is_told_what_happened(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(crowd)
    ann, bob, commit = crowd.scene.client("ann"), crowd.scene.client("bob"), FakeTarget.commit

    def late(target: FakeTarget, *arguments: object) -> object:
        monkeypatch.setattr(FakeTarget, "commit", commit)
        crowd.scene.world.leases.clear()  # bob's has run out meanwhile
        abort(ann, CHURN)
        return commit(target, *arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(FakeTarget, "commit", late)
    with pytest.raises(Conflict, match="meanwhile: rollback churn-v2"):
        approve(bob, CHURN, 10)
    assert crowd.scene.shares == {"v1": 100}


def test_a_command_waits_for_a_drivers_turn_and_not_for_ever(crowd: Crowd) -> None:
    begin(crowd)
    grant = FakeLease(crowd.scene.world, "a driver").acquire(CHURN, "a driver", timedelta(minutes=5))
    before = crowd.scene.world.now
    with pytest.raises(Conflict, match="a driver"):
        abort(crowd.scene.client(), CHURN)
    assert OTHERS <= crowd.scene.world.now - before < OTHERS + timedelta(seconds=1)
    crowd.scene.world.later(2, lambda: FakeLease(crowd.scene.world).release(grant))
    abort(crowd.scene.client(), CHURN)
    assert crowd.scene.reporter.said.count("waiting: " + _holds(grant)) == 2
    assert crowd.scene.shares == {"v1": 100}


def _holds(grant: object) -> str:
    held = grant.held  # type: ignore[attr-defined]  # a fake's
    return f"a driver, since {held.since:%H:%M:%S} is at work on churn"


def test_a_driver_does_not_wait_for_others(crowd: Crowd) -> None:
    begin(crowd)
    FakeLease(crowd.scene.world, "ann").acquire(CHURN, "ann", timedelta(minutes=5))
    before = crowd.scene.world.now
    with pytest.raises(Conflict):
        Driver(crowd.scene.client()).turn(CHURN)
    assert crowd.scene.world.now == before


def test_retry_begins_again_at_the_first_step(crowd: Crowd) -> None:
    begin(crowd)
    drive(crowd, lambda seen: 50 in seen.route.weights.values())
    abort(crowd.scene.client(), CHURN)
    client = crowd.scene.client()
    done = deploy(client, again(client, CHURN))
    assert done.observed.rollout.auto is not None
    assert crowd.scene.shares == {"v1": 90, "v2": 10}


def test_retry_takes_the_spec_that_it_was_deployed_with(crowd: Crowd) -> None:
    begin(crowd, most=3, steps=[20, 100])
    abort(crowd.scene.client(), CHURN)
    client = crowd.scene.client()
    deploy(client, again(client, CHURN))
    wanted = crowd.scene.seen().rollout.wanted
    assert wanted is not None
    assert wanted.spec.scaling.max == 3
    assert crowd.scene.shares == {"v1": 80, "v2": 20}


def test_retry_of_what_another_spec_made_names_the_way(crowd: Crowd) -> None:
    for number, cpu in ((2, "1"), (3, "2")):
        spec = Spec(rollout=RolloutPolicy.model_validate(SHORT), resources={"cpu": cpu})
        wanted = ModelDeployment(metadata=Metadata(name=CHURN), spec=spec)
        crowd.scene.deploy(version=Exact(number), spec=wanted, auto=False)
    for _ in range(2):
        rollback(crowd.scene.client(), CHURN, None)
    assert crowd.scene.shares == {"v1": 100}
    with pytest.raises(Refused, match="was made by another spec") as caught:
        again(crowd.scene.client(), CHURN)
    assert caught.value.hint is not None
    assert "deploy -f FILE" in caught.value.hint


def test_there_is_nothing_to_retry_while_one_is_watched_or_none_was_rolled_back(crowd: Crowd) -> None:
    with pytest.raises(Refused, match="no version of churn was rolled back"):
        again(crowd.scene.client(), CHURN)
    begin(crowd)
    drive(crowd, bakes)
    with pytest.raises(Refused, match="is on its way"):
        again(crowd.scene.client(), CHURN)


def test_what_goes_back_by_itself_cannot_be_approved_but_may_be_aborted(crowd: Crowd) -> None:
    v1 = _goes_back(crowd)
    with pytest.raises(Refused, match="is on its way back already"):
        pause(crowd.scene.client(), CHURN)
    crowd.scene.behave(v1, Behaviour())
    crowd.scene.world.live.pop(v1, None)
    abort(crowd.scene.client(), CHURN)
    assert crowd.scene.shares == {"v1": 100}


def _goes_back(crowd: Crowd) -> RevisionId:
    """Version 2 had all requests and is on its way back to what this returns, which does not get ready."""
    begin(crowd)
    seen = drive(crowd, bakes)
    v1 = next(r.id for r in seen.rollout.previous)
    crowd.scene.behave(v1, Behaviour(ready_after=None))
    crowd.scene.world.live.pop(v1)
    crowd.errors = {"v2": 0.5}
    drive(crowd, lambda seen: seen.rollout.phase is Phase.PREPARING)
    return v1


def test_who_waits_while_it_goes_back_waits_until_it_has(crowd: Crowd) -> None:
    v1 = _goes_back(crowd)
    crowd.scene.behave(v1, Behaviour(ready_after=0, failure="no such image"))
    crowd.scene.world.later(60, lambda: crowd.scene.behave(v1, Behaviour(ready_after=0)))
    with pytest.raises(NotReady, match=r"churn-v2-\w+ failed: errors fail: "):
        follow(crowd.scene.client(), CHURN)
    assert crowd.scene.shares == {"v1": 100}


def test_it_has_not_ended_for_who_looks_on_before_it_is_back(crowd: Crowd) -> None:
    v1 = _goes_back(crowd)
    crowd.scene.behave(v1, Behaviour(ready_after=0))
    driver = Driver(crowd.scene.client("the driver"))
    _later(crowd, 60, lambda: driver.turn(CHURN))
    ended = await_end(crowd.scene.client(), CHURN)
    assert crowd.scene.shares == {"v1": 100}
    assert (ended.progress, ended.last and ended.last.event) == (None, "failed")


ENDS: dict[str, tuple[dict[str, Any], Callable[[Crowd], object], type[Exception], str]] = {
    "a gate fails, and the policy pauses": (
        {"onFail": "pause"},
        lambda crowd: setattr(crowd, "errors", {"v2": 0.5}),
        Refused,
        r"has \d+ %, and is paused, as a gate failed: errors fail: canary",
    ),
    "its deadline passes": (
        {"deadline": "2m"},
        lambda crowd: setattr(crowd, "rate", 0.01),
        DeadlinePassed,
        "paused at its deadline: not decided within 2m: ",
    ),
    "a person rolls it back": (
        {},
        lambda crowd: abort(crowd.scene.client("ann"), CHURN),
        Refused,
        r"churn-v2-\w+ was rolled back by a person",
    ),
    "another version comes": (
        {},
        lambda crowd: begin(crowd, 3),
        Conflict,
        r"meanwhile: superseded churn-v2-\w+: by churn-v3",
    ),
    "it is deleted": ({}, lambda crowd: delete(crowd.scene.client("ann"), CHURN), Conflict, "was deleted"),
    "it crashes": (
        {},
        lambda crowd: crowd.scene.behave(_v2(crowd), Behaviour(ready_after=None)),
        NotReady,
        r"churn-v2-\w+ failed: it was not ready for 1\d s",
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_who_waits_is_told_how_it_ended(crowd: Crowd, how: str) -> None:
    policy, happens, error, text = ENDS[how]
    begin(crowd, **policy)
    _later(crowd, 7, lambda: happens(crowd))
    with pytest.raises(error, match=text) as caught:
        follow(crowd.scene.client(), CHURN)
    assert type(caught.value) is error


def test_who_waits_does_not_drive_another_version(crowd: Crowd) -> None:
    begin(crowd)
    _later(crowd, 7, lambda: begin(crowd, 3))
    with pytest.raises(Conflict):
        follow(crowd.scene.client(), CHURN)
    assert crowd.scene.shares == {"v1": 90, "v3": 10}


def test_who_waits_until_a_person_promotes_has_what_was_waited_for(crowd: Crowd) -> None:
    begin(crowd)
    _later(crowd, 7, lambda: promote(crowd.scene.client("ann"), CHURN, None))
    assert _followed(crowd).text.endswith("has 100 %")
    assert crowd.scene.shares == {"v2": 100}


def test_while_the_target_is_away_for_a_moment_it_is_tried_again(crowd: Crowd) -> None:
    begin(crowd)
    crowd.scene.world.later(7, lambda: _is_down(crowd, down=True))
    crowd.scene.world.later(40, lambda: _is_down(crowd, down=False))
    _followed(crowd)
    assert crowd.scene.shares == {"v2": 100}
    assert any(text.startswith("it is tried again: ") for text in crowd.scene.reporter.said)


def test_a_target_that_stays_away_is_an_error(crowd: Crowd) -> None:
    begin(crowd)
    crowd.scene.world.later(7, lambda: _is_down(crowd, down=True))
    crowd.scene.world.while_time_passes = None
    with pytest.raises(Unreachable):
        follow(crowd.scene.client(), CHURN)


def test_who_waits_is_told_each_thing_once(crowd: Crowd) -> None:
    request = DeployRequest(CHURN, version=Exact(2))
    v2 = plan_deploy(crowd.scene.client(), request).choice.revision.id
    crowd.scene.behave(v2, Behaviour(ready_after=90))
    with pytest.raises(DeadlinePassed):
        begin(crowd)
    crowd.scene.reporter.events.clear()
    _followed(crowd)
    said = crowd.scene.reporter.said
    assert said[0] == f"preparing {v2}"
    assert all(one != other for one, other in pairwise(said))
    assert any(text.startswith("errors pass: ") for text in said)
    waits = [event for event in crowd.scene.reporter.events if isinstance(event, Waiting)]
    assert {event.timeout for event in waits} == {None}
    assert [event.seconds for event in waits] == sorted(event.seconds for event in waits)


def test_while_an_autoscaler_measures_it_is_looked_at(crowd: Crowd) -> None:
    scene = crowd.scene
    scene.world.scales = True
    begin(crowd, most=4)
    v2, driver = _v2(crowd), Driver(scene.client())
    scene.behave(v2, Behaviour(beside={"bounds": (1, 4)}))
    FakeTarget(scene.world).scale(v2, Scale(minimum=3, maximum=4))
    scene.world.pass_time(2)
    before = scene.world.now
    seen = driver.turn(CHURN)
    assert scene.world.now == before
    assert seen.revisions[v2].replicas == 3
    drive(crowd, lambda seen: seen.revisions[v2].replicas == 1)


def _v2(crowd: Crowd) -> RevisionId:
    return next(revision for revision in crowd.scene.seen().revisions if "-v2-" in revision)


def _later(crowd: Crowd, seconds: float, happen: Callable[[], object]) -> None:
    def happens() -> None:
        happen()

    crowd.scene.world.later(seconds, happens)


def _followed(crowd: Crowd) -> Outcome:
    return follow(crowd.scene.client(), CHURN)


def _is_down(crowd: Crowd, *, down: bool) -> None:
    crowd.scene.world.target_is_down = down
    crowd.scene.world.while_time_passes = None if down else crowd.ask


class _Late:
    """A lease before which, the first time, something happens: somebody else is faster."""

    def __init__(self, lease: Lease, happens: Callable[[], object]) -> None:
        self._lease, self._happens = lease, [happens]

    def acquire(self, name: Name, holder: str, ttl: timedelta) -> Grant:
        while self._happens:
            self._happens.pop()()
        return self._lease.acquire(name, holder, ttl)

    def release(self, grant: Grant) -> None:
        self._lease.release(grant)

    def holder(self, name: Name) -> str | None:
        return self._lease.holder(name)


def _late(crowd: Crowd, happens: Callable[[], object]) -> World:
    """A client that decides upon what it sees, and is too late."""
    client = crowd.scene.client("bob")
    return replace(client, lease=_Late(client.lease, happens))
