"""What `status` says of an InferenceService that somebody else has set fields of."""

import pytest

from platformctl.adapters.cluster.knative import drift
from platformctl.adapters.cluster.knative.seen import Seen
from platformctl.adapters.cluster.state.recorded import Recorded
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.rollout import Rollout
from tests.cluster_knative.objects import CHURN, V1, V2, knative_revision, seen
from tests.fakes.values import canary, steady

pytestmark = pytest.mark.quick

_ONE, _TWO = knative_revision(V1, 1), knative_revision(V2, 2)
_SHARES = [(2, 50), (1, 50)]


def _found(seen: Seen, rollout: Rollout) -> list[Finding]:
    return list(drift.findings(CHURN, seen, Recorded(1, "ada", rollout, {})))


def test_what_is_as_it_is_recorded_needs_no_word() -> None:
    as_recorded = seen(V2, _TWO, _ONE, percent=10, rolled_out=1, ready=2, traffic=[(2, 10), (1, 90)])
    assert _found(as_recorded, canary(V1, V2, 10)) == []


def test_a_percentage_that_somebody_has_set_is_told_with_who_and_the_way_back() -> None:
    edited: dict[str, dict[str, object]] = {"kubectl-edit": {"f:canaryTrafficPercent": {}}}
    now = seen(V2, _TWO, _ONE, percent=50, rolled_out=1, ready=2, traffic=_SHARES, editors=edited)
    [finding] = _found(now, canary(V1, V2, 10))
    assert f"{V1.id} 50 %, {V2.id} 50 %, where {V1.id} 90 %, {V2.id} 10 % is recorded" in finding.message
    assert "kubectl-edit has set the percentage to 50" in finding.message
    assert finding.field == "InferenceService churn: spec.predictor.canaryTrafficPercent"
    assert "platformctl prune churn --force-conflicts" in finding.hint


def test_a_percentage_that_is_behind_after_a_crash_is_brought_on_by_any_command() -> None:
    behind = seen(V2, _TWO, _ONE, percent=0, rolled_out=1, ready=2, traffic=[(2, 0), (1, 100)])
    [finding] = _found(behind, canary(V1, V2, 10))
    assert "kubectl" not in finding.message
    assert finding.hint == "platformctl prune churn brings it to what is recorded"


def test_a_percentage_that_waits_for_who_is_not_ready_is_told_before_it_bites() -> None:
    edited: dict[str, dict[str, object]] = {"kubectl-edit": {"f:canaryTrafficPercent": {}}}
    now = seen(V2, _TWO, _ONE, percent=50, rolled_out=1, ready=1, traffic=[(1, 50), (1, 50)], editors=edited)
    [finding] = _found(now, steady(V1))
    assert f"kubectl-edit has set the percentage to 50, which {V2.id} gets as soon as it is ready" in (
        finding.message
    )
    assert "--force-conflicts" in finding.hint


def test_a_template_that_somebody_has_edited_is_told() -> None:
    edited: dict[str, dict[str, object]] = {"kubectl-patch": {"f:containers": {}}}
    now = seen(V1, _ONE, rolled_out=1, ready=1, traffic=[(1, 100)], editors=edited)
    [finding] = _found(now, steady(V1))
    assert f"edited by kubectl-patch: what serves need not be what {V1.id} says" in finding.message


def test_an_inferenceservice_that_is_gone_while_it_should_serve_is_an_error() -> None:
    [finding] = _found(Seen(), steady(V1))
    assert finding.severity is Severity.ERROR
    assert "platformctl delete churn" in finding.hint
    assert _found(Seen(), Rollout()) == []


def test_why_nothing_is_routed_is_what_knative_says() -> None:
    now = seen(V1, _ONE, rolled_out=1, ready=1, traffic=[(1, 100)], routed="Unknown")
    [finding] = _found(now, steady(V1))
    assert "IngressNotConfigured" in finding.message
