"""From which latency on an answer is slow is said; where it cannot be told, the rollout holds."""

import math
from datetime import UTC, datetime

import pytest

from platformctl.domain.automatic import Automatic, Reading
from platformctl.domain.counts import Counts, of_parts
from platformctl.domain.gates import Kind, Outcome, Verdict
from platformctl.domain.policy import RolloutPolicy
from platformctl.judge.verdicts import verdicts
from platformctl.usecases.looking import Learned, learned

pytestmark = pytest.mark.quick

_BOUNDS = (5.0, 25.0, 100.0, 250.0, 1000.0)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_WAY_OUT = "; deploy again with another threshold, or with latency: false"


def _auto(gate: object = None) -> Automatic:
    policy = RolloutPolicy.model_validate({"gates": {"latency": {} if gate is None else gate}})
    return Automatic(policy=policy, began=_NOW)


def _took(*milliseconds: float, times: int = 100, bounds: tuple[float, ...] = _BOUNDS) -> Counts:
    """So many answers of each latency."""
    latency = {bound: times * sum(took <= bound for took in milliseconds) for bound in (*bounds, math.inf)}
    return Counts(times * len(milliseconds), latency=latency)


def _after(auto: Automatic, canary: Counts, stable: Counts) -> tuple[Automatic, Learned]:
    found = learned(auto, Reading(at=_NOW, canary=canary, stable=stable))
    return auto.model_copy(update={"evidence": found.evidence}), found


def _latency(auto: Automatic) -> Verdict:
    return next(verdict for verdict in verdicts(auto) if verdict.gate == Kind.LATENCY)


def test_what_stable_had_taken_before_is_what_is_usual() -> None:
    auto, _ = _after(_auto(), Counts(), _took(20, 60))
    assert auto.evidence.bound == 250.0
    auto, _ = _after(auto, _took(300, 300), _took(20, 60, 20, 60))
    assert _latency(auto).text.startswith("canary 200 of 200 took more than 250 ms, stable 0 of 200")
    assert _latency(auto).outcome is Outcome.FAIL


def test_it_does_not_change_when_stable_gets_slower() -> None:
    auto, _ = _after(_auto(), Counts(), _took(20))
    auto, _ = _after(auto, _took(900), _took(20, *[900] * 50))
    assert auto.evidence.bound == 100.0


def test_it_is_learned_when_stable_has_answered_enough_and_not_before() -> None:
    auto, _ = _after(_auto(), Counts(), _took(20, times=60))
    auto, _ = _after(auto, _took(20), _took(20, times=80))
    assert (auto.evidence.bound, Kind.LATENCY in auto.evidence.standings) == (None, False)
    auto, _ = _after(auto, _took(20), _took(20, times=120))
    assert (auto.evidence.bound, Kind.LATENCY in auto.evidence.standings) == (100.0, False)
    auto, _ = _after(auto, _took(20, times=130), _took(20, times=200))
    assert auto.evidence.standings[Kind.LATENCY].seen.requests == 30


def test_where_more_take_longer_than_all_bounds_it_is_the_highest() -> None:
    auto, found = _after(_auto(), Counts(), _took(20, 5000))
    assert (auto.evidence.bound, found.trouble) == (1000.0, None)


@pytest.mark.parametrize(("threshold", "bound"), [("100ms", 100.0), ("101ms", 250.0), ("1s", 1000.0)])
def test_a_threshold_between_two_bounds_is_the_higher_one_and_that_is_said(
    threshold: str, bound: float
) -> None:
    auto, found = _after(_auto({"threshold": threshold}), Counts(), _took(20))
    assert (auto.evidence.bound, found.trouble) == (bound, None)
    assert f"took more than {bound:g} ms" in _latency(auto).text


def test_a_threshold_above_all_bounds_holds_it_and_errors_are_judged_all_the_same() -> None:
    auto, found = _after(_auto({"threshold": "2s"}), _took(20), _took(20))
    why = "latency: threshold 2s is more than the longest that is told apart, 1000 ms" + _WAY_OUT
    assert found.trouble == why
    canary = Counts(150, errors=50, latency=_took(20).latency)
    auto, found = _after(auto, canary, _took(20, 20))
    assert found.trouble == why
    assert {verdict.gate: verdict.outcome for verdict in verdicts(auto)}["errors"] is Outcome.FAIL


def test_before_the_first_answer_nothing_is_wrong_with_a_threshold() -> None:
    auto, found = _after(_auto({"threshold": "2s"}), Counts(), Counts())
    assert (auto.evidence.bound, found.trouble) == (None, None)


def test_a_canary_that_tells_other_bounds_holds_it_and_none_of_its_answers_is_slow() -> None:
    auto, _ = _after(_auto(), Counts(), _took(20))
    auto, found = _after(auto, _took(7, bounds=(10.0, 500.0)), _took(20, 20))
    assert found.trouble == "latency: canary does not tell which answers took more than 100 ms" + _WAY_OUT
    assert Kind.LATENCY not in auto.evidence.standings
    assert auto.evidence.standings[Kind.ERRORS].seen.requests == 100


def test_answers_without_any_latency_hold_it() -> None:
    _, found = _after(_auto(), Counts(), Counts(requests=150))
    assert found.trouble == "latency: of 150 answers of stable none has a latency" + _WAY_OUT


def test_one_who_does_not_ask_is_not_told() -> None:
    auto, found = _after(_auto(gate=False), Counts(), Counts(requests=150))
    assert (auto.evidence.bound, found.trouble) == (None, None)


def test_no_more_is_recorded_than_the_next_look_needs() -> None:
    apart = of_parts({f"pod-{number}": _took(20) for number in range(30)})
    auto, _ = _after(_auto(), apart, apart)
    reading = auto.evidence.reading
    assert reading is not None
    assert reading.stable.parts is not None
    assert {*reading.stable.latency, *reading.stable.parts["pod-3"].latency} == {100.0, math.inf}
    auto, found = _after(auto, *[of_parts({"pod-3": _took(20, 900)})] * 2)
    assert (found.requests, found.trouble) == (100, None)
    assert auto.evidence.standings[Kind.LATENCY].seen.events == 100
