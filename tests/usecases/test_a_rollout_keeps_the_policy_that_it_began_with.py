"""A rollout that is on keeps its policy; who deploys another one is told, before and afterwards."""

from typing import Any

import pytest

from platformctl.domain.deployment import Metadata, ModelDeployment, Spec
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.progress import Warned
from platformctl.domain.version_ref import Exact
from platformctl.usecases.deploy import plan_deploy
from platformctl.usecases.rehearse import rehearse_deploy
from platformctl.usecases.request import DeployRequest
from tests.usecases.crowd import Crowd
from tests.usecases.scene import CHURN, Scene

pytestmark = pytest.mark.quick

FIRST = {"steps": [10, 100]}
OTHER = {"steps": [10, 100], "onFail": "pause"}


def _request(version: int, policy: dict[str, Any] | None, *, auto: bool | None = None) -> DeployRequest:
    rollout = RolloutPolicy.model_validate(policy) if policy is not None else None
    wanted = ModelDeployment(metadata=Metadata(name=CHURN), spec=Spec(rollout=rollout))
    return DeployRequest(CHURN, version=Exact(version), spec=wanted, auto=auto)


@pytest.fixture
def on(scene: Scene) -> Scene:
    """Version 2 takes over by itself, by the first policy."""
    scene.deploy(version=Exact(1))
    Crowd(scene).ask(30)
    scene.deploy(version=Exact(2), spec=_request(2, FIRST).spec)
    return scene


def _told(scene: Scene, request: DeployRequest) -> list[Finding]:
    return [found for found in plan_deploy(scene.client(), request).findings if found.field == "spec.rollout"]


def test_another_policy_is_for_the_next_rollout(on: Scene) -> None:
    (found,) = _told(on, _request(2, OTHER))
    assert found.severity is Severity.WARNING
    assert "goes on by the policy that it began with" in found.message
    assert found.hint.startswith(f"to begin anew by it: platformctl rollout abort {CHURN}, ")
    assert found in rehearse_deploy(on.client(), _request(2, OTHER), check=False)[1].findings


def test_that_is_said_by_each_deploy_and_the_policy_stays(on: Scene) -> None:
    for _ in range(2):
        on.reporter.events.clear()
        on.deploy(version=Exact(2), spec=_request(2, OTHER).spec)
        (warned,) = [event for event in on.reporter.events if isinstance(event, Warned)]
        assert "goes on by the policy that it began with" in warned.text
    auto = on.seen().rollout.auto
    assert auto is not None
    assert auto.policy == RolloutPolicy.model_validate(FIRST)


@pytest.mark.parametrize(
    "request_of",
    [_request(2, FIRST), _request(2, None, auto=True), _request(3, OTHER)],
    ids=["the same policy", "none in the spec", "another version"],
)
def test_what_has_its_effect_is_not_warned_of(on: Scene, request_of: DeployRequest) -> None:
    assert _told(on, request_of) == []
