"""The first reading at new weights is what all later ones are compared with."""

from datetime import UTC, datetime

import pytest

from platformctl.domain.automatic import Automatic, Reading
from platformctl.domain.counts import Counts
from platformctl.domain.gates import Kind
from platformctl.domain.policy import RolloutPolicy
from platformctl.usecases.looking import Learned, learned

pytestmark = pytest.mark.quick

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_GARBAGE = Counts(requests=5, errors=9_000_000)


def _look(auto: Automatic, canary: Counts, stable: Counts) -> tuple[Automatic, Learned]:
    found = learned(auto, Reading(at=_NOW, canary=canary, stable=stable))
    return auto.model_copy(update={"evidence": found.evidence}), found


def test_what_stable_has_answered_since_long_ago_is_not_taken_for_a_window() -> None:
    policy = RolloutPolicy.model_validate({"gates": {"latency": False}})
    auto, found = _look(Automatic(policy=policy, began=_NOW), Counts(), _GARBAGE)
    assert found.trouble == (
        "the figures of stable cannot be true: 9,000,000 errors and 0 4xx among 5 requests"
    )
    assert auto.evidence.reading is None
    auto, found = _look(auto, Counts(100, 5), Counts(1_000_900, 45))
    assert (found.trouble, found.requests, dict(auto.evidence.standings)) == (None, 0, {})
    auto, found = _look(auto, Counts(300, 15), Counts(1_001_900, 95))
    compared = auto.evidence.standings[Kind.ERRORS].compared
    assert (compared.canary.requests, compared.stable.requests) == (200, 1000)
