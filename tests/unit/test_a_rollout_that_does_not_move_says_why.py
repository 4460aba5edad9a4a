"""What is wrong with a rollout that decides by itself: it is held, or nobody drives it."""

from datetime import UTC, datetime, timedelta

import pytest

from platformctl.domain.automatic import Automatic, Evidences, Pause, Reading, Stop
from platformctl.domain.counts import Counts
from platformctl.domain.observed import Finding, Observed, RevisionStatus, Severity
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.rollout import Candidate, Cause, Phase, Rollout
from platformctl.plan import health
from tests.fakes.values import revision, steady, wanted

pytestmark = pytest.mark.quick

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AGO = timedelta(minutes=3)
V1, V2 = revision(1), revision(2)
READY = RevisionStatus(replicas=1, ready=1)
MANUAL = RolloutPolicy.model_validate({"steps": [{"weight": 10, "gate": "manual"}, 100]})
NO_RATES = RolloutPolicy.model_validate(
    {"gates": {"errors": False, "latency": False, "clientErrors": False}, "steps": [10, 100]}
)


def _found(looked: timedelta | None, share: int = 10, **changes: object) -> list[Finding]:
    """The problems of a rollout that began an hour ago, and was looked at so long ago."""
    hour = NOW - timedelta(hours=1)
    reading = Reading(at=NOW - looked, canary=Counts()) if looked is not None else None
    auto = Automatic(
        policy=MANUAL.model_copy(update={"steps": RolloutPolicy().steps}),
        began=hour,
        stepped=hour if share else None,
        evidence=Evidences(reading=reading),
    ).model_copy(update=changes)
    rollout = Rollout(
        phase=Phase.CANARY if share else Phase.PREPARING,
        since=hour,
        wanted=wanted(),
        stable=V1,
        candidate=Candidate(revision=V2, goal=10, share=share),
        auto=auto,
    )
    return _problems(rollout)


def _problems(rollout: Rollout, holder: str | None = None) -> list[Finding]:
    live = {V1.id: READY, V2.id: READY}
    return list(health.problems(Observed(live, route=rollout.route, rollout=rollout), holder, NOW))


def test_while_somebody_looks_nothing_is_wrong() -> None:
    assert _found(timedelta(seconds=20)) == []


def test_that_nobody_looks_is_said_with_how_it_goes_on() -> None:
    (found,) = _found(AGO)
    assert found.severity is Severity.WARNING
    assert found.message == "nobody has looked at its figures for 3 min, so nothing moves"
    assert found.hint.startswith("platformctl rollout resume churn --wait goes on")


def test_before_the_first_look_it_counts_from_the_step() -> None:
    assert [found.message for found in _found(None)] == [
        "nobody has looked at its figures for 1 h, so nothing moves"
    ]


def test_that_it_does_not_get_ready_is_no_interruption_before_it_has_lasted() -> None:
    (found,) = _found(None, share=0)
    assert found.message == f"{V2.id} has been getting ready for 10 % for 1 h"
    assert _found(None, share=0, began=NOW - timedelta(seconds=10)) == []


def test_one_that_is_judged_by_no_count_is_looked_at_without_a_trace() -> None:
    assert _found(None, policy=NO_RATES) == []


def test_missing_figures_are_said_and_not_that_nobody_looks() -> None:
    (found,) = _found(AGO, trouble="Envoy does not answer")
    assert found.message == "nothing moves, as its figures are missing: Envoy does not answer"
    assert "it goes on when they are back" in found.hint


@pytest.mark.parametrize(
    ("why", "severity"),
    [(Stop.ASKED, Severity.INFO), (Stop.FAILED, Severity.WARNING), (Stop.DEADLINE, Severity.WARNING)],
)
def test_a_pause_says_why_and_how_to_go_on(why: Stop, severity: Severity) -> None:
    (found,) = _found(timedelta(), pause=Pause(why=why, detail="by ann", since=NOW))
    assert found.severity is severity
    assert found.message.endswith(": by ann")
    assert found.hint == (
        "platformctl rollout resume churn goes on; platformctl rollout abort churn takes it back"
    )


def test_a_step_that_is_to_be_approved_says_by_which_command_once_it_has_been_held() -> None:
    (found,) = _found(timedelta(), policy=MANUAL)
    assert (found.message, found.hint) == (
        "a person is to approve the step after 10 %",
        "platformctl rollout approve churn",
    )
    assert _found(timedelta(), policy=MANUAL, approved=True) == []
    assert _found(timedelta(), policy=MANUAL, stepped=NOW) == []


def test_going_back_by_itself_is_no_interruption_before_it_has_lasted() -> None:
    back = Candidate(revision=V1, goal=100, cause=Cause.ROLLBACK, because="errors fail: many")
    rollout = steady(V2, V1).model_copy(update={"phase": Phase.PREPARING, "candidate": back})
    assert _problems(rollout.model_copy(update={"since": NOW})) == []
    (found,) = _problems(rollout.model_copy(update={"since": NOW - AGO}))
    assert found.message == f"{V1.id} has been getting ready for 100 % for 3 min"


def test_who_has_been_at_it_for_long_is_named() -> None:
    hour = NOW - timedelta(hours=1)
    auto = Automatic(policy=MANUAL, began=hour)
    rollout = Rollout(
        phase=Phase.PREPARING,
        since=hour,
        wanted=wanted(),
        stable=V1,
        candidate=Candidate(revision=V2, goal=10),
        auto=auto,
    )
    observed = Observed({V1.id: READY, V2.id: READY}, route=rollout.route, rollout=rollout)
    assert health.is_under_way(observed, NOW)
    assert [found.message for found in _problems(rollout, "the agent")] == ["being changed by the agent"]
