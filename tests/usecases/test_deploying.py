from dataclasses import replace

import pytest

from platformctl.domain.components import CodeClass, Image
from platformctl.domain.deployment import (
    Metadata,
    ModelDeployment,
    ModelSource,
    Spec,
)
from platformctl.domain.errors import (
    Conflict,
    DeadlinePassed,
    NotReady,
    PlatformctlError,
    Refused,
    SpecError,
    Unreachable,
)
from platformctl.domain.names import Name
from platformctl.domain.progress import Waiting
from platformctl.domain.revision import Scale
from platformctl.domain.rollout import Phase
from platformctl.domain.scaling import Prometheus, Scaling
from platformctl.domain.version_ref import Exact
from platformctl.plan.capacity import settled
from platformctl.ports import Target
from platformctl.usecases.change import promote, rollback
from platformctl.usecases.deploy import deploy, plan_deploy
from platformctl.usecases.rehearse import rehearse_deploy
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.fakes import Behaviour
from tests.usecases.scene import CHURN, Scene, version

pytestmark = pytest.mark.quick


def spec(**fields: object) -> ModelDeployment:
    return ModelDeployment(metadata=Metadata(name=CHURN), spec=Spec(**fields))


def test_the_first_version_has_everything_once_it_is_ready(scene: Scene) -> None:
    outcome = scene.deploy(version=Exact(1))
    assert (outcome.changed, scene.shares, scene.live) == (True, {"v1": 100}, ["v1"])
    assert scene.world.violations == []


