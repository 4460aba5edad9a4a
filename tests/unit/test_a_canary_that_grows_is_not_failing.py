"""A promotion lifts the canary's capacity first; new replicas take their time while old ones answer."""

import pytest

from platformctl.domain.errors import NotReady
from platformctl.domain.revision import Scale
from platformctl.usecases.change import promote
from tests.fakes import Behaviour, FakeTarget
from tests.fakes.stage import Stage
from tests.fakes.values import CHURN, wanted

pytestmark = pytest.mark.quick


def _canary_of_a_large_stable(behaviour: Behaviour) -> Stage:
    stage = Stage()
    stage.deploy(1, spec=wanted(replicas=(1, 4)))
    stage.deploy(2, canary=10)
    FakeTarget(stage.world).scale(stage.revision(1).id, Scale(minimum=4, maximum=4))
    stage.world.behaviours[stage.revision(2).id] = behaviour
    stage.world.pass_time(20)
    return stage


def test_replicas_that_start_slowly_do_not_make_a_canary_fail() -> None:
    stage = _canary_of_a_large_stable(Behaviour(ready_after=15))
    replicas = []
    stage.world.later(1, lambda: replicas.append(stage.world.status(stage.revision(2).id).replicas))
    promote(stage.client(), CHURN, None)
    assert replicas == [4]
    assert dict(stage.observe().route.weights) == {stage.revision(2).id: 100}


def test_a_canary_none_of_whose_replicas_answers_is_taken_back() -> None:
    stage = _canary_of_a_large_stable(Behaviour(ready_after=1, crashes_after=2))
    with pytest.raises(NotReady, match="not ready for 10 s"):
        promote(stage.client(), CHURN, None)
    assert dict(stage.observe().route.weights) == {stage.revision(1).id: 100}
