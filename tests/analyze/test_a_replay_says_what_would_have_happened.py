"""Past figures, judged again: the pure core."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from platformctl.domain.counts import Counts
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.gates import Kind, Outcome
from platformctl.domain.names import RevisionId
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.readings import Moment
from platformctl.usecases.replay import Ending, Replayed, pasts, replay
from tests.analyze.history import BEGAN, CANARY, STABLE, History

pytestmark = pytest.mark.quick


def _policy(**fields: object) -> RolloutPolicy:
    return RolloutPolicy.model_validate({"steps": [1, 10, 100], **fields})


def _replayed(moments: Sequence[Moment], policy: RolloutPolicy | None = None) -> Replayed:
    return replay(policy or _policy(), pasts(moments, CANARY, STABLE))


def test_a_version_that_was_as_good_would_have_taken_over() -> None:
    found = _replayed(History().moments(300))
    assert found.ending is Ending.PROMOTED
    assert [step.weight for step in found.steps] == [1, 10]
    assert [step.at - BEGAN for step in found.steps] == [timedelta(), timedelta(seconds=60)]
    assert found.at - BEGAN >= timedelta(seconds=120)
    assert {verdict.outcome for verdict in found.verdicts} == {Outcome.PASS}


def test_a_version_that_was_worse_would_have_gone_back_and_when_is_said() -> None:
    found = _replayed(History(errors=0.1).moments(300))
    assert found.ending is Ending.ROLLED_BACK
    assert found.why.startswith("errors fail: canary ")
    assert timedelta() < found.at - BEGAN < timedelta(seconds=60)
    assert found.auto.evidence.points[-1].worse[Kind.ERRORS] >= 1


def test_other_settings_end_otherwise() -> None:
    moments = History(errors=0.016).moments(400)
    assert _replayed(moments, _policy(gates={"errors": {"margin": 3}})).ending is Ending.PROMOTED
    strict = _replayed(moments, _policy(gates={"errors": {"limit": 0.005}}, alpha=0.2))
    assert strict.ending is Ending.ROLLED_BACK
    off = _replayed(History(errors=0.5).moments(400), _policy(gates={"errors": False}))
    assert off.ending is Ending.PROMOTED


def test_pause_and_deadline_are_as_the_policy_says() -> None:
    worse = History(errors=0.1).moments(60)
    assert _replayed(worse, _policy(onFail="pause")).ending is Ending.PAUSED
    rare = History(asked=10).moments(60)
    late = {"steps": [{"weight": 10, "hold": "30s"}, 100], "deadline": "2m"}
    assert _replayed(rare, _policy(**late)).ending is Ending.PAUSED
    promoted = _replayed(rare, _policy(**late, onInconclusive="promote"))
    assert (promoted.ending, promoted.at - BEGAN) == (Ending.PROMOTED, timedelta(minutes=2))


def test_figures_that_end_too_soon_leave_it_undecided_and_say_what_it_waits_for() -> None:
    found = _replayed(History().moments(5))
    assert (found.ending, found.readings) == (Ending.UNDECIDED, 5)
    assert found.why == "it holds 1 % for 40 s more"
    assert found.at - BEGAN == timedelta(seconds=20)


def test_a_restart_and_a_missing_reading_change_nothing_that_matters() -> None:
    whole = History(errors=0.05).moments(300)
    base = whole[9].counts[CANARY]
    after = [_less(moment, base) if number >= 10 else moment for number, moment in enumerate(whole)]
    holed = [
        replace(moment, counts={STABLE: moment.counts[STABLE]}) if number % 7 == 3 else moment
        for number, moment in enumerate(after)
    ]
    found = _replayed(holed)
    assert (found.ending, found.missed) == (Ending.ROLLED_BACK, [])
    assert found.readings < _replayed(whole).readings + 10


def _less(moment: Moment, base: Counts) -> Moment:
    """As if the canary's counters had begun at 0 when they were at `base`."""
    counts = moment.counts[CANARY]
    latency = {bound: count - base.latency[bound] for bound, count in counts.latency.items()}
    new = Counts(counts.requests - base.requests, counts.errors - base.errors, 0, latency)
    return replace(moment, counts={**moment.counts, CANARY: new})


def test_figures_that_cannot_be_true_are_counted_and_decide_nothing() -> None:
    moments = list(History().moments(300))
    wrong = replace(moments[20].counts[CANARY], errors=10**6)
    moments[20] = replace(moments[20], counts={**moments[20].counts, CANARY: wrong})
    found = _replayed(moments)
    assert found.ending is Ending.PROMOTED
    assert [missed.at for missed in found.missed] == [moments[20].at]
    assert "cannot be true" in found.missed[0].why


def test_no_window_spans_a_change_of_weight() -> None:
    one, other = Counts(requests=0), Counts(requests=0)
    bad = Counts(requests=1000, errors=900)
    moments = [
        Moment(BEGAN, {CANARY: one, STABLE: other}, {CANARY: 1}),
        Moment(BEGAN + timedelta(seconds=5), {CANARY: bad, STABLE: bad}, {CANARY: 50}),
        Moment(BEGAN + timedelta(seconds=10), {CANARY: bad, STABLE: bad}, {CANARY: 50}),
    ]
    assert _replayed(moments).auto.evidence.standings[Kind.ERRORS].seen.requests == 0
    unknown = [replace(moment, weights={}) for moment in moments]
    assert _replayed(unknown).auto.evidence.standings[Kind.ERRORS].seen.requests == 1000


def test_a_step_that_a_person_approves_is_taken_as_approved() -> None:
    steps = [{"weight": 10, "gate": "manual"}, 100]
    assert _replayed(History().moments(300), _policy(steps=steps)).ending is Ending.PROMOTED


def test_what_the_past_cannot_tell_is_left_out_and_said() -> None:
    bare = [
        replace(moment, counts={who: replace(counts, latency={}) for who, counts in moment.counts.items()})
        for moment in History().moments(300)
    ]
    query = {"name": "revenue", "query": "revenue", "min": 1}
    found = _replayed(bare, _policy(gates={"queries": [query]}))
    assert (found.ending, found.left_out) == (Ending.PROMOTED, ["latency", "revenue"])
    assert _replayed(History().moments(5)).left_out == []


def test_a_past_without_what_is_asked_for_is_refused() -> None:
    moments = History().moments(5)
    with pytest.raises(NotFound, match="no figures of churn-v9") as caught:
        pasts(moments, RevisionId("churn-v9-000000"), STABLE)
    assert caught.value.hint == f"those that have some: {STABLE}, {CANARY}"
    apart = [replace(moments[0], counts={CANARY: Counts()}), replace(moments[1], counts={STABLE: Counts()})]
    with pytest.raises(NotFound, match="no figures of the same time"):
        pasts(apart, CANARY, STABLE)
    with pytest.raises(SpecError, match="is no past"):
        _replayed(moments[:1])
    off = {"errors": False, "latency": False, "clientErrors": False}
    with pytest.raises(SpecError, match="no gate that these figures"):
        _replayed(moments, _policy(gates=off))