def test_a_revision_has_no_weight_before_it_has_answered_its_own_example(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    planned = plan_deploy(scene.client(), DeployRequest(CHURN, version=Exact(2)))
    scene.behave(planned.choice.revision.id, Behaviour(status=500))
    with pytest.raises(NotReady, match="its own input example was answered with 500"):
        scene.deploy(version=Exact(2))
    assert (scene.shares, scene.live) == ({"v1": 100}, ["v1"])


def test_a_revision_that_fails_to_load_leaves_everything_as_it_was(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    before = scene.seen()
    planned = plan_deploy(scene.client(), DeployRequest(CHURN, version=Exact(2)))
    scene.behave(planned.choice.revision.id, Behaviour(failure="model.skops is corrupt"))
    with pytest.raises(NotReady, match=r"model\.skops is corrupt") as caught:
        scene.deploy(version=Exact(2))
    assert "model.skops is corrupt" in caught.value.log
    after = scene.seen()
    assert (after.route, after.rollout.wanted, after.rollout.stable) == (
        before.route,
        before.rollout.wanted,
        before.rollout.stable,
    )
    assert (after.rollout.phase, scene.live) == (Phase.STEADY, ["v1"])


def test_a_first_revision_that_fails_leaves_nothing(scene: Scene) -> None:
    planned = plan_deploy(scene.client(), DeployRequest(CHURN, version=Exact(1)))
    scene.behave(planned.choice.revision.id, Behaviour(failure="no such class"))
    with pytest.raises(NotReady, match="nothing serves, as before"):
        scene.deploy(version=Exact(1))
    assert (scene.shares, scene.live) == ({}, [])


class _FullDisk:
    """A target that cannot make anything live any more."""

    def __init__(self, target: Target, error: PlatformctlError) -> None:
        self._target, self._error = target, error

    def __getattr__(self, name: str) -> object:
        return getattr(self._target, name)

    def prepare(self, *_: object) -> None:
        raise self._error


def full_disk(scene: Scene, error: PlatformctlError) -> World:
    world = scene.client()
    return replace(world, target=_FullDisk(world.target, error))  # type: ignore[arg-type]  # a proxy


@pytest.mark.parametrize("error", [Refused("the disk is full"), SpecError("no Python"), Unreachable("down")])
def test_one_that_cannot_be_prepared_leaves_everything_as_it_was(
    scene: Scene, error: PlatformctlError
) -> None:
    scene.deploy(version=Exact(1))
    before = scene.seen()
    with pytest.raises(type(error)) as caught:
        deploy(full_disk(scene, error), DeployRequest(CHURN, version=Exact(2)))
    assert caught.value is error
    after = scene.seen()
    assert (after.route, after.revisions) == (before.route, before.revisions)
    assert (after.rollout.phase, after.rollout.candidate) == (Phase.STEADY, None)
    assert after.rollout.rejected == ()
    assert [record.event for record in after.rollout.history[-2:]] == ["deploy", "failed"]


def test_a_canary_that_cannot_be_grown_now_keeps_its_share(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    with pytest.raises(Refused, match="the disk is full"):
        promote(full_disk(scene, Refused("the disk is full")), CHURN, None)
    assert (scene.shares, scene.seen().rollout.phase) == ({"v1": 90, "v2": 10}, Phase.SHIFTING)
    promote(scene.client(), CHURN, None)
    assert scene.shares == {"v2": 100}


def test_one_that_is_slow_goes_on_and_the_next_deploy_waits_on(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    planned = plan_deploy(scene.client(), DeployRequest(CHURN, version=Exact(2)))
    scene.behave(planned.choice.revision.id, Behaviour(ready_after=90))
    with pytest.raises(DeadlinePassed):
        scene.deploy(version=Exact(2))
    assert (scene.shares, scene.live) == ({"v1": 100}, ["v1", "v2"])
    scene.deploy()
    assert scene.shares == {"v2": 100}


def test_waiting_is_told_again_and_again(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    waits = [event for event in scene.reporter.events if isinstance(event, Waiting)]
    assert [wait.timeout for wait in waits] == [60.0] * 5
    assert waits[-1].seconds == pytest.approx(0.8)


def test_true_already_changes_nothing(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    before = scene.seen()
    outcome = scene.deploy(version=Exact(1))
    assert not outcome.changed
    assert outcome.text == f"{before.rollout.stable.id if before.rollout.stable else ''} has 100 % already"
    assert scene.seen() == before


def test_a_canary_with_nothing_serving_is_a_usage_error_with_the_way_out(scene: Scene) -> None:
    with pytest.raises(SpecError) as caught:
        scene.deploy(canary=10)
    assert caught.value.field == "--canary"
    assert caught.value.hint == "platformctl deploy churn, then platformctl deploy churn --canary 10"
    assert scene.world.recorded == {}


def test_a_canary_in_the_spec_is_for_the_next_version_not_for_the_first(scene: Scene) -> None:
    scene.deploy(spec=spec(model=ModelSource(version=1), canary=10))
    assert scene.shares == {"v1": 100}
    scene.deploy(spec=spec(model=ModelSource(version=2), canary=10))
    assert scene.shares == {"v1": 90, "v2": 10}


def test_the_same_canary_again_is_true_already(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    assert not scene.deploy(version=Exact(2), canary=10).changed


def test_a_canary_grows_and_shrinks(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    scene.deploy(version=Exact(2), canary=50)
    assert scene.shares == {"v1": 50, "v2": 50}
    scene.deploy(version=Exact(2), canary=5)
    assert scene.shares == {"v1": 95, "v2": 5}


def test_a_third_version_supersedes_the_canary_and_its_processes(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    scene.deploy(version=Exact(3), canary=20)
    assert (scene.shares, scene.live) == ({"v1": 80, "v3": 20}, ["v1", "v3"])


def test_deploying_what_is_stable_leaves_the_canary_alone_and_says_so(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    outcome = scene.deploy(version=Exact(1))
    assert not outcome.changed
    assert outcome.text.endswith("goes on as a canary at 10 %")


def test_scaling_is_changed_in_place(scene: Scene) -> None:
    scene.deploy(spec=spec(model=ModelSource(version=1)))
    revisions = set(scene.seen().revisions)
    outcome = scene.deploy(spec=spec(model=ModelSource(version=1), scaling=Scaling(min=3)))
    assert outcome.changed
    assert set(scene.seen().revisions) == revisions
    assert [status.replicas for status in scene.seen().revisions.values()] == [3]


def test_what_replicas_scale_by_is_changed_in_place(scene: Scene) -> None:
    scene.deploy(spec=spec(model=ModelSource(version=1), scaling=Scaling(max=4)))
    before = {revision: (live.scale.cpu, live.starts) for revision, live in scene.world.live.items()}
    assert [cpu for cpu, _ in before.values()] == [80], "the default"
    by_query = Prometheus(address="http://prometheus:9090", query="rate({revision})", threshold=50)
    for scaling in (Scaling(max=4, cpu=50), Scaling(max=4, memory=70), Scaling(max=4, prometheus=by_query)):
        outcome = scene.deploy(spec=spec(model=ModelSource(version=1), scaling=scaling))
        (revision, live), *others = scene.world.live.items()
        assert (outcome.changed, others) == (True, [])
        assert live.scale == settled(scaling, revision)
        assert {revision: live.starts} == {key: starts for key, (_, starts) in before.items()}
    assert not scene.deploy(spec=spec(model=ModelSource(version=1), scaling=scaling)).changed


def test_a_change_of_what_replicas_scale_by_that_was_interrupted_is_finished(scene: Scene) -> None:
    scene.world.scales = True
    scene.deploy(spec=spec(model=ModelSource(version=1), scaling=Scaling(max=4, cpu=50)))
    (revision,) = scene.world.live
    scene.world.resize(revision, Scale(minimum=1, maximum=4, cpu=80))
    scene.deploy()
    assert scene.world.live[revision].scale.cpu == 50


def test_a_revision_gets_the_capacity_that_its_share_needs_before_the_share(scene: Scene) -> None:
    scene.deploy(spec=spec(model=ModelSource(version=1), scaling=Scaling(max=4)))
    stable = next(iter(scene.seen().revisions))
    scene.world.resize(stable, scene.world.live[stable].scale.model_copy(update={"minimum": 4, "maximum": 4}))
    planned = plan_deploy(scene.client(), DeployRequest(CHURN, version=Exact(2)))
    prepared = []
    scene.world.later(0.5, lambda: prepared.append(scene.world.status(planned.choice.revision.id).replicas))
    scene.deploy(version=Exact(2), canary=50)
    assert prepared == [2]
    assert scene.seen().revisions[planned.choice.revision.id].replicas == 1, "settled to the spec's minimum"


def test_one_that_was_rolled_back_is_refused_until_a_person_says_retry(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    rollback(scene.client(), CHURN, None)
    with pytest.raises(Refused, match="was rejected at 2026-01-01") as caught:
        scene.deploy(version=Exact(2), canary=10)
    assert "--retry" in (caught.value.hint or "")
    scene.deploy(version=Exact(2), canary=10, retry=True)
    assert scene.shares == {"v1": 90, "v2": 10}


def test_another_spec_of_a_rejected_version_is_another_revision(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    rollback(scene.client(), CHURN, None)
    code = CodeClass(class_="shop.serve:Churn", path="/src")
    scene.deploy(spec=spec(predictor=code), version=Exact(2), canary=10)
    assert scene.shares == {"v1": 90, "v2": 10}


def test_what_the_target_cannot_do_is_refused_before_anything_changes(scene: Scene) -> None:
    with pytest.raises(SpecError, match="images are for clusters") as caught:
        scene.deploy(spec=spec(predictor=Image(image="shop/churn:1")))
    assert caught.value.field == "spec.predictor"
    assert scene.world.recorded == {}


def test_two_at_once_on_one_deployment_one_wins_and_the_other_says_to_whom(scene: Scene) -> None:
    ours = scene.client("pid 1, platformctl deploy churn")
    with ours.only_us(CHURN), pytest.raises(Conflict) as caught:
        scene.deploy(version=Exact(2))
    assert caught.value.owner.startswith("pid 1, platformctl deploy churn")
    assert scene.world.recorded == {}


def test_two_models_whose_names_map_to_one_deployment_are_refused(scene: Scene) -> None:
    mapped = Name("churn-model")
    for model in ("Churn Model", "churn.model"):
        scene.registry.models[model] = scene.registry.models["churn"]
    scene.deploy(DeployRequest(mapped, model="Churn Model"))
    with pytest.raises(SpecError, match=r"'churn\.model' would be deployed as churn-model, which serves"):
        scene.deploy(DeployRequest(mapped, model="churn.model"))


def test_a_registry_that_is_down_changes_nothing(scene: Scene) -> None:
    scene.registry.is_down = True
    with pytest.raises(Unreachable):
        scene.deploy()
    assert scene.world.recorded == {}


def test_a_rehearsal_says_what_would_change_and_changes_nothing(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    before = scene.seen()
    request = DeployRequest(CHURN, version=Exact(2), canary=10)
    planned, rehearsal = rehearse_deploy(scene.client(), request, check=True)
    stable = before.rollout.stable
    assert stable is not None
    new = planned.choice.revision.id
    assert rehearsal.changes == [
        f"prepare {new} (as the command says)",
        f"traffic of {stable.id}: 100 % to 90 %",
        f"traffic of {new}: 0 % to 10 %",
    ]
    assert scene.seen() == before


def test_a_rehearsal_of_what_is_true_says_nothing_would_change(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    _, rehearsal = rehearse_deploy(scene.client(), DeployRequest(CHURN), check=True)
    assert rehearsal.changes == ()


def test_a_rehearsal_with_the_target_has_the_targets_refusal(scene: Scene) -> None:
    request = DeployRequest(CHURN, spec=spec(predictor=Image(image="shop/churn:1")))
    _, asked = rehearse_deploy(scene.client(), request, check=True)
    _, unasked = rehearse_deploy(scene.client(), request, check=False)
    assert [finding.field for finding in asked.findings] == ["spec.predictor"]
    assert unasked.findings == ()


def test_what_an_interrupted_command_left_is_finished_by_the_next(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    stray = plan_deploy(scene.client(), DeployRequest(CHURN, version=Exact(3))).choice.revision
    scene.client().target.prepare(stray, scene.world.live[next(iter(scene.seen().revisions))].scale)
    assert scene.live == ["v1", "v3"]
    scene.deploy(version=Exact(2), canary=10)
    assert [version(revision) for revision in scene.seen().revisions] == ["v1", "v2"]
