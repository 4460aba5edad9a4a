"""Where few are asked, a window of one look has requests of one revision only."""

from datetime import UTC, datetime

import pytest

from platformctl.domain.automatic import Automatic, Reading
from platformctl.domain.counts import Counts
from platformctl.domain.gates import Kind, Outcome, Standing
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.windows import Tally, Window
from platformctl.judge.defaults import gates_of
from platformctl.judge.gates import POOL, after, judge
from platformctl.rollout.automatic import on_weights
from platformctl.usecases.looking import learned

pytestmark = pytest.mark.quick

_ERRORS = gates_of(RolloutPolicy())[Kind.ERRORS]
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_NOBODY = Tally(requests=0, events=0)
_FAILED = Window(canary=Tally(requests=1, events=1), stable=_NOBODY)
_ANSWERED = Window(canary=_NOBODY, stable=Tally(requests=1, events=0))


def _judged(*windows: Window) -> Standing:
    standing = Standing()
    for window in windows:
        standing = after(_ERRORS, standing, window)
    return standing


def test_a_canary_that_fails_each_request_is_seen_within_six_although_each_look_has_one_request() -> None:
    standing = _judged(*[_FAILED, *[_ANSWERED] * 9] * 6)
    assert judge(_ERRORS, standing).outcome is Outcome.FAIL
    assert standing.compared == Window(
        canary=Tally(requests=6, events=6), stable=Tally(requests=54, events=0)
    )


def test_put_together_they_are_the_window_that_they_would_have_been() -> None:
    both = Window(canary=Tally(requests=1, events=1), stable=Tally(requests=POOL - 1, events=0))
    assert _judged(_FAILED, *[_ANSWERED] * (POOL - 1)) == _judged(both)
    assert _judged(_FAILED, *[_ANSWERED] * (POOL - 2)).worse.logs == ()


def test_those_of_other_weights_are_not_put_together() -> None:
    """One request of each revision, before and after a change: two windows, not one."""
    auto = Automatic(policy=RolloutPolicy(), began=_BEGAN)

    def look(auto: Automatic, canary: Counts, stable: Counts) -> Automatic:
        found = learned(auto, Reading(at=_BEGAN, canary=canary, stable=stable))
        return auto.model_copy(update={"evidence": found.evidence})

    auto = look(look(auto, Counts(), Counts()), Counts(1, 1), Counts(1))
    assert auto.evidence.standings[Kind.ERRORS].compared.requests == 0
    auto = look(on_weights(auto, _BEGAN), Counts(1, 1), Counts(1))
    before = auto.evidence.standings[Kind.ERRORS]
    assert (before.compared.canary.events, before.compared.requests, before.pooled.requests) == (1, 2, 0)
    assert len(before.worse.logs) > 0
    auto = look(auto, Counts(2, 2), Counts(2))
    assert auto.evidence.standings[Kind.ERRORS].worse == before.worse
