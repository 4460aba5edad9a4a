"""What a target records, and who may replace it. Nothing serves here."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from platformctl.domain.errors import Conflict, StateCorrupt
from platformctl.domain.names import Name
from platformctl.domain.observed import ABSENT, Observed, Scope, Token
from platformctl.domain.rollout import AliasMove, Candidate, Phase, Record, Rejection, Rollout
from platformctl.domain.route import Route
from platformctl.ports import Target
from tests.contract.harness import TargetHarness
from tests.fakes.values import revision, wanted

_THEN = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)


def _noted(text: str) -> Rollout:
    """A state that routes nothing, told from others by its history."""
    return Rollout(history=(Record(at=_THEN, event=text),))


def _event(seen: Observed) -> str:
    return seen.rollout.history[-1].event


def test_a_deployment_that_is_not_there_is_observed_as_empty(targets: TargetHarness, name: Name) -> None:
    seen = targets.target.observe(name)
    assert (dict(seen.revisions), seen.route, seen.rollout) == ({}, Route(), Rollout())
    assert seen.token == ABSENT


def test_looking_does_not_make_a_deployment(targets: TargetHarness, name: Name) -> None:
    targets.target.observe(name)
    assert name not in {summary.name for summary in targets.target.list(Scope())}


def test_what_was_committed_is_what_every_client_observes(targets: TargetHarness, name: Name) -> None:
    candidate = Candidate(revision=revision(2, name), goal=25)
    move = AliasMove(model="customer churn", alias="champion", version="2")
    rollout = Rollout(
        phase=Phase.PREPARING,
        since=_THEN,
        wanted=wanted(name, canary=25, replicas=(2, 2), alias="champion"),
        candidate=candidate,
        previous=(revision(1, name),),
        rejected=(Rejection(revision=revision(3, name).id, reason="5 % errors — ünlucky", at=_THEN),),
        alias_move=move,
        alias_on_promotion=move.model_copy(update={"alias": "challenger"}),
        history=(Record(at=_THEN, event="deploy", revision=candidate.revision.id, detail="to 25 %"),),
    )
    token = targets.target.commit(name, rollout.route, rollout, ABSENT)
    for client in (targets.target, targets.another):
        seen = client.observe(name)
        assert seen.rollout == rollout
        assert seen.rollout.history == rollout.history
        assert seen.route == Route()
        assert seen.token == token != ABSENT


def test_each_commit_has_a_token_of_its_own(targets: TargetHarness, name: Name) -> None:
    tokens = [ABSENT]
    for _ in range(3):
        tokens.append(targets.target.commit(name, Route(), _noted("the same"), tokens[-1]))
    assert len(set(tokens)) == 4


def test_a_commit_with_an_old_token_is_a_conflict_that_names_somebody(
    targets: TargetHarness, name: Name
) -> None:
    old = targets.target.commit(name, Route(), _noted("first"), ABSENT)
    targets.another.commit(name, Route(), _noted("second"), old)
    with pytest.raises(Conflict) as conflict:
        targets.target.commit(name, Route(), _noted("third"), old)
    assert conflict.value.owner
    assert _event(targets.target.observe(name)) == "second"


def test_a_deployment_that_is_there_is_not_created_again(targets: TargetHarness, name: Name) -> None:
    targets.another.commit(name, Route(), _noted("first"), ABSENT)
    with pytest.raises(Conflict):
        targets.target.commit(name, Route(), _noted("second"), ABSENT)
    assert _event(targets.target.observe(name)) == "first"


def test_of_two_commits_at_once_with_one_token_exactly_one_wins(targets: TargetHarness, name: Name) -> None:
    token = ABSENT
    for turn in range(10):
        committed = _at_once(
            _commit(targets.target, name, "one", token), _commit(targets.another, name, "two", token)
        )
        winners = [who for who in committed if who is not None]
        seen = targets.target.observe(name)
        assert len(winners) == 1, f"turn {turn}"
        assert _event(seen) == winners[0]
        token = seen.token


def test_commits_at_once_to_two_deployments_both_win(targets: TargetHarness, name: Name) -> None:
    other = Name(f"{name}-b")
    first, second = (
        _commit(targets.target, name, "one", ABSENT),
        _commit(targets.another, other, "two", ABSENT),
    )
    assert _at_once(first, second) == ["one", "two"]
    assert [_event(targets.target.observe(each)) for each in (name, other)] == ["one", "two"]
    targets.target.forget(other, targets.target.observe(other).token)


def test_a_forgotten_deployment_is_not_there(targets: TargetHarness, name: Name) -> None:
    token = targets.target.commit(name, Route(), _noted("first"), ABSENT)
    targets.target.forget(name, token)
    assert targets.another.observe(name).token == ABSENT
    assert targets.another.observe(name).rollout == Rollout()
    assert name not in {summary.name for summary in targets.target.list(Scope())}


def test_what_somebody_else_changed_meanwhile_is_not_forgotten(targets: TargetHarness, name: Name) -> None:
    old = targets.target.commit(name, Route(), _noted("first"), ABSENT)
    targets.another.commit(name, Route(), _noted("second"), old)
    with pytest.raises(Conflict) as conflict:
        targets.target.forget(name, old)
    assert conflict.value.owner
    assert _event(targets.target.observe(name)) == "second"


def test_a_token_of_a_forgotten_deployment_is_no_good_for_its_successor(
    targets: TargetHarness, name: Name
) -> None:
    old = targets.target.commit(name, Route(), _noted("first life"), ABSENT)
    targets.another.forget(name, old)
    targets.another.commit(name, Route(), _noted("second life"), ABSENT)
    with pytest.raises(Conflict):
        targets.target.commit(name, Route(), _noted("still the first life"), old)
    assert _event(targets.target.observe(name)) == "second life"


def test_a_list_is_in_order_of_names_and_keeps_to_its_scope(targets: TargetHarness, name: Name) -> None:
    names = [Name(f"{name}-{letter}") for letter in "cab"]
    tokens = {each: targets.target.commit(each, Route(), _noted(each), ABSENT) for each in names}
    listed = targets.target.list(Scope(f"{name}-"))
    assert [summary.name for summary in listed] == [f"{name}-a", f"{name}-b", f"{name}-c"]
    assert [summary.rollout.history[-1].event for summary in listed] == [summary.name for summary in listed]
    everything = [summary.name for summary in targets.target.list(Scope())]
    assert everything == sorted(everything)
    assert set(names) <= set(everything)
    for each, token in tokens.items():
        targets.target.forget(each, token)


def test_an_unreadable_state_is_reported_and_not_lost(targets: TargetHarness, name: Name) -> None:
    targets.target.commit(name, Route(), _noted("precious"), ABSENT)
    with targets.corrupted(name), pytest.raises(StateCorrupt):
        targets.target.observe(name)
    assert _event(targets.target.observe(name)) == "precious"


def _commit(target: Target, name: Name, event: str, token: Token) -> Callable[[], str | None]:
    def commit() -> str | None:
        try:
            target.commit(name, Route(), _noted(event), token)
        except Conflict:
            return None
        return event

    return commit


def _at_once(*actions: Callable[[], str | None]) -> list[str | None]:
    with ThreadPoolExecutor(len(actions)) as pool:
        return [future.result() for future in [pool.submit(action) for action in actions]]
