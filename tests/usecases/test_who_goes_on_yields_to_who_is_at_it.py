"""Rollouts that decide by themselves, when no command is there to drive them: whose turn it is."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from platformctl.domain.deployment import Metadata, ModelDeployment, Promotion, Spec
from platformctl.domain.errors import Conflict, DeadlinePassed, Unreachable
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.progress import Said
from platformctl.domain.revision import Scale
from platformctl.domain.rollout import Phase
from platformctl.domain.version_ref import Exact
from platformctl.plan.upkeep import goes_on_by_itself, leftovers
from platformctl.rollout import Pause
from platformctl.usecases.attending import REST, Attendant
from platformctl.usecases.automatic import LOOK_SECONDS, Driver
from platformctl.usecases.change import rollback
from platformctl.usecases.drive import drive
from tests.fakes import Behaviour, FakeTarget
from tests.usecases.crowd import Crowd
from tests.usecases.scene import CHURN, Scene

pytestmark = pytest.mark.quick


@pytest.fixture
def crowd(scene: Scene) -> Crowd:
    """Version 1 serves, and version 2 has begun to take over."""
    scene.deploy(version=Exact(1))
    crowd = Crowd(scene)
    crowd.ask(30)
    spec = Spec(rollout=RolloutPolicy(), promotion=Promotion(alias="champion"))
    scene.deploy(version=Exact(2), spec=ModelDeployment(metadata=Metadata(name=CHURN), spec=spec))
    return crowd


def _round(crowd: Crowd, attendant: Attendant) -> None:
    crowd.ask(LOOK_SECONDS)
    crowd.scene.world.pass_time(LOOK_SECONDS)
    attendant.attend(CHURN, crowd.scene.seen().rollout)


def _to_the_end(crowd: Crowd, attendant: Attendant) -> None:
    for _ in range(720):
        if not goes_on_by_itself(crowd.scene.seen().rollout):
            return
        _round(crowd, attendant)
    pytest.fail("it did not end within an hour")


def _said(scene: Scene) -> list[str]:
    return [event.text for event in scene.reporter.events if isinstance(event, Said)]


def test_it_goes_on_to_the_end_and_says_each_decision(crowd: Crowd) -> None:
    _to_the_end(crowd, Attendant(lambda _: crowd.scene.client("the agent")))
    assert crowd.scene.shares == {"v2": 100}
    said = _said(crowd.scene)
    steps = [text for text in said if text.startswith("step churn-v2-")]
    assert len(steps) == 4
    assert all("errors pass" in text or "was held" in text for text in steps)
    assert sum(text.startswith("finished churn-v2-") for text in said) == 1


def test_a_version_that_fails_after_it_has_everything_is_gone_back_from(crowd: Crowd) -> None:
    attendant = Attendant(lambda _: crowd.scene.client("the agent"))
    while crowd.scene.shares != {"v2": 100}:
        _round(crowd, attendant)
    crowd.errors = {"v2": 0.3}
    _to_the_end(crowd, attendant)
    assert crowd.scene.shares == {"v1": 100}


def test_while_somebody_else_drives_it_does_nothing_and_then_follows_at_once(crowd: Crowd) -> None:
    attendant = Attendant(lambda _: crowd.scene.client("the agent"))
    _round(crowd, attendant)
    foreground = Driver(crowd.scene.client("a command"))
    for _ in range(20):
        crowd.ask(LOOK_SECONDS)
        crowd.scene.world.pass_time(LOOK_SECONDS)
        mine = foreground.turn(CHURN).rollout
        attendant.attend(CHURN, crowd.scene.seen().rollout)
        assert crowd.scene.seen().rollout == mine
    _round(crowd, attendant)
    assert crowd.scene.seen().rollout != mine


def test_a_person_who_is_at_work_on_it_is_left_alone(crowd: Crowd) -> None:
    attendant, ours = Attendant(lambda _: crowd.scene.client("the agent")), crowd.scene.client("ann")
    before = crowd.scene.seen().rollout
    with ours.only_us(CHURN), pytest.raises(Conflict):
        attendant.attend(CHURN, before)
    assert crowd.scene.seen().rollout == before
    attendant.attend(CHURN, before)
    assert crowd.scene.seen().rollout != before


def test_a_canary_that_answers_nobody_goes_back_although_it_is_paused(crowd: Crowd) -> None:
    drive(crowd.scene.client("ann"), CHURN, Pause())
    v2 = next(revision for revision in crowd.scene.seen().revisions if "v2" in revision)
    crowd.scene.behave(v2, Behaviour(ready_after=None))
    began = crowd.scene.world.now
    _to_the_end(crowd, Attendant(lambda _: crowd.scene.client("the agent")))
    assert crowd.scene.shares == {"v1": 100}
    assert crowd.scene.world.now - began <= timedelta(seconds=20)


def test_the_alias_of_the_spec_is_moved_at_the_end(crowd: Crowd) -> None:
    attendant = Attendant(lambda _: crowd.scene.client("the agent"))
    while crowd.scene.shares != {"v2": 100}:
        _round(crowd, attendant)
    assert ("churn", "champion") not in crowd.scene.registry.aliases
    _to_the_end(crowd, attendant)
    assert crowd.scene.registry.aliases["churn", "champion"] == "2"
    assert crowd.scene.seen().rollout.alias_move is None


def _moves_nothing(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> Sequence[str]:
    """Let the registry not answer who moves an alias; the versions for which it is asked, as they come."""
    asked: list[str] = []

    def move(model: str, alias: str, version: str) -> None:
        asked.append(version)
        raise Unreachable(f"no answer about {model}, {alias}, {version}")

    monkeypatch.setattr(crowd.scene.registry, "move_alias", move)
    return asked


def test_a_registry_that_does_not_answer_is_asked_once_a_minute_and_holds_nothing_up(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, asked = crowd.scene, _moves_nothing(crowd, monkeypatch)
    attendant = Attendant(lambda _: scene.client("the agent"))
    _to_the_end(crowd, attendant)
    assert (scene.shares, len(asked)) == ({"v2": 100}, 1)
    with pytest.raises(Unreachable, match="has 1 %, but the alias"):
        scene.deploy(version=Exact(3), auto=True)
    began = scene.world.now
    _to_the_end(crowd, attendant)
    minutes = (scene.world.now - began) / REST
    assert scene.shares == {"v3": 100}
    assert minutes / 2 <= len(asked) <= minutes + 5
    assert scene.seen().rollout.alias_move is not None


def test_what_was_left_behind_is_tidied_up(crowd: Crowd) -> None:
    scene = crowd.scene
    v2 = next(revision for revision in scene.seen().revisions if "v2" in revision)
    revision = scene.seen().rollout.known(v2)
    assert revision is not None
    rollback(scene.client("ann"), CHURN, None)
    FakeTarget(scene.world).prepare(revision, Scale())
    assert leftovers(scene.seen()) == [v2]
    attendant = Attendant(lambda _: scene.client("the agent"))
    with scene.client("ann").only_us(CHURN), pytest.raises(Conflict):
        attendant.tidy(CHURN)
    assert attendant.tidy(CHURN)
    assert leftovers(scene.seen()) == []


def test_an_alias_stays_to_be_moved_until_the_registry_is_back(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, asked = crowd.scene, _moves_nothing(crowd, monkeypatch)
    attendant = Attendant(lambda _: scene.client("the agent"))
    _to_the_end(crowd, attendant)
    for _ in range(120):
        assert not attendant.tidy(CHURN)
        scene.world.pass_time(1)
    assert asked == ["2"] * 2, "when it took over, and after a minute's rest"
    monkeypatch.undo()
    scene.world.pass_time(REST.total_seconds())
    assert attendant.tidy(CHURN)
    assert scene.seen().rollout.alias_move is None


def _everything(crowd: Crowd, attendant: Attendant) -> None:
    """Go on until version 2 has everything; version 1 does not answer any more then."""
    while crowd.scene.shares != {"v2": 100}:
        _round(crowd, attendant)
    v1 = next(revision for revision in crowd.scene.seen().revisions if "v1" in revision)
    crowd.scene.behave(v1, Behaviour(ready_after=None))


def test_a_way_back_that_takes_its_time_is_gone_to_the_end(crowd: Crowd) -> None:
    attendant = Attendant(lambda _: crowd.scene.client("the agent"))
    _everything(crowd, attendant)
    crowd.errors = {"v2": 0.3}
    while crowd.scene.seen().rollout.auto is not None:
        _round(crowd, attendant)
    assert crowd.scene.shares == {"v2": 100}
    assert goes_on_by_itself(crowd.scene.seen().rollout)
    crowd.scene.world.behaviours.clear()
    _to_the_end(crowd, attendant)
    assert crowd.scene.shares == {"v1": 100}


def test_on_the_way_back_that_a_person_chose_goes_nobody_else(crowd: Crowd) -> None:
    _everything(crowd, Attendant(lambda _: crowd.scene.client("the agent")))
    with pytest.raises(DeadlinePassed):
        rollback(crowd.scene.client("ann"), CHURN, None)
    assert crowd.scene.seen().rollout.phase is Phase.PREPARING
    assert not goes_on_by_itself(crowd.scene.seen().rollout)
