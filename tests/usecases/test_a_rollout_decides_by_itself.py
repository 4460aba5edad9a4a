"""Played with simulated callers: by which steps a new version takes over, and when it goes back."""

from datetime import timedelta

import pytest

from platformctl.domain.automatic import Stop
from platformctl.domain.deployment import Metadata, ModelDeployment, Spec
from platformctl.domain.errors import DeadlinePassed
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.rollout import Phase
from platformctl.domain.version_ref import Exact
from platformctl.usecases.automatic import LOOK_SECONDS, Driver, drive_to_the_end
from platformctl.usecases.deploy import deploy
from platformctl.usecases.rollouts import again
from platformctl.usecases.waiting import waiting
from tests.fakes import Behaviour
from tests.usecases.crowd import Crowd
from tests.usecases.scene import CHURN, Scene, version

pytestmark = pytest.mark.quick


@pytest.fixture
def crowd(scene: Scene) -> Crowd:
    """One version serves, and has answered 3,000 requests."""
    scene.deploy(version=Exact(1))
    crowd = Crowd(scene)
    crowd.ask(30)
    return crowd


def _begin(crowd: Crowd, **policy: object) -> None:
    """Deploy version 2, which takes over by itself."""
    spec = Spec(rollout=RolloutPolicy.model_validate(policy))
    wanted = ModelDeployment(metadata=Metadata(name=CHURN), spec=spec)
    crowd.scene.deploy(version=Exact(2), spec=wanted)


def _drive(crowd: Crowd, limit: float = 3600) -> Observed:
    """Drive until nothing is left to be decided, while callers call."""
    driver = Driver(crowd.scene.client())
    for _ in range(round(limit / LOOK_SECONDS)):
        crowd.ask(LOOK_SECONDS)
        crowd.scene.world.pass_time(LOOK_SECONDS)
        observed = driver.turn(CHURN)
        if observed.rollout.auto is None and observed.rollout.phase is Phase.STEADY:
            return observed
    return crowd.scene.seen()


def _of(crowd: Crowd, which: str) -> RevisionId:
    return next(revision for revision in crowd.scene.seen().revisions if version(revision) == which)


def _events(observed: Observed) -> list[str]:
    return [record.event for record in observed.rollout.history]


def test_a_version_that_is_as_good_takes_over_step_by_step(crowd: Crowd) -> None:
    _begin(crowd)
    assert crowd.scene.shares == {"v1": 99, "v2": 1}
    observed = _drive(crowd)
    assert crowd.scene.shares == {"v2": 100}
    shares = [record.detail for record in observed.rollout.history if record.event == "serves"]
    assert shares == ["100 %", "1 %", "10 %", "25 %", "50 %", "100 %"]
    assert _events(observed)[-1] == "finished"


def test_a_version_that_fails_more_goes_back_and_is_not_tried_again(crowd: Crowd) -> None:
    crowd.errors = {"v2": 0.2}
    _begin(crowd)
    observed = _drive(crowd)
    assert crowd.scene.shares == {"v1": 100}
    assert crowd.seen["v2"] < 120
    (rejected,) = observed.rollout.rejected
    assert rejected.reason.startswith("errors fail: canary ")
    assert "against chance" in rejected.reason


def test_a_version_that_is_slower_goes_back(crowd: Crowd) -> None:
    crowd.slow = {"v2": 0.5}
    _begin(crowd)
    observed = _drive(crowd)
    assert crowd.scene.shares == {"v1": 100}
    assert observed.rollout.rejected[0].reason.startswith("latency fail: ")


def test_a_version_that_breaks_when_it_has_everything_goes_back(crowd: Crowd) -> None:
    _begin(crowd, bake="10m")
    driver = Driver(crowd.scene.client())
    while crowd.scene.shares != {"v2": 100}:
        crowd.ask(LOOK_SECONDS)
        crowd.scene.world.pass_time(LOOK_SECONDS)
        driver.turn(CHURN)
    crowd.errors = {"v2": 0.3}
    observed = _drive(crowd)
    assert crowd.scene.shares == {"v1": 100}
    assert observed.rollout.rejected[0].reason.startswith("errors fail: ")


