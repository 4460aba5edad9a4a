"""What a rollout that decides by itself does at a look, and what it says that it waits for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from platformctl.domain.automatic import Automatic, Evidences, Pause, Stop
from platformctl.domain.gates import Outcome, Verdict
from platformctl.domain.policy import RolloutPolicy
from platformctl.rollout.automatic import Turn, decide, looked, on_weights, waits_for

pytestmark = pytest.mark.quick

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PASS = Verdict("errors", Outcome.PASS, "canary 1 of 600 failed, stable 5 of 5,400")
FAIL = Verdict("errors", Outcome.FAIL, "canary 14 of 610 failed, stable 21 of 5,490")
UNSURE = Verdict("latency", Outcome.INCONCLUSIVE, "canary 2 of 31 were slow, stable 9 of 300")
STEPS = [10, {"weight": 50, "gate": "manual"}, {"weight": 80, "hold": "5m", "minRequests": 1000}, 100]


def _auto(index: int = 0, *, minutes: float = 60, answered: int = 10**6, **others: object) -> Automatic:
    """At that step for so many minutes, and nothing is in its way; `others`: fields of it or its policy."""
    mine = {key: value for key, value in others.items() if key in Automatic.model_fields}
    policy = {"steps": STEPS, **{key: value for key, value in others.items() if key not in mine}}
    stepped = NOW - timedelta(minutes=minutes)
    whole = {
        "policy": RolloutPolicy.model_validate(policy),
        "began": NOW - timedelta(hours=2),
        "index": index,
        "stepped": stepped,
        "answered": answered,
        **mine,
    }
    return Automatic.model_validate(whole)


def _turn(auto: Automatic, verdicts: Sequence[Verdict], at: datetime = NOW) -> Turn:
    return decide(auto, verdicts, at).turn


def test_a_step_ends_when_nothing_is_waited_for_any_more() -> None:
    decision = decide(_auto(), [PASS], NOW)
    assert decision.turn is Turn.ON
    assert decision.why == "errors pass: canary 1 of 600 failed, stable 5 of 5,400"


@pytest.mark.parametrize(
    ("auto", "verdicts", "reason"),
    [
        (_auto(stepped=None), [PASS], "the new version gets ready for 10 %"),
        (_auto(minutes=0.25), [PASS], "it holds 10 % for 45 s more"),
        (_auto(2, minutes=1.5), [PASS], "it holds 80 % for 3 min 30 s more"),
        (_auto(answered=9), [PASS], "9 of 10 requests at 10 %"),
        (_auto(2, answered=999), [PASS], "999 of 1,000 requests at 80 %"),
        (_auto(1), [PASS], "a person is to approve the step after 50 %"),
        (
            _auto(2),
            [PASS, UNSURE],
            "not known to be good enough for all requests: canary 2 of 31 were slow, stable 9 of 300",
        ),
        (_auto(minutes=0, answered=0), [PASS], "it holds 10 % for 1 min more"),
        (_auto(1, answered=0), [PASS], "0 of 10 requests at 50 %"),
        (_auto(1, minutes=0, approved=True), [PASS], "it holds 50 % for 1 min more"),
        (_auto(1, answered=0, approved=True), [PASS], "0 of 10 requests at 50 %"),
    ],
)
def test_what_is_waited_for_is_said_the_nearest_first(
    auto: Automatic, verdicts: Sequence[Verdict], reason: str
) -> None:
    assert waits_for(auto, verdicts, NOW) == reason
    decision = decide(auto, verdicts, NOW)
    assert (decision.turn, decision.why) == (Turn.STAY, reason)


def test_only_the_step_to_everything_needs_to_be_known_to_be_good() -> None:
    assert _turn(_auto(), [UNSURE]) is Turn.ON
    assert _turn(_auto(2), [UNSURE]) is Turn.STAY
    assert _turn(_auto(2), [PASS]) is Turn.ON


def test_an_approval_is_as_good_as_knowledge_but_no_time_and_no_requests() -> None:
    assert _turn(_auto(1, approved=True), [UNSURE]) is Turn.ON
    assert _turn(_auto(2, approved=True), [UNSURE]) is Turn.ON
    assert _turn(_auto(2, approved=True, minutes=1), [PASS]) is Turn.STAY


def test_without_any_gate_time_and_requests_are_enough() -> None:
    assert _turn(_auto(2), []) is Turn.ON


@pytest.mark.parametrize(
    "auto",
    [
        _auto(),
        _auto(stepped=None),
        _auto(minutes=0),
        _auto(1, approved=True),
        _auto(trouble="the router does not answer"),
        _auto(pause=Pause(why=Stop.ASKED, since=NOW)),
        _auto(pause=Pause(why=Stop.DEADLINE, since=NOW)),
        _auto(3, bakes=True),
        _auto(3, bakes=True, pause=Pause(why=Stop.ASKED, since=NOW)),
        _auto(deadline="30m", onInconclusive="promote"),
    ],
)
def test_a_failure_counts_at_once_whatever_else_there_is(auto: Automatic) -> None:
    decision = decide(auto, [PASS, FAIL], NOW)
    assert decision.turn is Turn.BACK
    assert decision.why == "errors fail: canary 14 of 610 failed, stable 21 of 5,490"


def test_a_failure_pauses_it_where_the_policy_says_so() -> None:
    decision = decide(_auto(onFail="pause"), [FAIL], NOW)
    assert (decision.turn, decision.stop) == (Turn.PAUSE, Stop.FAILED)
    assert "14 of 610" in decision.why
    waits = _auto(onFail="pause", pause=Pause(why=Stop.FAILED, detail="14 of 610", since=NOW))
    again = decide(waits, [FAIL], NOW)
    assert (again.turn, again.why) == (Turn.STAY, "paused, as a gate failed: 14 of 610")


@pytest.mark.parametrize(
    "auto", [_auto(), _auto(3, bakes=True), _auto(deadline="30m", onInconclusive="promote")]
)
def test_without_figures_nothing_moves(auto: Automatic) -> None:
    blind = looked(auto, None, 0, "the router does not answer")
    decision = decide(blind, [PASS], NOW)
    assert (decision.turn, decision.why) == (
        Turn.STAY,
        "its figures are missing: the router does not answer",
    )
    assert decide(looked(blind, Evidences(), 10, None), [PASS], NOW).turn is not Turn.STAY


def test_what_a_source_says_of_itself_is_cut() -> None:
    blind = looked(_auto(), None, 0, "<html>" * 1000)
    assert blind.trouble is not None
    assert len(blind.trouble) == 500


@pytest.mark.parametrize(
    ("pause", "reason"),
    [
        (Pause(why=Stop.ASKED, since=NOW), "paused by a person"),
        (Pause(why=Stop.ASKED, detail="ada", since=NOW), "paused by a person: ada"),
        (Pause(why=Stop.FAILED, detail="14 of 610", since=NOW), "paused, as a gate failed: 14 of 610"),
        (Pause(why=Stop.DEADLINE, detail="after 1h", since=NOW), "paused at its deadline: after 1h"),
    ],
)
def test_while_it_is_paused_nothing_moves(pause: Pause, reason: str) -> None:
    for auto in (_auto(pause=pause), _auto(3, bakes=True, pause=pause)):
        decision = decide(auto, [PASS], NOW)
        assert (decision.turn, decision.why) == (Turn.STAY, reason)


@pytest.mark.parametrize(
    ("on_inconclusive", "turn", "stop"),
    [("hold", Turn.PAUSE, Stop.DEADLINE), ("promote", Turn.ALL, None), ("rollback", Turn.BACK, None)],
)
@pytest.mark.parametrize(
    ("auto", "waits"),
    [
        ({"index": 1}, "a person is to approve the step after 50 %"),
        ({"answered": 3}, "3 of 10 requests at 10 %"),
        ({"index": 2}, "not known to be good enough for all requests: "),
        ({"stepped": None}, "the new version gets ready for 10 %"),
    ],
)
def test_at_the_deadline_the_policy_decides(
    on_inconclusive: str, turn: Turn, stop: Stop | None, auto: dict[str, object], waits: str
) -> None:
    late = _auto(**{"deadline": "2h", "onInconclusive": on_inconclusive, **auto})  # type: ignore[arg-type] # any field
    assert _turn(late, [UNSURE], NOW - timedelta(seconds=1)) is Turn.STAY
    decision = decide(late, [UNSURE], NOW)
    assert (decision.turn, decision.stop) == (turn, stop)
    assert decision.why.startswith(f"not decided within 2h: {waits}")


def test_what_is_good_at_the_deadline_goes_on() -> None:
    assert _turn(_auto(deadline="1h", onInconclusive="rollback"), [PASS]) is Turn.ON


def test_when_it_has_everything_it_is_watched_for_a_while_and_then_done() -> None:
    auto = _auto(3, bakes=True, bake="10m", minutes=9)
    decision = decide(auto, [UNSURE], NOW)
    assert (decision.turn, decision.why) == (
        Turn.STAY,
        "it has all requests, and is watched for 1 min more",
    )
    assert _turn(auto, [UNSURE], NOW + timedelta(minutes=1)) is Turn.DONE
    assert _turn(_auto(3, bakes=True, deadline="1h", minutes=1), [PASS]) is Turn.STAY


def test_new_weights_are_a_new_beginning_but_for_what_is_known() -> None:
    auto = on_weights(_auto(answered=500, stepped=None), NOW)
    assert (auto.stepped, auto.answered, auto.evidence.reading) == (NOW, 0, None)
    assert looked(auto, Evidences(bound=250.0), 30, None).answered == 30
