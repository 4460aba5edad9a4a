"""What a rollout learns from each source of figures: evidence, or why there is none."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from platformctl.domain.gates import Kind, Outcome
from tests.contract.counters_harness import CANARY, NOBODY, STABLE, Source, Watched, several
from tests.contract.counters_sources import SOURCES, TELLING_APART, ServersSource
from tests.fakes.values import CHURN

_LONGEST = 20.0
"""Seconds of a look, whatever the source does. Each is given a few; the machine may be slow."""


@pytest.fixture
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    with request.param(tmp_path) as one:
        yield one


@pytest.fixture
def watched(source: Source) -> Watched:
    """Both have answered before the rollout began; that counts for nothing."""
    source.answer(STABLE.id, *several(40, 5))
    source.answer(CANARY.id, *several(3, 3, 3))
    source.settle()
    one = Watched(source)
    one.begin()
    return one


every_source = pytest.mark.parametrize("source", SOURCES, indirect=True)


def _both_answer(source: Source) -> None:
    """30 and 1 failed and 2 refused of stable; 6 and 2 failed and 1 refused of the canary."""
    source.answer(STABLE.id, *several(30, 1, 2))
    source.answer(CANARY.id, *several(6, 2, 1))
    source.settle()


_ONCE = ((9, 2), (33, 1))
_TWICE = ((18, 4), (66, 2))


@every_source
def test_a_window_is_what_came_since_the_last_look(source: Source, watched: Watched) -> None:
    _both_answer(source)
    looked = watched.look()
    assert (looked.trouble, looked.requests) == (None, 9)
    assert watched.seen() == _ONCE
    assert watched.seen(Kind.CLIENT_ERRORS) == ((9, 1), (33, 2))
    assert (watched.look().requests, watched.seen()) == (0, _ONCE)
    _both_answer(source)
    watched.look()
    assert watched.seen() == _TWICE


@every_source
def test_what_was_answered_at_other_weights_counts_for_nothing(source: Source, watched: Watched) -> None:
    source.answer(CANARY.id, *several(0, 20))
    watched.begin()
    assert watched.seen() == ((0, 0), (0, 0))
    _both_answer(source)
    watched.look()
    assert watched.seen() == _ONCE


@every_source
def test_after_a_restart_no_more_is_counted_than_has_happened(source: Source, watched: Watched) -> None:
    _both_answer(source)
    watched.look()
    _both_answer(source)
    source.restart()
    _both_answer(source)
    looked = watched.look()
    assert looked.trouble is None
    assert watched.seen() == _TWICE, "between two looks the restart took one of the two with it"
    _both_answer(source)
    watched.look()
    assert watched.seen() == ((27, 6), (99, 3))


@every_source
@pytest.mark.parametrize("how", ["hanging", "down", "garbled", "lying"])
def test_while_a_source_cannot_be_believed_nothing_is_learned_and_it_says_why(
    source: Source, watched: Watched, how: str
) -> None:
    _both_answer(source)
    watched.look()
    before, began = watched.auto.evidence, time.monotonic()
    with getattr(source, how)():
        looked = watched.look()
        assert looked.trouble
        assert {verdict.outcome for verdict in looked.verdicts} == {Outcome.ERROR}
        assert watched.auto.evidence == before.model_copy(update={"missing": tuple(Kind)})
        assert time.monotonic() - began < _LONGEST
    _both_answer(source)
    looked = watched.look()
    assert looked.trouble is None
    assert watched.seen() == _TWICE


@every_source
def test_more_errors_than_requests_are_said_so(source: Source, watched: Watched) -> None:
    with source.lying():
        said = watched.look().trouble
    assert said == "the figures of canary cannot be true: 9 errors and 0 4xx among 4 requests"


@every_source
def test_a_revision_that_was_never_seen_has_no_failures(source: Source) -> None:
    counts = source.counters.read(CHURN, [NOBODY.id])[NOBODY.id]
    assert (counts.requests, counts.errors, counts.rejected, counts.latency) == (0, 0, 0, {})
    watched = Watched(source, canary=NOBODY)
    watched.begin()
    source.answer(STABLE.id, *several(30, 1))
    source.settle()
    looked = watched.look()
    tells_apart = isinstance(source, ServersSource)
    assert looked.trouble == ("no server of canary says what it has answered" if tells_apart else None)
    outcome = Outcome.ERROR if tells_apart else Outcome.INCONCLUSIVE
    assert {verdict.outcome for verdict in looked.verdicts} == {outcome}


@every_source
@pytest.mark.parametrize("jump", [timedelta(days=-2), timedelta(days=2)])
def test_whatever_our_own_clock_says_is_no_matter(source: Source, watched: Watched, jump: timedelta) -> None:
    watched.scene.world.now += jump
    _both_answer(source)
    assert watched.look().trouble is None
    assert watched.seen() == _ONCE


apart = pytest.mark.parametrize("source", TELLING_APART, indirect=True)


@apart
def test_a_server_that_begins_anew_takes_nothing_of_the_others_with_it(
    source: ServersSource, watched: Watched
) -> None:
    _both_answer(source)
    watched.look()
    source.servers[STABLE.id][0].restart()
    _both_answer(source)
    watched.look()
    assert watched.seen() == _TWICE


@apart
def test_a_restart_is_seen_although_more_was_answered_since(source: ServersSource, watched: Watched) -> None:
    """As one counter it would be 5 answers, all of them errors."""
    first = source.servers[CANARY.id][0]
    known = first.answers.total()
    first.restart()
    first.answer("200", known)
    first.answer("500", 5)
    source.answer(STABLE.id, *several(30))
    source.settle()
    watched.look()
    assert watched.seen()[0] == (known + 5, 5)


@apart
def test_figures_that_are_missing_for_a_while_are_caught_up_with(
    source: ServersSource, watched: Watched
) -> None:
    _both_answer(source)
    watched.look()
    for server in source.servers[CANARY.id]:
        server.page = b"platformctl_requests_total{} many\n"
    _both_answer(source)
    assert watched.look().trouble
    for server in source.servers[CANARY.id]:
        server.page = None
    source.settle()
    assert watched.look().trouble is None
    assert watched.seen() == _TWICE


@apart
@pytest.mark.parametrize(
    ("status", "page"), [(200, b""), (200, b"<html>sign in</html>"), (401, b"{}"), (403, b"{}"), (429, b"{}")]
)
def test_what_is_said_in_place_of_figures_is_not_taken_for_zeros(
    source: ServersSource, watched: Watched, status: int, page: bytes
) -> None:
    """Else all that had been counted before would be counted again afterwards."""
    _both_answer(source)
    watched.look()
    for server in source.all:
        server.status, server.page = status, page
    source.settle()
    assert watched.look().trouble
    for server in source.all:
        server.status, server.page = 200, None
    _both_answer(source)
    assert watched.look().trouble is None
    assert watched.seen() == _TWICE


@apart
def test_of_one_server_of_several_they_are_caught_up_with_too(
    source: ServersSource, watched: Watched
) -> None:
    (first, *_) = source.servers[CANARY.id]
    first.page = b"platformctl_requests_total{} many\n"
    _both_answer(source)
    looked = watched.look()
    assert looked.trouble is None
    assert looked.requests < _ONCE[0][0]
    first.page = None
    source.settle()
    assert looked.requests + watched.look().requests == _ONCE[0][0]


@apart
def test_a_server_that_is_new_to_us_counts_from_when_we_know_it(
    source: ServersSource, watched: Watched
) -> None:
    """It may have answered at other weights, or before the rollout."""
    (first, *_) = source.servers[CANARY.id]
    first.page = b"platformctl_requests_total{} many\n"
    source.settle()
    watched.begin()
    first.answer("500", 1000)
    first.page = None
    source.settle()
    watched.look()
    _both_answer(source)
    watched.look()
    assert watched.seen()[0][0] <= _ONCE[0][0]


@pytest.mark.parametrize("source", TELLING_APART[1:], indirect=True)
@pytest.mark.parametrize("hours", [-2, 2])
def test_a_server_whose_clock_is_wrong_is_missing_and_not_misread(
    source: ServersSource, watched: Watched, hours: int
) -> None:
    """Prometheus takes the times that servers write themselves; ours write none."""
    for server in source.all:
        server.stamp = round((time.time() + hours * 3600) * 1000)
    _both_answer(source)
    looked = watched.look()
    assert looked.trouble == "no server of canary says what it has answered"
    assert watched.seen() == ((0, 0), (0, 0))
