"""A target may tell which weights are served: those that a killed client left behind, or somebody has set."""

from datetime import UTC, datetime

import pytest

from platformctl.domain.observed import Capabilities, Observed, RevisionStatus
from platformctl.domain.route import Route
from platformctl.plan import health, steps, upkeep
from platformctl.rollout import Respec, Resume
from tests.fakes.values import canary, revision, steady, wanted

pytestmark = pytest.mark.quick

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_ONE, _TWO = revision(1), revision(2)
_IN_PLACE = Capabilities("here", images=True, code=True)
_ANEW = Capabilities("there", images=True, code=False, scales_in_place=False)


def _canary(served: Route | None) -> Observed:
    rollout = canary(_ONE, _TWO, 10)
    ready = RevisionStatus(replicas=1, ready=1)
    live = {_ONE.id: ready, _TWO.id: ready}
    return Observed(revisions=live, route=rollout.route, rollout=rollout, served=served)


@pytest.mark.parametrize("served", [None, Route(weights={_ONE.id: 90, _TWO.id: 10})])
def test_what_is_served_as_recorded_is_at_rest(served: Route | None) -> None:
    observed = _canary(served)
    assert not upkeep.is_unfinished(observed)
    assert not health.is_under_way(observed, _NOW)


def test_what_is_behind_is_finished_by_the_next_command_and_told_by_the_target_alone() -> None:
    observed = _canary(Route(weights={_ONE.id: 100}))
    assert upkeep.is_unfinished(observed)
    assert health.is_under_way(observed, _NOW), "somebody may be at it just now"
    assert health.problems(observed, None, _NOW) == []
    [told] = health.problems(observed, "ada", _NOW)
    assert "being changed by ada" in told.message


def test_a_plan_says_that_another_scale_starts_servers_anew_where_it_does() -> None:
    before, after = wanted(replicas=(1, 1)), wanted(replicas=(2, 4))
    rollout = steady(_ONE).model_copy(update={"wanted": before})
    [found] = steps.remade(rollout, after, Respec(after), _ANEW)
    assert f"{_ONE.id} is started anew" in found.message
    assert found.field == "spec.scaling"
    assert steps.remade(rollout, after, Respec(after), _IN_PLACE) == ()
    assert steps.remade(rollout, before, Respec(before), _ANEW) == ()
    assert steps.remade(rollout, after, Resume(), _ANEW) == ()
