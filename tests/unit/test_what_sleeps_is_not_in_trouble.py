"""A revision that nobody asks may run nowhere: no problem, no failure, and nothing left to be done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.names import Name
from platformctl.domain.observed import Observed, RevisionStatus
from platformctl.domain.revision import ModelVersion, Revision, Scale
from platformctl.domain.rollout import Phase, Rollout
from platformctl.domain.route import Route
from platformctl.plan import failing
from platformctl.plan.health import problems
from platformctl.plan.upkeep import is_unfinished

pytestmark = pytest.mark.quick

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHURN = Name("churn")
STABLE = Revision(deployment=CHURN, model=ModelVersion(model="churn", version="1", uri="/churn/1"))
SPEC = ModelDeployment.model_validate({"metadata": {"name": CHURN}, "spec": {"scaling": {"max": 2}}})
ASLEEP = RevisionStatus(replicas=0, ready=0, asleep=True)
AWAKE = RevisionStatus(replicas=1, ready=1)


def _observed(status: RevisionStatus) -> Observed:
    route = Route(weights={STABLE.id: 100})
    rollout = Rollout(phase=Phase.STEADY, stable=STABLE, wanted=SPEC)
    return Observed(revisions={STABLE.id: status}, route=route, rollout=rollout)


def test_it_is_no_problem() -> None:
    assert problems(_observed(ASLEEP), None, NOW) == []
    assert problems(_observed(replace(ASLEEP, asleep=False)), None, NOW) != []


def test_one_that_would_not_wake_is_one() -> None:
    (problem,) = problems(_observed(replace(ASLEEP, failure="its model is corrupt")), None, NOW)
    assert "its model is corrupt" in problem.message


def test_it_leaves_nothing_to_be_done() -> None:
    assert not is_unfinished(_observed(ASLEEP))
    assert is_unfinished(_observed(replace(ASLEEP, asleep=False)))
    assert is_unfinished(_observed(replace(ASLEEP, scale=Scale(minimum=0, maximum=9))))


def _says(*looks: tuple[float, RevisionStatus]) -> str | None:
    watched = None
    for second, status in looks:
        watched = failing.seen(watched, status, NOW + timedelta(seconds=second))
    assert watched
    return failing.failure(watched, serves=True)


def test_it_has_not_failed_however_long_it_sleeps() -> None:
    assert _says((0, AWAKE), (5, ASLEEP), (20, ASLEEP), (29, ASLEEP)) is None


def test_it_may_take_its_time_to_get_up() -> None:
    down = replace(AWAKE, ready=0)
    assert _says((0, AWAKE), (5, ASLEEP), (20, down), (40, down), (60, down)) is None
    assert _says((0, ASLEEP), (5, down), (9, AWAKE), (15, down), (26, down)) == "it was not ready for 17 s"


def test_one_that_crashes_while_it_gets_up_has_10_seconds() -> None:
    down, crashed = replace(AWAKE, ready=0), replace(AWAKE, ready=0, restarts=1)
    assert _says((0, ASLEEP), (20, down), (21, crashed), (29, crashed)) is None
    assert _says((0, ASLEEP), (20, down), (21, crashed), (30, crashed)) == "it was not ready for 10 s"


def test_one_that_crashed_before_it_slept_has_not_failed_of_that() -> None:
    crashed = replace(AWAKE, restarts=2)
    assert _says((0, AWAKE), (2, crashed), (13, crashed), (16, ASLEEP), (29, ASLEEP)) is None


def test_what_failed_before_it_slept_has_failed() -> None:
    assert _says((0, AWAKE), (5, replace(ASLEEP, failure="it ran out of memory"))) == "it ran out of memory"
