"""Two revisions and not GPUs enough for both: refused, or in stages, as a person says."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.domain.deployment import Metadata, ModelDeployment, Spec
from platformctl.domain.errors import NotReady, Refused, SpecError
from platformctl.domain.names import RevisionId
from platformctl.domain.resources import Resources
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Phase, Staging
from platformctl.domain.scaling import Scaling
from platformctl.domain.version_ref import Exact
from platformctl.rollout import staging
from platformctl.usecases.change import promote, rollback
from platformctl.usecases.deploy import deploy
from platformctl.usecases.rehearse import rehearse_deploy, rehearse_promote
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.fakes import Behaviour, FakeTarget
from tests.fakes.killing import Killed
from tests.usecases.scene import CHURN, Scene, version

pytestmark = pytest.mark.quick


@dataclass
class Watched(FakeTarget):
    """A target that notes how many replicas there are, and who has which share."""

    scene: Scene
    dies: bool = False
    seen: list[tuple[int, dict[str, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        FakeTarget.__init__(self, self.scene.world)

    def prepare(self, revision: Revision, scale: Scale) -> None:
        if self.dies:
            raise Killed
        FakeTarget.prepare(self, revision, scale)
        self._note()

    def scale(self, revision: RevisionId, scale: Scale) -> None:
        FakeTarget.scale(self, revision, scale)
        self._note()

    def _note(self) -> None:
        replicas = sum(len(live.starts) for live in self.scene.world.live.values())
        self.seen.append((replicas, self.scene.shares))


def client(scene: Scene) -> tuple[World, Watched]:
    target = Watched(scene)
    world = scene.client()
    return World(**{**vars(world), "target": target}), target


def spec(replicas: int, *, gpu: int = 1, keep: int = 1) -> ModelDeployment:
    wanted = Spec(scaling=Scaling(min=replicas), resources=Resources(gpu=gpu), keep=keep)
    return ModelDeployment(metadata=Metadata(name=CHURN), spec=wanted)


def request(tag: int, replicas: int, canary: int | None = None, *, staged: bool = True) -> DeployRequest:
    return DeployRequest(CHURN, spec=spec(replicas), version=Exact(tag), canary=canary, staged=staged)


def serving(scene: Scene, replicas: int, room: int) -> None:
    scene.world.room = room
    scene.deploy(request(1, replicas))


def replicas(scene: Scene) -> dict[str, int]:
    return {version(revision): len(live.starts) for revision, live in scene.world.live.items()}


def test_by_default_nothing_is_made_of_what_has_no_room(scene: Scene) -> None:
    serving(scene, 4, room=4)
    with pytest.raises(SpecError) as refused:
        scene.deploy(request(2, 4, staged=False))
    assert refused.value.field == "spec.resources.gpu"
    assert (scene.live, scene.shares) == (["v1"], {"v1": 100})


def test_room_is_asked_for_the_share_and_not_for_all(scene: Scene) -> None:
    serving(scene, 1, room=2)
    scene.deploy(request(2, 1, canary=10, staged=False))
    assert scene.shares == {"v1": 90, "v2": 10}


@pytest.mark.parametrize("room", [4, 5])
def test_in_stages_there_are_never_more_than_there_are_gpus_for(scene: Scene, room: int) -> None:
    serving(scene, 4, room)
    world, target = client(scene)
    deploy(world, request(2, 4))
    on_the_way = [(count, shares) for count, shares in target.seen if "v1" in shares]
    assert any("v2" in shares for _, shares in on_the_way)
    assert max(count for count, _ in on_the_way) <= room
    assert (scene.shares, replicas(scene)) == ({"v2": 100}, {"v2": 4})


def test_each_step_is_said_with_what_is_missing_meanwhile(scene: Scene) -> None:
    serving(scene, 4, room=4)
    scene.deploy(request(2, 4))
    said = "\n".join(map(str, scene.reporter.events))
    assert "25 %, 50 %, 75 %, 100 %" in said
    assert "1 of 4 replicas are missing" in said
    assert "step 2 of 4: 50 %" in said


def test_a_rehearsal_says_the_steps_and_what_is_not_kept(scene: Scene) -> None:
    serving(scene, 4, room=4)
    (first,) = scene.world.live
    _, seen = rehearse_deploy(scene.client(), request(2, 4), check=True)
    assert f"remove {first}" in seen.changes
    assert "25 %, 50 %, 75 %, 100 %" in seen.findings[-1].message
    scene.deploy(request(2, 4, canary=25))
    seen = rehearse_promote(scene.client(), CHURN, None, check=True, staged=True)
    assert f"remove {first}" in seen.changes
    assert "50 %, 75 %, 100 %" in seen.findings[-1].message


def test_a_canary_keeps_its_part_while_it_waits(scene: Scene) -> None:
    serving(scene, 4, room=4)
    scene.deploy(request(2, 4, canary=25))
    assert (scene.shares, replicas(scene)) == ({"v1": 75, "v2": 25}, {"v1": 3, "v2": 1})
    scene.deploy(DeployRequest(CHURN))
    assert replicas(scene) == {"v1": 3, "v2": 1}


def test_promoting_it_needs_the_gpus_or_goes_in_stages(scene: Scene) -> None:
    serving(scene, 4, room=4)
    scene.deploy(request(2, 4, canary=25))
    with pytest.raises(SpecError):
        promote(scene.client(), CHURN, None)
    assert scene.shares == {"v1": 75, "v2": 25}
    promote(scene.client(), CHURN, "champion", staged=True)
    assert (scene.shares, replicas(scene)) == ({"v2": 100}, {"v2": 4})
    assert scene.registry.aliases["churn", "champion"] == "2"


def test_rolled_back_stable_has_all_its_replicas_again(scene: Scene) -> None:
    serving(scene, 4, room=4)
    scene.deploy(request(2, 4, canary=50))
    rollback(scene.client(), CHURN, None)
    assert (scene.shares, replicas(scene)) == ({"v1": 100}, {"v1": 4})


def test_a_step_that_fails_gives_everything_back(scene: Scene) -> None:
    serving(scene, 4, room=4)
    scene.deploy(request(2, 4, canary=25))
    (second,) = [revision for revision in scene.world.live if version(revision) == "v2"]
    scene.behave(second, Behaviour(failure="no CUDA", ready_after=0))
    with pytest.raises(NotReady):
        scene.deploy(request(2, 4))
    assert (scene.shares, replicas(scene)) == ({"v1": 100}, {"v1": 4})


def test_the_same_command_goes_on_where_a_stage_ended(scene: Scene) -> None:
    serving(scene, 4, room=4)
    scene.deploy(request(2, 4, canary=50))
    scene.deploy(request(2, 4))
    assert (scene.shares, replicas(scene)) == ({"v2": 100}, {"v2": 4})
    recorded = scene.seen().rollout
    assert (recorded.phase, recorded.staging) == (Phase.STEADY, Staging(replicas=4, room=4))


def test_the_same_command_ends_a_last_step_that_was_killed(scene: Scene) -> None:
    serving(scene, 2, room=2)
    scene.deploy(request(2, 2, canary=50))
    world, target = client(scene)
    target.dies = True
    with pytest.raises(Killed):
        deploy(world, request(2, 2))
    candidate = scene.seen().rollout.candidate
    assert candidate is not None
    assert (candidate.share, candidate.goal) == (50, 100)
    scene.deploy(request(2, 2))
    assert (scene.shares, replicas(scene)) == ({"v2": 100}, {"v2": 2})


def test_going_back_to_what_is_gone_needs_gpus_and_says_how(scene: Scene) -> None:
    serving(scene, 4, room=4)
    scene.deploy(request(2, 4))
    with pytest.raises(SpecError) as refused:
        rollback(scene.client(), CHURN, None)
    assert refused.value.hint == "platformctl deploy churn --version 1 --gpu-shift staged"
    assert scene.shares == {"v2": 100}
    scene.deploy(request(1, 4))
    assert (scene.shares, replicas(scene)) == ({"v1": 100}, {"v1": 4})


def test_one_gpu_holds_no_two_revisions(scene: Scene) -> None:
    serving(scene, 1, room=1)
    with pytest.raises(Refused, match="a shift needs 2"):
        scene.deploy(request(2, 1))
    assert (scene.live, scene.shares) == (["v1"], {"v1": 100})


def test_where_there_is_room_it_is_a_deployment_like_any_other(scene: Scene) -> None:
    serving(scene, 1, room=6)
    scene.deploy(request(2, 1))
    assert (scene.shares, scene.live) == ({"v2": 100}, ["v1", "v2"])
    assert scene.seen().rollout.staging is None


def _steps(shared: Staging, goal: int) -> Sequence[tuple[int, int]]:
    steps = staging.shares(shared, 0, goal)
    return list(zip((0, *steps), steps, strict=False))


shared = st.builds(Staging, replicas=st.integers(1, 200), room=st.integers(2, 400))


@given(shared, st.integers(1, 100))
def test_the_steps_lead_to_the_goal_and_fit(shared: Staging, goal: int) -> None:
    steps = _steps(shared, goal)
    assert steps[-1][1] == goal
    for share, aim in steps:
        keeps, gets = staging.halves(shared, share, aim)
        assert share < aim
        assert min(keeps, gets) >= 1
        assert keeps + gets <= shared.room


@given(st.integers(2, 100), st.integers(1, 5), st.integers(1, 100))
def test_one_is_missing_where_what_serves_has_all_and_none_where_one_is_spare(
    replicas: int, spare: int, goal: int
) -> None:
    assert staging.missing(Staging(replicas=replicas, room=replicas), 0, goal) == 1
    assert staging.missing(Staging(replicas=replicas, room=replicas + spare), 0, goal) == 0
