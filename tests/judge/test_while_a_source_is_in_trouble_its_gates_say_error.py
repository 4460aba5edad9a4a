"""A verdict is an error while its source is in trouble; others go on, and what had failed has failed."""

from datetime import UTC, datetime

import pytest

from platformctl.domain.automatic import Automatic, Evidences, Queried
from platformctl.domain.gates import Kind, Outcome, Standing
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.windows import Tally, Window
from platformctl.judge.gates import after
from platformctl.judge.verdicts import gates, verdicts

pytestmark = pytest.mark.quick

_INCOME = {"name": "income", "query": "sum(income)", "min": 1.0}
_INCOME_IS_FINE = {"income": Queried(value=5)}
_POLICY = RolloutPolicy.model_validate({"gates": {"latency": False, "queries": [_INCOME]}})


def _told(known: Evidences) -> dict[str, tuple[Outcome, str]]:
    auto = Automatic(policy=_POLICY, began=datetime(2026, 1, 1, tzinfo=UTC), evidence=known)
    return {verdict.gate: (verdict.outcome, verdict.text) for verdict in verdicts(auto)}


def _errors(canary: int, stable: int) -> dict[Kind, Standing]:
    auto = Automatic(policy=_POLICY, began=datetime(2026, 1, 1, tzinfo=UTC))
    one, other = Tally(requests=1000, events=canary), Tally(requests=9000, events=stable)
    return {Kind.ERRORS: after(gates(auto)[Kind.ERRORS], Standing(), Window(canary=one, stable=other))}


def test_counts_that_cannot_be_had_are_an_error_and_keep_what_was_known() -> None:
    known = Evidences(standings=_errors(10, 90), missing=(Kind.ERRORS,), queried=_INCOME_IS_FINE)
    told = _told(known)
    outcome, text = told["errors"]
    assert outcome is Outcome.ERROR
    assert text.startswith("its figures are missing; until then: canary 10 of 1,000 failed, ")
    assert told["income"][0] is Outcome.PASS


def test_what_has_failed_has_failed() -> None:
    assert _told(Evidences(standings=_errors(300, 90), missing=(Kind.ERRORS,)))["errors"][0] is Outcome.FAIL
    out = Queried(value=0, out=3, trouble="no answer")
    assert _told(Evidences(queried={"income": out}))["income"][0] is Outcome.FAIL


def test_a_query_that_is_not_answered_is_an_error_of_its_own() -> None:
    told = _told(
        Evidences(standings=_errors(10, 90), queried={"income": Queried(value=5, trouble="timeout")})
    )
    assert told["income"] == (
        Outcome.ERROR,
        "its figures are missing; until then: 5 is its value, at least 1 is wanted",
    )
    assert told["errors"][0] in {Outcome.PASS, Outcome.INCONCLUSIVE}
