import pytest

from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Spec
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.names import Name
from platformctl.domain.observed import Scope, Severity
from platformctl.domain.scaling import Scaling
from platformctl.domain.traffic import Request
from platformctl.domain.version_ref import Exact
from platformctl.usecases.deploy import plan_deploy
from platformctl.usecases.diff import diff
from platformctl.usecases.predict import own_example, predict_many
from platformctl.usecases.read import deployments, history, logs, status
from platformctl.usecases.request import DeployRequest
from tests.fakes import Behaviour, FakeVersion
from tests.usecases.scene import CHURN, Scene, version

pytestmark = pytest.mark.quick

ROW = Request(b'{"instances": [{"age": 30}]}')


@pytest.fixture
def with_canary(scene: Scene) -> Scene:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    return scene


def test_status_says_what_serves_with_figures_a_revision(with_canary: Scene) -> None:
    predict_many(with_canary.client(), CHURN, [ROW] * 1000, 4, lambda _: None)
    seen = status(with_canary.client(), CHURN)
    assert seen.problems == []
    assert not seen.is_degraded
    assert seen.counts is not None
    requests = {version(revision): counts.requests for revision, counts in seen.counts.items()}
    assert requests == {"v1": 901, "v2": 101}, "and one probe each"


def test_status_says_loudly_that_a_canary_is_down(with_canary: Scene) -> None:
    candidate = with_canary.seen().rollout.candidate
    assert candidate is not None
    with_canary.behave(candidate.revision.id, Behaviour(crashes_after=0))
    with_canary.world.pass_time(30)
    seen = status(with_canary.client(), CHURN)
    assert seen.is_degraded
    assert seen.problems[0].message.startswith(f"canary {candidate.revision.id} is not ready for 3")
    assert seen.problems[0].hint == "platformctl rollback churn"


def test_status_says_who_is_changing_it(with_canary: Scene) -> None:
    stray = plan_deploy(with_canary.client(), DeployRequest(CHURN, version=Exact(3))).choice.revision
    live = next(iter(with_canary.world.live.values()))
    with_canary.client().target.prepare(stray, live.scale)
    with with_canary.client("pid 7, platformctl promote churn").only_us(CHURN):
        problems = status(with_canary.client(), CHURN).problems
    assert [(p.severity, p.message) for p in problems] == [
        (Severity.INFO, "being changed by pid 7, platformctl promote churn")
    ]


def test_status_says_what_an_interrupted_command_left_and_how_to_go_on(with_canary: Scene) -> None:
    stray = plan_deploy(with_canary.client(), DeployRequest(CHURN, version=Exact(3))).choice.revision
    live = next(iter(with_canary.world.live.values()))
    with_canary.client().target.prepare(stray, live.scale)
    problems = status(with_canary.client(), CHURN).problems
    assert [(p.severity, p.hint) for p in problems] == [
        (Severity.WARNING, "platformctl prune churn finishes that")
    ]


def test_status_of_what_is_not_there(scene: Scene) -> None:
    with pytest.raises(NotFound):
        status(scene.client(), Name("nobody"))


def test_the_list_has_all_deployments_by_name(scene: Scene) -> None:
    scene.registry.register("alpha", FakeVersion())
    scene.deploy()
    scene.deploy(DeployRequest(Name("alpha")))
    assert [summary.name for summary in deployments(scene.client(), Scope())] == ["alpha", "churn"]
    assert [summary.name for summary in deployments(scene.client(), Scope("chu"))] == ["churn"]


def test_history_tells_what_happened_in_order(with_canary: Scene) -> None:
    told = [(record.event, record.detail) for record in history(with_canary.client(), CHURN).records]
    assert told == [("deploy", "to 100 %"), ("serves", "100 %"), ("deploy", "to 10 %"), ("serves", "10 %")]


def test_history_tells_to_what_a_rollback_goes_and_whether_that_is_still_there(scene: Scene) -> None:
    scene.registry.register("churn", FakeVersion(), FakeVersion(), FakeVersion())
    for number in (1, 2, 3):
        scene.deploy(DeployRequest(CHURN, version=Exact(number)))
    previous = history(scene.client(), CHURN).previous
    assert [(version(revision), is_live) for revision, is_live in previous.items()] == [
        ("v2", True),
        ("v1", False),
    ]


def test_logs_of_a_deployment_are_those_of_its_live_revisions(with_canary: Scene) -> None:
    assert [version(revision) for revision in logs(with_canary.client(), CHURN, None, 10)] == ["v1", "v2"]


def test_logs_of_a_revision_go_by_its_name_alone(with_canary: Scene) -> None:
    revision = next(iter(with_canary.seen().revisions))
    assert logs(with_canary.client(), revision, None, 10) == {revision: (f"starting {revision}",)}


def test_there_is_no_difference_once_it_is_true(with_canary: Scene) -> None:
    assert diff(with_canary.client(), DeployRequest(CHURN)) == []


def test_a_difference_names_the_field_and_both_values(with_canary: Scene) -> None:
    spec = Spec(model=ModelSource(version=1), scaling=Scaling(min=3))
    wanted = ModelDeployment(metadata=Metadata(name=CHURN), spec=spec)
    found = {
        (d.field, d.live, d.wanted) for d in diff(with_canary.client(), DeployRequest(CHURN, spec=wanted))
    }
    assert found == {("scaling.min", "1", "3")}


def test_a_new_version_is_a_difference_in_version_and_traffic(with_canary: Scene) -> None:
    wanted = ModelDeployment(metadata=Metadata(name=CHURN), spec=Spec(model=ModelSource(version=3)))
    found = {
        d.field: (d.live, d.wanted) for d in diff(with_canary.client(), DeployRequest(CHURN, spec=wanted))
    }
    assert found["model.version"] == ("1", "3")
    assert found["traffic"] == ("0 %", "100 %")


def test_the_models_own_example_is_a_request(with_canary: Scene) -> None:
    assert own_example(with_canary.client(), CHURN) == b'{"instances": [{"age": 30}]}'


def test_a_model_without_an_example_wants_an_input(scene: Scene) -> None:
    scene.registry.register("churn", FakeVersion())
    scene.deploy()
    with pytest.raises(SpecError, match="no input example") as caught:
        own_example(scene.client(), CHURN)
    assert caught.value.field == "--input"


def test_many_predictions_say_who_answered_and_how_often_it_failed(with_canary: Scene) -> None:
    candidate = with_canary.seen().rollout.candidate
    assert candidate is not None
    with_canary.behave(candidate.revision.id, Behaviour(status=500))
    seen: list[int] = []
    split = predict_many(with_canary.client(), CHURN, [ROW] * 1000, 4, seen.append)
    shares = {version(revision): count for revision, count in split.shares.items()}  # type: ignore[arg-type]
    assert shares == {"v1": 900, "v2": 100}
    assert sum(split.errors.values()) == 100
    assert split.rejected == {}
    assert seen == list(range(1, 1001))
