"""A promotion's alias that the registry did not take yet: the status says which, and what moves it."""

from datetime import UTC, datetime

import pytest

from platformctl.domain.observed import Observed, RevisionStatus, Severity
from platformctl.domain.rollout import AliasMove
from platformctl.plan import health
from tests.fakes.values import revision, steady

pytestmark = pytest.mark.quick

V2 = revision(2)
ALIAS = AliasMove(model="churn", alias="champion", version="2")


def test_an_alias_that_is_not_moved_yet_is_named() -> None:
    rollout = steady(V2).model_copy(update={"alias_move": ALIAS})
    live = {V2.id: RevisionStatus(replicas=1, ready=1)}
    observed = Observed(live, route=rollout.route, rollout=rollout)
    (found,) = health.problems(observed, None, datetime(2026, 1, 1, tzinfo=UTC))
    assert found.severity is Severity.WARNING
    assert found.message == "the alias champion of churn is not moved to version 2 yet"
    assert found.hint == "platformctl prune churn finishes that"
