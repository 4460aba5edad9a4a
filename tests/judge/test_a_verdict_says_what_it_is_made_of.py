import pytest
from pydantic import ValidationError

from platformctl.domain.gates import Gate, Kind, Outcome, Standing, Unit, Verdict
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.windows import Tally, Window
from platformctl.judge.defaults import gates_of
from platformctl.judge.gates import after, judge

pytestmark = pytest.mark.quick

GATES = gates_of(RolloutPolicy())
ERRORS = GATES[Kind.ERRORS]
_LIMITED = Gate(name="errors", happened="failed", alpha=0.01, limit=0.05)


def _window(canary: tuple[int, int], stable: tuple[int, int]) -> Window:
    """Requests and events of each."""
    one, other = (Tally(requests=requests, events=events) for requests, events in (canary, stable))
    return Window(canary=one, stable=other)


def _judged(gate: Gate, *windows: Window) -> Verdict:
    standing = Standing()
    for window in windows:
        standing = after(gate, standing, window)
    return judge(gate, standing)


def test_a_canary_that_is_much_worse_fails() -> None:
    found = _judged(ERRORS, _window((610, 14), (5490, 21)))
    assert found.outcome is Outcome.FAIL
    assert found.text == (
        "canary 14 of 610 failed, stable 21 of 5,490: 6.0 times the rate, evidence 1 in 7,700 against chance"
    )


def test_a_canary_that_is_as_good_passes_once_there_is_enough() -> None:
    few, many = _window((100, 1), (900, 9)), _window((10_000, 100), (90_000, 900))
    assert _judged(ERRORS, few).outcome is Outcome.INCONCLUSIVE
    assert "too little to say" in _judged(ERRORS, few).text
    found = _judged(ERRORS, many)
    assert found.outcome is Outcome.PASS
    assert "below 2 times" in found.text


def test_nothing_that_failed_passes_once_a_rate_below_what_is_fine_is_sure() -> None:
    few, many = _window((200, 0), (1800, 0)), _window((2000, 0), (18_000, 0))
    assert _judged(ERRORS, few).outcome is Outcome.INCONCLUSIVE
    found = _judged(ERRORS, many)
    assert found.outcome is Outcome.PASS
    assert "canary 0 of 2,000 failed: 0 %; below 1 % is fine" in found.text
    nothing_is_fine = ERRORS.model_copy(update={"fine": None})
    assert _judged(nothing_is_fine, many).outcome is Outcome.INCONCLUSIVE


def test_a_limit_is_one_whatever_stable_does() -> None:
    found = _judged(_LIMITED, _window((400, 60), (3600, 540)))
    assert found.outcome is Outcome.FAIL
    assert "canary 60 of 400 failed: 15 %; the limit is 5 %" in found.text
    assert _judged(ERRORS, _window((400, 60), (3600, 540))).outcome is not Outcome.FAIL


def test_what_is_fine_is_never_above_the_limit() -> None:
    """Above its limit, with a stable that is as bad: not good enough by being below 1 %."""
    limited = ERRORS.model_copy(update={"limit": 0.002})
    window = _window((3000, 12), (3000, 6))
    assert "below 1 % is fine" in _judged(ERRORS, window).text
    assert _judged(limited, window).outcome is not Outcome.PASS


def test_all_of_them_are_a_hundred_percent() -> None:
    assert (
        "canary 400 of 400 failed: 100 %; the limit is 5 %"
        in _judged(_LIMITED, _window((400, 400), (0, 0))).text
    )


def test_a_burst_alone_passes_no_limit_by_windows() -> None:
    by_windows = _LIMITED.model_copy(update={"unit": Unit.WINDOW})
    quiet, burst = _window((100, 0), (0, 0)), _window((100, 60), (0, 0))
    assert _judged(_LIMITED, *[quiet] * 5, burst).outcome is Outcome.FAIL
    assert _judged(by_windows, *[quiet] * 5, burst).outcome is Outcome.INCONCLUSIVE
    assert _judged(by_windows, *[burst] * 5).outcome is Outcome.FAIL


def test_without_stable_the_limit_goes_on() -> None:
    alone = _window((400, 60), (0, 0))
    assert _judged(_LIMITED, alone).outcome is Outcome.FAIL
    assert _judged(ERRORS, alone).outcome is Outcome.INCONCLUSIVE


def test_by_windows_one_burst_decides_nothing() -> None:
    burst = _window((100, 60), (900, 3))
    by_windows = ERRORS.model_copy(update={"unit": Unit.WINDOW})
    assert _judged(ERRORS, burst).outcome is Outcome.FAIL
    assert _judged(by_windows, burst).outcome is Outcome.INCONCLUSIVE
    assert _judged(by_windows, *[burst] * 20).outcome is Outcome.FAIL


def test_how_windows_are_cut_changes_nothing_at_one_share() -> None:
    whole = after(ERRORS, Standing(), _window((60, 4), (540, 6)))
    parts = after(ERRORS, after(ERRORS, Standing(), _window((30, 1), (270, 6))), _window((30, 3), (270, 0)))
    assert parts.compared == whole.compared
    assert parts.worse.logs == pytest.approx(whole.worse.logs)


def test_what_is_kept_survives_a_file_and_does_not_grow() -> None:
    once = after(_LIMITED, Standing(), _window((30, 1), (270, 2)))
    often = once
    for _ in range(500):
        often = after(_LIMITED, often, _window((30, 1), (270, 2)))
    assert Standing.model_validate_json(often.model_dump_json()) == often
    assert len(often.model_dump_json()) < 1.5 * len(once.model_dump_json())


def test_more_events_than_requests_are_refused() -> None:
    with pytest.raises(ValidationError, match="3 events among 2 requests"):
        Tally(requests=2, events=3)


@pytest.mark.parametrize("wrong", [{"alpha": 2}, {"alpha": 0}, {"margin": 1}, {"limit": 1.5}, {"beta": 0}])
def test_a_gate_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Gate.model_validate({"name": "errors", "happened": "failed", "alpha": 0.01} | wrong)


def test_all_gates_together_are_wrong_once_in_a_hundred() -> None:
    assert sum(gate.alpha for gate in GATES.values()) == pytest.approx(0.01)
