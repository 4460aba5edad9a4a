"""`kill -9` before and after every single call that a command makes to the world.

What it leaves serves as before or as it was about to, and the same command, given again, brings about
what it would have brought about undisturbed.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import NotFound, NotReady, Refused
from platformctl.domain.observed import ABSENT
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.rollout import Phase
from platformctl.domain.traffic import Request
from platformctl.domain.version_ref import Exact
from platformctl.usecases.automatic import drive_to_the_end
from platformctl.usecases.change import delete, promote, prune, rollback
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.fakes import Behaviour, FakeTarget
from tests.fakes.killing import Fuse, Killed
from tests.fakes.stage import Command, Stage
from tests.fakes.values import CHURN, wanted

pytestmark = pytest.mark.quick


@dataclass(frozen=True)
class Scenario:
    """A command, and what was done before it.

    Args:
        setting: What was done before.
        command: What the client is killed in.
        broken: The version that answers nobody, although it may have weight; 0: none.
        again: Whether the command, given again when all of it was done, changes nothing more.
    """

    setting: Callable[[Stage], None]
    command: Command
    broken: int = 0
    again: bool = True


def _deploy(version: int, canary: int | None = None, spec: ModelDeployment | None = None) -> Command:
    def command(world: World) -> None:
        deploy(world, DeployRequest(CHURN, spec=spec, version=Exact(version), canary=canary))

    return command


def _promote(world: World) -> None:
    promote(world, CHURN, "champion")


def _rollback(world: World) -> None:
    rollback(world, CHURN, None)


def _set(*shares: tuple[int, int | None], spec: ModelDeployment | None = None) -> Callable[[Stage], None]:
    """Deploy these versions with these canary shares, one after the other."""

    def setting(stage: Stage) -> None:
        for version, canary in shares:
            stage.deploy(version, canary, spec)

    return setting


def _with_replicas_that_scale(stage: Stage) -> None:
    stage.world.scales = True
    _set((1, None), (2, 10), spec=wanted(replicas=(1, 4)))(stage)


def _with_a_version_that_fails(stage: Stage) -> None:
    stage.deploy(1)
    stage.world.behaviours[stage.revision(2).id] = Behaviour(failure="the model cannot be loaded")


def _with_a_canary_that_crashed(stage: Stage) -> None:
    _set((1, None), (2, 10))(stage)
    stage.world.behaviours[stage.revision(2).id] = Behaviour(crashes_after=1)


def _by_itself(**policy: object) -> ModelDeployment:
    """A spec by whose policy a new version takes over at the first look."""
    gates = {"errors": False, "latency": False, "clientErrors": False}
    return wanted().with_spec(rollout=RolloutPolicy.model_validate({"gates": gates, **policy}))


_SWIFT = _by_itself(steps=[{"weight": 10, "hold": "0s", "minRequests": 0}, 100], bake="0s")
_WATCHED = _by_itself(steps=[100], bake="10m")


def _drive(world: World) -> None:
    _deploy(2, spec=_SWIFT)(world)
    drive_to_the_end(world, CHURN)


def _with_one_that_crashes_while_it_is_watched(stage: Stage) -> None:
    _set((1, None), (2, None), spec=_WATCHED)(stage)
    stage.world.behaviours[stage.revision(2).id] = Behaviour(crashes_after=1)


def _go_back(world: World) -> None:
    drive_to_the_end(world, CHURN)


def _deploy_in_vain(world: World) -> None:
    with pytest.raises(NotReady):
        _deploy(2)(world)


def _promote_in_vain(world: World) -> None:
    with pytest.raises(NotReady):
        _promote(world)


SCENARIOS = {
    "first deployment": Scenario(_set(), _deploy(1)),
    "replacement": Scenario(_set((1, None)), _deploy(2)),
    "deployment of a version that fails": Scenario(_with_a_version_that_fails, _deploy_in_vain),
    "canary": Scenario(_set((1, None)), _deploy(2, canary=10)),
    "larger canary": Scenario(_set((1, None), (2, 10)), _deploy(2, canary=50)),
    "smaller canary": Scenario(_set((1, None), (2, 50)), _deploy(2, canary=10)),
    "superseded canary": Scenario(_set((1, None), (2, 10)), _deploy(3, canary=20)),
    "promotion that moves an alias": Scenario(_set((1, None), (2, 10)), _promote),
    "promotion with replicas": Scenario(_set((1, None), (2, 10), spec=wanted(replicas=(2, 2))), _promote),
    "promotion of a canary that crashed": Scenario(_with_a_canary_that_crashed, _promote_in_vain, broken=2),
    "rollback of a canary": Scenario(_set((1, None), (2, 10)), _rollback),
    "rollback after promotion": Scenario(_set((1, None), (2, None)), _rollback),
    "rollback of a canary before which others were": Scenario(
        _set((1, None), (2, None), (3, 10)), _rollback, again=False
    ),
    "rollback after several promotions": Scenario(
        _set((1, None), (2, None), (3, None)), _rollback, again=False
    ),
    "more replicas": Scenario(_set((1, None), (2, 10)), _deploy(2, canary=10, spec=wanted(replicas=(3, 3)))),
    "the same replicas, scaled by something else": Scenario(
        _with_replicas_that_scale, _deploy(2, canary=10, spec=wanted(replicas=(1, 4), cpu=50))
    ),
    "rollout that decides by itself": Scenario(_set((1, None)), _drive, again=False),
    "rollout that goes back by itself": Scenario(
        _with_one_that_crashes_while_it_is_watched, _go_back, broken=2
    ),
    "deletion": Scenario(_set((1, None), (2, None), (3, 10)), lambda world: delete(world, CHURN)),
    "prune": Scenario(
        _set((1, None), (2, None), (3, None), spec=wanted(keep=2)), lambda world: prune(world, CHURN, 1)
    ),
}


def _set_up(scenario: Scenario) -> Stage:
    stage = Stage()
    scenario.setting(stage)
    return stage


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_a_command_killed_at_any_call_is_finished_by_the_next(scenario: Scenario, after: bool) -> None:  # noqa: FBT001 - pytest passes parameters by name
    undisturbed, counting = _set_up(scenario), Fuse()
    scenario.command(undisturbed.client(fuse=counting))
    assert counting.calls >= 5
    for call in range(1, counting.calls + 1):
        stage = _set_up(scenario)
        serves = bool(stage.observe().route.weights)
        with pytest.raises(Killed):
            scenario.command(stage.client("ada", Fuse(at=call, after=after)))
        stage.world.end("ada")
        moment = f"killed at call {call} of {counting.calls}"
        _check_that_it_serves(stage, scenario, serves, moment)
        if scenario.again or stage.picture() != undisturbed.picture():
            with suppress(Refused, NotFound):
                scenario.command(stage.client("bob"))
        assert stage.picture() == undisturbed.picture(), moment
        assert stage.world.violations == [], moment


def _check_that_it_serves(stage: Stage, scenario: Scenario, served: bool, moment: str) -> None:  # noqa: FBT001 - private, called once
    seen = stage.observe()
    assert seen.route == seen.rollout.route, moment
    if seen.rollout.phase is Phase.DELETING or seen.token == ABSENT:
        assert not seen.route.weights, moment
        return
    assert bool(seen.route.weights) or not served, f"{moment}: nothing serves any more"
    broken = stage.revision(scenario.broken).id if scenario.broken else None
    weighted = [revision for revision in seen.route.weights if revision != broken]
    assert all(seen.revisions[revision].answers for revision in weighted), moment
    for revision in weighted:
        answer = FakeTarget(stage.world).predict(CHURN, Request(b'{"instances": [1]}', revision))
        assert answer.status == 200, moment


def test_nothing_is_left_over_when_all_is_done() -> None:
    for title, scenario in SCENARIOS.items():
        stage = _set_up(scenario)
        scenario.command(stage.client())
        retained = {revision.id for revision in stage.observe().rollout.retained}
        assert stage.live() <= retained, title
        assert stage.world.leases == {}, title
