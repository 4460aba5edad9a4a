"""A second client comes in before every single call of a first one."""

from dataclasses import dataclass

import pytest

from platformctl.domain.errors import Conflict, PlatformctlError
from platformctl.domain.rollout import Phase
from platformctl.domain.version_ref import Exact
from platformctl.usecases.change import delete, promote, rollback
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.fakes import FakeWorld
from tests.fakes.killing import Fuse
from tests.fakes.stage import Command, Stage
from tests.fakes.values import CHURN

pytestmark = pytest.mark.quick


def _deploy_the_second(world: World) -> None:
    deploy(world, DeployRequest(CHURN, version=Exact(2), canary=10))


def _deploy_the_third(world: World) -> None:
    deploy(world, DeployRequest(CHURN, version=Exact(3), canary=20))


def _promote(world: World) -> None:
    promote(world, CHURN, None)


def _rollback(world: World) -> None:
    rollback(world, CHURN, None)


PAIRS: dict[str, tuple[Command, Command]] = {
    "canary, another canary": (_deploy_the_second, _deploy_the_third),
    "canary, deletion": (_deploy_the_second, lambda world: delete(world, CHURN)),
    "promotion, rollback": (_promote, _rollback),
    "rollback, promotion": (_rollback, _promote),
    "promotion, another canary": (_promote, _deploy_the_third),
    "deletion, another canary": (lambda w: delete(w, CHURN), _deploy_the_third),
}


@dataclass
class Meeting:
    """What became of two clients: the error that each ended with, if it did."""

    stage: Stage
    first: PlatformctlError | None = None
    second: PlatformctlError | None = None

    def play(self, pair: tuple[Command, Command], call: int, leases: FakeWorld | None) -> None:
        """Let the second client do everything before that call of the first one."""

        def come_in() -> None:
            self.second = _error(pair[1], self.stage.client("bob", leases=leases))

        fuse = Fuse(at=call, happen=come_in)
        self.first = _error(pair[0], self.stage.client("ada", fuse))


def _error(command: Command, world: World) -> PlatformctlError | None:
    try:
        command(world)
    except PlatformctlError as error:
        return error
    return None


def _stage(title: str) -> Stage:
    stage = Stage()
    stage.deploy(1)
    if not title.startswith("canary"):
        stage.deploy(2, canary=10)
    return stage


def _calls(title: str) -> range:
    counting = Fuse()
    PAIRS[title][0](_stage(title).client(fuse=counting))
    return range(1, counting.calls + 1)


@pytest.mark.parametrize("title", PAIRS)
def test_who_comes_while_another_is_at_work_hears_who_that_is(title: str) -> None:
    lost = 0
    for call in _calls(title):
        meeting = Meeting(_stage(title))
        meeting.play(PAIRS[title], call, leases=None)
        if isinstance(meeting.second, Conflict):
            lost += 1
            assert "ada" in meeting.second.owner
            assert meeting.first is None
        _check(meeting, call)
    assert lost >= len(_calls(title)) - 3, "the lease is held from the first call to the last but a few"


@pytest.mark.parametrize("title", PAIRS)
def test_without_a_common_lease_the_state_still_has_one_winner(title: str) -> None:
    conflicts = 0
    for call in _calls(title):
        meeting = Meeting(_stage(title))
        meeting.play(PAIRS[title], call, leases=FakeWorld())
        if isinstance(meeting.first, Conflict):
            conflicts += 1
            assert meeting.first.owner
        _check(meeting, call)
    assert conflicts > 0


def test_a_plan_is_not_carried_out_upon_a_state_that_it_was_not_made_for() -> None:
    counting = Fuse()
    _deploy_the_third(_stage("on a canary").client(fuse=counting))
    stage = _stage("on a canary")
    fuse = Fuse(
        at=counting.made.index("check"), happen=lambda: _promote(stage.client("bob", leases=FakeWorld()))
    )
    with pytest.raises(Conflict) as conflict:
        _deploy_the_third(stage.client("ada", fuse))
    assert conflict.value.owner == "bob"
    assert dict(stage.observe().route.weights) == {stage.revision(2).id: 100}


def _check(meeting: Meeting, call: int) -> None:
    """Whatever happened: one consistent state, nothing routed that does not answer, one more step heals."""
    stage, moment = meeting.stage, f"at call {call}: {meeting.first!r}, {meeting.second!r}"
    assert stage.world.violations == [], moment
    seen = stage.observe()
    assert seen.route == seen.rollout.route, moment
    assert all(seen.revisions[revision].answers for revision in seen.route.weights), moment
    assert stage.world.leases == {}, moment
    stage.deploy(1)
    stage.deploy(2)
    healed = stage.observe()
    assert dict(healed.route.weights) == {stage.revision(2).id: 100}, moment
    assert healed.rollout.phase is Phase.STEADY, moment
    assert stage.live() == {revision.id for revision in healed.rollout.retained}, moment
