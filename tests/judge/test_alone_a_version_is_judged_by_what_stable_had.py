from datetime import UTC, datetime

import pytest

from platformctl.domain.automatic import Automatic, Evidences
from platformctl.domain.gates import Evidence, Kind, Outcome, Standing
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.windows import Tally, Window
from platformctl.judge.forecast import forecast, seen
from platformctl.judge.gates import after
from platformctl.judge.verdicts import gates, limits, verdicts

pytestmark = pytest.mark.quick

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_NOBODY = Tally(requests=0, events=0)
_UNDECIDED = {"near": Evidence(), "below": Evidence()}


def _compared(stable: Tally, **policy: object) -> Automatic:
    """A rollout in which stable had that, and the canary nothing wrong."""
    auto = Automatic(policy=RolloutPolicy.model_validate(policy), began=_BEGAN)
    window = Window(canary=Tally(requests=stable.requests // 9, events=0), stable=stable)
    standings = {kind: after(gate, Standing(), window) for kind, gate in gates(auto).items()}
    return auto.model_copy(update={"evidence": Evidences(standings=standings)})


def _alone(auto: Automatic, *tallies: Tally) -> Automatic:
    """The same when it bakes, after windows of its own."""
    evidence = auto.evidence.model_copy(update={"limits": limits(auto)})
    baking = auto.model_copy(update={"bakes": True, "evidence": evidence})
    standings = dict(evidence.standings)
    for tally in tallies:
        for kind, gate in gates(baking).items():
            standings[kind] = after(gate, standings[kind], Window(canary=tally, stable=_NOBODY))
    return baking.model_copy(update={"evidence": evidence.model_copy(update={"standings": standings})})


def _says(auto: Automatic) -> set[Outcome]:
    return {verdict.outcome for verdict in verdicts(auto)}


def test_the_limit_is_the_margin_times_a_rate_that_stable_is_surely_below() -> None:
    found = limits(_compared(Tally(requests=9000, events=90)))[Kind.ERRORS]
    assert found == pytest.approx(2 * (90 + 3 * 90**0.5 + 3) / 9000)


def test_by_windows_it_is_above_what_stable_has_in_other_bursts() -> None:
    """A rate of 5 %, in bursts of 10, of which stable had met one."""
    auto = _compared(Tally(requests=1000, events=10), gates={"errors": {"unit": "window"}})
    assert limits(auto)[Kind.ERRORS] == pytest.approx(2 * (10 + 3 * 200**0.5 + 60) / 1000)
    again = _alone(auto, *[Tally(requests=300, events=events) for events in (0, 30, 0, 10, 35)] * 24)
    assert Outcome.FAIL not in _says(again)
    assert Outcome.FAIL in _says(_alone(auto, *[Tally(requests=300, events=200)] * 24))


@pytest.mark.parametrize(("requests", "least"), [(100_000, 0.01), (30, 0.2), (0, 0.9)])
def test_little_is_known_from_a_stable_without_errors(requests: int, least: float) -> None:
    assert limits(_compared(Tally(requests=requests, events=0)))[Kind.ERRORS] == pytest.approx(least)


def test_as_good_as_stable_it_stays() -> None:
    auto = _compared(Tally(requests=9000, events=90))
    assert Outcome.FAIL not in _says(_alone(auto, *[Tally(requests=300, events=3)] * 100))


def test_much_worse_it_goes_back() -> None:
    auto = _compared(Tally(requests=9000, events=90))
    baking = _alone(auto, Tally(requests=300, events=60))
    assert Outcome.FAIL in _says(baking)
    assert any("the limit is" in verdict.text for verdict in verdicts(baking))


def test_what_it_had_answered_before_does_not_hide_why_it_goes_back() -> None:
    auto = _compared(Tally(requests=90_000, events=900))
    said = [verdict.text for verdict in verdicts(_alone(auto, Tally(requests=300, events=60)))]
    assert said[0].startswith("canary 60 of 300 failed: 20 %; the limit is 2.2 %, ")


def test_until_it_fails_what_it_does_alone_is_said_and_taken_to_go_on() -> None:
    baking = _alone(_compared(Tally(requests=90_000, events=900)), Tally(requests=100, events=5))
    verdict = verdicts(baking)[0]
    assert verdict.outcome is Outcome.PASS
    assert verdict.text.endswith("; 5 of 100 against its limit of 2.2 %")
    standing = baking.evidence.standings[Kind.ERRORS]
    assert (seen(standing, 1.0).canary, seen(standing, 0.5).canary) == (0.05, 0.0)
    told = forecast(gates(baking)[Kind.ERRORS], standing.model_copy(update=_UNDECIDED), seen(standing, 1.0))
    assert (told.outcome, 0 < (told.requests or 0) < 1000) == (Outcome.FAIL, True)


def test_a_limit_of_the_policy_is_the_limit() -> None:
    auto = _compared(Tally(requests=9000, events=90), gates={"errors": {"limit": 0.2}})
    assert Kind.ERRORS not in limits(auto)
    assert gates(_alone(auto))[Kind.ERRORS].limit == 0.2


def test_what_depends_on_how_many_callers_there_are_has_a_limit_only_where_the_policy_says_one() -> None:
    auto = _compared(Tally(requests=9000, events=90))
    assert set(limits(auto)) == {Kind.ERRORS}
    assert gates(_alone(auto))[Kind.LATENCY].limit is None
    with_limit = _compared(Tally(requests=9000, events=90), gates={"latency": {"limit": 0.1}})
    assert gates(_alone(with_limit))[Kind.LATENCY].limit == 0.1