def test_while_figures_are_missing_nothing_moves_and_it_goes_on_when_they_are_back(crowd: Crowd) -> None:
    _begin(crowd)
    driver = Driver(crowd.scene.client())
    crowd.scene.world.counters_are_down = True
    for _ in range(100):
        crowd.ask(LOOK_SECONDS)
        crowd.scene.world.pass_time(LOOK_SECONDS)
        observed = driver.turn(CHURN)
    assert crowd.scene.shares == {"v1": 99, "v2": 1}
    assert "figures are missing" in waiting(observed.rollout, crowd.scene.world.now)
    crowd.scene.world.counters_are_down = False
    assert _events(_drive(crowd))[-1] == "finished"


SHORT = [{"weight": 10, "hold": "10s"}, 100]
UNFIT = {
    "answers nobody": (Behaviour(ready_after=None), "it was not ready for 10 s"),
    "crashes, and answers in between": (
        Behaviour(ready_after=0, crashes_after=3, down_for=1, again=True),
        "it kept crashing for 10 s",
    ),
}


@pytest.mark.parametrize(("behaviour", "reason"), UNFIT.values(), ids=UNFIT.keys())
def test_one_that_cannot_go_on_serving_goes_back_without_figures(
    crowd: Crowd, behaviour: Behaviour, reason: str
) -> None:
    _begin(crowd)
    v2 = _of(crowd, "v2")
    crowd.scene.world.counters_are_down = True
    crowd.scene.behave(v2, behaviour)
    began = crowd.scene.world.now
    observed = _drive(crowd)
    assert crowd.scene.shares == {"v1": 100}
    assert crowd.scene.world.now - began <= timedelta(seconds=20)
    assert observed.rollout.rejected[0].reason == reason


def test_what_an_earlier_rollout_crashed_is_not_held_against_the_next(crowd: Crowd) -> None:
    loop = Behaviour(ready_after=0, crashes_after=3, down_for=1, again=True)
    _begin(crowd)
    v2 = _of(crowd, "v2")
    driver, world = Driver(crowd.scene.client()), crowd.scene.world
    crowd.scene.behave(v2, loop)
    driver.turn(CHURN)
    while crowd.scene.seen().rollout.candidate:
        world.pass_time(1)
        driver.turn(CHURN)
    crowd.scene.behave(v2, Behaviour(ready_after=0, crashes_after=3, down_for=1))
    deploy(crowd.scene.client(), again(crowd.scene.client(), CHURN))
    for _ in range(12):
        world.pass_time(1)
        driver.turn(CHURN)
    assert crowd.scene.shares == {"v1": 99, "v2": 1}


def test_at_the_deadline_it_holds_and_says_why(crowd: Crowd) -> None:
    crowd.rate = 0.1
    _begin(crowd, deadline="1h")
    observed = _drive(crowd, 7200)
    assert observed.rollout.auto is not None
    pause = observed.rollout.auto.pause
    assert pause is not None
    assert (pause.why, crowd.scene.shares) == (Stop.DEADLINE, {"v1": 99, "v2": 1})
    assert "of 10 requests at 1 %" in pause.detail


@pytest.mark.parametrize(
    ("policy", "paused", "live"),
    [("hold", True, {"v1", "v2"}), ("promote", False, {"v1", "v2"}), ("rollback", False, {"v1"})],
)
def test_one_that_is_not_ready_at_the_deadline_is_held_or_dropped_and_never_promoted(
    crowd: Crowd, policy: str, live: set[str], *, paused: bool
) -> None:
    crowd.scene.world.later(0.5, lambda: crowd.scene.behave(_of(crowd, "v2"), Behaviour(ready_after=None)))
    with pytest.raises(DeadlinePassed):
        _begin(crowd, steps=SHORT, deadline="2m", onInconclusive=policy)
    observed = _drive(crowd, 180)
    assert crowd.scene.shares == {"v1": 100}
    assert {version(revision) for revision in observed.revisions} == live
    assert bool(observed.rollout.auto and observed.rollout.auto.pause) == paused


def test_in_the_foreground_it_is_driven_to_its_end(crowd: Crowd) -> None:
    _begin(crowd)
    client = crowd.scene.client()
    crowd.scene.world.while_time_passes = crowd.ask
    observed = drive_to_the_end(client, CHURN)
    assert crowd.scene.shares == {"v2": 100}
    assert observed.rollout.auto is None
