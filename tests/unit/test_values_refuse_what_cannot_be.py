"""Routes, rollouts, figures and answers: what they mean, and what they refuse to be."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from platformctl.domain import errors
from platformctl.domain.counts import Counts
from platformctl.domain.errors import SpecError
from platformctl.domain.examples import v1_request
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import RevisionStatus
from platformctl.domain.rollout import AliasMove, Candidate, Phase, Rollout
from platformctl.domain.route import Route
from platformctl.domain.traffic import Answer
from tests.fakes.values import canary, revision, steady, wanted

pytestmark = pytest.mark.quick

A, B = RevisionId("a"), RevisionId("b")


@pytest.mark.parametrize("weights", [{A: 99}, {A: 60, B: 41}, {A: 100, B: 0}, {A: 110, B: -10}])
def test_weights_that_are_not_a_whole_are_no_route(weights: dict[RevisionId, int]) -> None:
    with pytest.raises(ValidationError):
        Route(weights=weights)


def test_a_route_tells_every_share() -> None:
    route = Route(weights={A: 90, B: 10})
    assert (route.share(A), route.share(B), route.share(RevisionId("c"))) == (90, 10, 0)
    assert Route().share(A) == 0


@pytest.mark.parametrize("phase", [Phase.STEADY, Phase.CANARY, Phase.SHIFTING])
def test_nothing_serves_without_a_stable_revision(phase: Phase) -> None:
    candidate = None if phase is Phase.STEADY else Candidate(revision=revision(1), goal=50)
    with pytest.raises(ValidationError, match="without a stable revision"):
        Rollout(phase=phase, candidate=candidate)


@pytest.mark.parametrize("phase", [Phase.PREPARING, Phase.CANARY, Phase.SHIFTING])
def test_what_is_on_its_way_has_a_candidate(phase: Phase) -> None:
    with pytest.raises(ValidationError, match="does not agree with its candidate"):
        Rollout(phase=phase, stable=revision(1))


def test_what_is_at_rest_has_no_candidate() -> None:
    candidate = Candidate(revision=revision(2), goal=50)
    with pytest.raises(ValidationError, match="does not agree with its candidate"):
        Rollout(phase=Phase.STEADY, stable=revision(1), candidate=candidate)


def test_a_state_of_a_later_schema_is_not_read_as_if_it_were_ours() -> None:
    with pytest.raises(ValidationError):
        Rollout.model_validate_json('{"schemaVersion": 2, "phase": "empty"}')


def test_what_a_rollout_knows_is_what_it_retains_and_what_it_remembers() -> None:
    rollout = steady(revision(3), revision(2), revision(1), keep=1)
    assert rollout.known(revision(1).id) == revision(1)
    assert rollout.known(revision(3).id) == revision(3)
    assert rollout.known(revision(4).id) is None
    assert canary(revision(1), revision(2), 10).known(revision(2).id) == revision(2)


def test_a_move_of_an_alias_is_spelt_in_files_as_files_spell() -> None:
    rollout = Rollout(alias_move=AliasMove(model="churn", alias="champion", version="2"), wanted=wanted())
    assert '"aliasMove":{"model":"churn","alias":"champion","version":"2"}' in rollout.model_dump_json()


def test_a_revision_is_ready_when_every_replica_answers_and_answers_when_one_does() -> None:
    assert RevisionStatus(replicas=2, ready=2).is_ready
    assert not RevisionStatus(replicas=2, ready=1).is_ready
    assert RevisionStatus(replicas=2, ready=1).answers
    assert not RevisionStatus(replicas=2, ready=0).answers
    assert not RevisionStatus(replicas=0, ready=0).is_ready


def test_a_revision_that_has_failed_for_good_is_neither() -> None:
    failed = RevisionStatus(replicas=1, ready=1, failure="wrong library version")
    assert not failed.is_ready
    assert not failed.answers


@pytest.mark.parametrize(
    ("status", "is_error"), [(0, True), (200, False), (404, False), (499, False), (500, True)]
)
def test_an_error_is_a_5xx_or_no_answer_at_all(status: int, *, is_error: bool) -> None:
    assert Answer(status, b"", None, 0.1).is_error is is_error


def test_a_quantile_is_interpolated_within_its_bucket() -> None:
    counts = Counts(latency={10: 50, 20: 90, 40: 100, math.inf: 100})
    assert counts.quantile(0.5) == 10
    assert counts.quantile(0.7) == pytest.approx(15)
    assert counts.quantile(0.95) == pytest.approx(30)
    assert counts.quantile(1) == 40


def test_a_quantile_beyond_the_last_bound_is_that_bound() -> None:
    assert Counts(latency={10: 5, math.inf: 10}).quantile(0.99) == 10


@pytest.mark.parametrize("latency", [{}, {10: 0, math.inf: 0}])
def test_there_is_no_quantile_of_nothing(latency: dict[float, int]) -> None:
    assert Counts(latency=latency).quantile(0.5) is None


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_quantile_is_never_lower(sizes: list[int], one: float, other: float) -> None:
    bounds = [*range(1, len(sizes)), math.inf]
    latency = {float(bound): sum(sizes[: n + 1]) for n, bound in enumerate(bounds)}
    low, high = (Counts(latency=latency).quantile(q) for q in sorted((one, other)))
    assert (low is None) == (high is None) == (sum(sizes) == 0)
    assert low is None or high is None or low <= high + 1e-9


@pytest.mark.parametrize(
    ("example", "instances"),
    [
        (b'{"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"]]}}', b'[{"a": 1, "b": "x"}]'),
        (b'{"dataframe_split": {"index": [0], "columns": ["a"], "data": [[1]]}}', b'[{"a": 1}]'),
        (b'{"dataframe_records": [{"a": 1}]}', b'[{"a": 1}]'),
        (b'{"instances": [[1, 2]]}', b"[[1, 2]]"),
        (b'{"inputs": [[1, 2]]}', b"[[1, 2]]"),
    ],
)
def test_mlflows_examples_become_v1_requests(example: bytes, instances: bytes) -> None:
    assert v1_request(example) == b'{"instances": ' + instances + b"}"


@pytest.mark.parametrize(
    "example",
    [
        b"not JSON",
        b"[1, 2]",
        b'{"rows": []}',
        b'{"inputs": {"a": [1]}}',
        b'{"dataframe_split": {}}',
        b'{"dataframe_split": [1]}',
        b'{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}',
        b'{"dataframe_split": {"columns": ["a"], "data": 1}}',
    ],
)
def test_an_example_in_no_format_of_mlflows_is_said_to_be_one(example: bytes) -> None:
    with pytest.raises(SpecError, match="the model's input example is"):
        v1_request(example)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.Refused, 1),
        (errors.NotReady, 1),
        (errors.StillServing, 1),
        (errors.StateCorrupt, 1),
        (errors.SpecError, 2),
        (errors.NotFound, 2),
        (errors.Unreachable, 3),
        (errors.DeadlinePassed, 4),
        (errors.Conflict, 5),
    ],
)
def test_each_kind_of_error_has_its_exit_code(kind: type[errors.PlatformctlError], code: int) -> None:
    assert kind.exit_code == code


def test_an_error_says_where_it_is() -> None:
    assert str(SpecError("it is wrong", field="spec.canary")) == "spec.canary: it is wrong"
    assert str(SpecError("it is wrong")) == "it is wrong"


def test_times_survive_being_written() -> None:
    rollout = Rollout(since=datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert Rollout.model_validate_json(rollout.model_dump_json()).since == rollout.since
