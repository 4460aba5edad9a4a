from datetime import timedelta

import pytest

from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Promotion, Spec
from platformctl.domain.errors import Conflict, NotFound, NotReady, Refused, Unreachable
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.rollout import Phase
from platformctl.domain.version_ref import Exact
from platformctl.usecases.change import delete, promote, prune, rollback, watch
from tests.fakes import Behaviour
from tests.usecases.scene import CHURN, Scene

pytestmark = pytest.mark.quick


@pytest.fixture
def with_canary(scene: Scene) -> Scene:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    return scene


def candidate(scene: Scene) -> RevisionId:
    under_way = scene.seen().rollout.candidate
    assert under_way is not None
    return under_way.revision.id


def test_promoted_it_has_everything_and_the_previous_one_stays_warm(with_canary: Scene) -> None:
    outcome = promote(with_canary.client(), CHURN, None)
    assert outcome.text.endswith("has 100 %")
    assert (with_canary.shares, with_canary.live) == ({"v2": 100}, ["v1", "v2"])


def test_beyond_keep_the_previous_ones_are_removed(with_canary: Scene) -> None:
    promote(with_canary.client(), CHURN, None)
    with_canary.deploy(version=Exact(3))
    assert (with_canary.shares, with_canary.live) == ({"v3": 100}, ["v2", "v3"])


def test_promote_moves_the_alias_and_reads_it_back(with_canary: Scene) -> None:
    promote(with_canary.client(), CHURN, "champion")
    assert with_canary.registry.aliases["churn", "champion"] == "2"
    assert with_canary.seen().rollout.alias_move is None


def test_the_spec_may_say_which_alias_a_promotion_moves(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    model, promotion = ModelSource(version=2), Promotion(alias="champion")
    wanted = ModelDeployment(
        metadata=Metadata(name=CHURN), spec=Spec(model=model, canary=10, promotion=promotion)
    )
    scene.deploy(spec=wanted)
    promote(scene.client(), CHURN, None)
    assert scene.registry.aliases["churn", "champion"] == "2"


def test_an_alias_that_cannot_be_moved_now_is_moved_by_the_next_command(with_canary: Scene) -> None:
    with_canary.registry.is_down = True
    with pytest.raises(Unreachable, match="has 100 %, but the alias could not be moved"):
        promote(with_canary.client(), CHURN, "champion")
    assert with_canary.shares == {"v2": 100}
    with_canary.registry.is_down = False
    prune(with_canary.client(), CHURN, None)
    assert with_canary.registry.aliases["churn", "champion"] == "2"


def test_an_alias_that_somebody_else_moved_at_the_same_time_is_a_conflict(with_canary: Scene) -> None:
    with_canary.registry.rival = "1"
    with pytest.raises(Conflict, match="has 100 %, but the alias could not be moved"):
        promote(with_canary.client(), CHURN, "champion")


def test_without_a_canary_there_is_nothing_to_promote(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    with pytest.raises(Refused, match="churn has no canary to promote"):
        promote(scene.client(), CHURN, None)


def test_a_canary_that_is_down_is_rolled_back_by_the_promote_that_waits_for_it(with_canary: Scene) -> None:
    with_canary.behave(candidate(with_canary), Behaviour(crashes_after=0))
    with pytest.raises(NotReady, match="it was not ready for 10 s"):
        promote(with_canary.client(), CHURN, None)
    assert (with_canary.shares, with_canary.live) == ({"v1": 100}, ["v1"])


def test_a_rollback_aborts_the_canary_and_rejects_it(with_canary: Scene) -> None:
    rejected = candidate(with_canary)
    rollback(with_canary.client(), CHURN, None)
    assert (with_canary.shares, with_canary.live) == ({"v1": 100}, ["v1"])
    assert with_canary.seen().rollout.rejection(rejected) is not None


def test_after_a_promotion_a_rollback_goes_to_the_previous_one(with_canary: Scene) -> None:
    promote(with_canary.client(), CHURN, None)
    rollback(with_canary.client(), CHURN, None)
    assert (with_canary.shares, with_canary.live) == ({"v1": 100}, ["v1"])


def test_a_rollback_to_a_cold_revision_makes_it_ready_first(with_canary: Scene) -> None:
    first = with_canary.seen().rollout.stable
    assert first is not None
    promote(with_canary.client(), CHURN, None)
    with_canary.deploy(version=Exact(3))
    assert with_canary.live == ["v2", "v3"]
    rollback(with_canary.client(), CHURN, first.id)
    assert with_canary.shares == {"v1": 100}
    assert with_canary.world.violations == []


def test_a_rollback_to_an_unknown_revision_lists_the_known_ones(with_canary: Scene) -> None:
    promote(with_canary.client(), CHURN, None)
    with pytest.raises(NotFound, match="churn-v9-000000 is not recorded") as caught:
        rollback(with_canary.client(), CHURN, RevisionId("churn-v9-000000"))
    assert "churn-v1-" in (caught.value.hint or "")


def test_with_nothing_before_there_is_nothing_to_go_back_to(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    with pytest.raises(Refused, match="no previous revision"):
        rollback(scene.client(), CHURN, None)


def test_a_watched_canary_that_stays_down_is_rolled_back(with_canary: Scene) -> None:
    down = candidate(with_canary)
    with_canary.behave(down, Behaviour(crashes_after=5))
    started = with_canary.world.now
    with pytest.raises(NotReady, match="it was not ready for 10 s"):
        watch(with_canary.client(), CHURN, timedelta(minutes=5))
    assert (with_canary.world.now - started).total_seconds() == pytest.approx(15, abs=2)
    assert with_canary.shares == {"v1": 100}


def test_a_watched_canary_that_comes_back_is_left_alone(with_canary: Scene) -> None:
    with_canary.behave(candidate(with_canary), Behaviour(crashes_after=5, down_for=8))
    watch(with_canary.client(), CHURN, timedelta(minutes=1))
    assert with_canary.shares == {"v1": 90, "v2": 10}


def test_prune_removes_the_warm_ones_beyond_what_it_is_told_to_keep(with_canary: Scene) -> None:
    promote(with_canary.client(), CHURN, None)
    assert prune(with_canary.client(), CHURN, None).text == "nothing to remove"
    assert prune(with_canary.client(), CHURN, 0).changed
    assert with_canary.live == ["v2"]


def test_what_was_pruned_is_recorded_and_rebuilt_by_a_rollback(with_canary: Scene) -> None:
    promote(with_canary.client(), CHURN, None)
    prune(with_canary.client(), CHURN, 0)
    rollback(with_canary.client(), CHURN, None)
    assert with_canary.shares == {"v1": 100}


def test_delete_leaves_nothing(with_canary: Scene) -> None:
    delete(with_canary.client(), CHURN)
    assert with_canary.world.live == {}
    assert with_canary.seen().rollout.phase is Phase.EMPTY
    with pytest.raises(NotFound):
        delete(with_canary.client(), CHURN)


def test_a_deployment_that_is_not_there_is_named_with_those_that_are(with_canary: Scene) -> None:
    with pytest.raises(NotFound, match="there is no deployment 'chrun'") as caught:
        promote(with_canary.client(), Name("chrun"), None)
    assert caught.value.hint == "did you mean churn? deployments: churn"
