import json
from datetime import UTC, datetime
from typing import Any

import pytest

from platformctl.adapters.cluster.state import recorded as state
from platformctl.adapters.cluster.state import rules
from platformctl.domain import manifests
from platformctl.domain.errors import Refused, StateCorrupt
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Severity
from platformctl.domain.rollout import Record, Rejection, Rollout
from tests.cluster_target.routes import recorded
from tests.fakes.values import canary, revision, steady

pytestmark = pytest.mark.quick

_THEN = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST, _SECOND = revision(1), revision(2)


def _annotated(rollout: Rollout, /, **changed: str | None) -> dict[str, Any]:
    """A route of which some annotations of ours are otherwise; None: gone."""
    route = recorded(rollout)
    keys = {"rollout": manifests.ROLLOUT, "commit": manifests.COMMIT}
    annotations = route["metadata"]["annotations"]
    annotations |= {keys[name]: value for name, value in changed.items()}
    route["metadata"]["annotations"] = {key: value for key, value in annotations.items() if value is not None}
    return route


def test_what_was_recorded_is_read() -> None:
    rollout = canary(_FIRST, _SECOND, 25)
    found = state.read(recorded(rollout, number=7, by="ada — promote"))
    assert (found.rollout, found.number, found.by) == (rollout, 7, "ada — promote")
    assert (found.token, found.version) == ("1b7e/7", "77")
    assert dict(found.route.weights) == {_FIRST.id: 75, _SECOND.id: 25}
    assert state.findings(found) == ()


def test_the_token_is_not_changed_by_what_a_gateway_writes() -> None:
    before = recorded(steady(_FIRST))
    after = {**before, "metadata": {**before["metadata"], "resourceVersion": "78"}, "status": {"parents": []}}
    assert state.read(after).token == state.read(before).token


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"phase": "unheard-of"}', '{"phase": "steady"}'])
def test_a_rollout_that_cannot_be_read_is_corrupt_and_stays(text: str) -> None:
    with pytest.raises(StateCorrupt, match=r"platformctl\.io/rollout") as error:
        state.read(_annotated(steady(_FIRST), rollout=text))
    assert "kubectl edit httproute churn -n ml" in (error.value.hint or "")


@pytest.mark.parametrize("text", [None, "{", "[]", '{"number": "x", "by": ""}', "{}"])
def test_a_commit_that_cannot_be_read_is_corrupt(text: str | None) -> None:
    with pytest.raises(StateCorrupt, match=r"platformctl\.io/commit"):
        state.read(_annotated(steady(_FIRST), commit=text))


def test_what_a_newer_platformctl_wrote_is_left_alone() -> None:
    commit = json.dumps({"schemaVersion": 2, "number": 1, "by": "ada"})
    with pytest.raises(Refused, match="schema version 2") as error:
        state.read(_annotated(steady(_FIRST), commit=commit))
    assert error.value.hint == "upgrade platformctl"


def test_a_route_of_somebody_else_names_them() -> None:
    route = recorded(steady(_FIRST))
    route["metadata"]["labels"] = {}
    route["metadata"]["managedFields"] = [{"manager": "helm", "time": "2026-01-01T00:00:00Z"}]
    with pytest.raises(Refused, match="HTTPRoute churn, which helm made"):
        state.read(route)


def test_weights_that_were_edited_by_hand_are_told_with_who_did_it() -> None:
    route = recorded(canary(_FIRST, _SECOND, 25))
    weighted = next(rule for rule in route["spec"]["rules"] if len(rule.get("backendRefs", ())) == 2)
    for backend, weight in zip(weighted["backendRefs"], (40, 60), strict=True):
        backend["weight"] = weight
    route["metadata"]["managedFields"] = [
        {"manager": "platformctl", "time": "2026-01-03T00:00:00Z"},
        {"manager": "kubectl-edit", "time": "2026-01-02T00:00:00Z"},
        {"manager": "envoy-gateway", "time": "2026-01-04T00:00:00Z", "subresource": "status"},
    ]
    found = state.read(route)
    (finding,) = state.findings(found)
    assert finding.severity is Severity.WARNING
    assert "edited by kubectl-edit" in finding.message
    assert f"{_SECOND.id} 60 %, where {_FIRST.id} 75 %" in finding.message
    assert (found.share(_FIRST.id), found.share(_SECOND.id)) == (75, 60)


def test_rules_by_name_are_no_weights() -> None:
    live = {RevisionId("churn-v1-x"): "churn-v1-x-predictor", _FIRST.id: f"{_FIRST.id}-transformer"}
    route = recorded(steady(_FIRST), live)
    assert rules.weights(route) == {_FIRST.id: 100}
    assert rules.pinned(route) == set(live)
    assert rules.has_backends(route)
    assert not rules.has_backends(recorded(Rollout()))


def _long(records: int, rejected: int = 0, previous: int = 0) -> Rollout:
    history = tuple(Record(at=_THEN, event=f"event {n}", detail="x" * 100) for n in range(records))
    rejections = tuple(
        Rejection(revision=revision(n).id, reason="y" * 100, at=_THEN) for n in range(rejected)
    )
    before = tuple(revision(n + 10) for n in range(previous))
    return steady(_FIRST, *before).model_copy(update={"history": history, "rejected": rejections})


def test_what_fits_is_not_touched() -> None:
    rollout = _long(100, 5, 5)
    assert state.fitted(rollout, 1 << 20) == rollout


def test_the_oldest_history_goes_first() -> None:
    rollout = _long(100, 5, 5)
    found = state.fitted(rollout, len(state.written(rollout).encode()) * 3 // 4)
    assert len(found.history) == 50
    assert found.history[-1] == rollout.history[-1]
    assert (found.previous, found.rejected) == (rollout.previous, rollout.rejected)


def test_what_serves_and_what_is_kept_warm_goes_never() -> None:
    rollout = _long(100, 100, 5)
    bare = rollout.model_copy(update={"history": (), "rejected": (), "previous": rollout.previous[:1]})
    limit = len(state.written(bare).encode())
    assert state.fitted(rollout, limit) == bare
    with pytest.raises(Refused, match="too large"):
        state.fitted(rollout, limit - 1)


def test_annotations_of_others_take_their_room() -> None:
    route = recorded(steady(_FIRST))
    free = state.room(route)
    route["metadata"]["annotations"]["theirs"] = "z" * 1000
    assert state.room(route) == free - 1006
    assert state.room(None) == free


def test_the_longest_name_of_a_holder_leaves_room() -> None:
    assert len(state.commit(10**9, "ü" * 10_000).encode()) < 4096
