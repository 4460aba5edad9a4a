import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from platformctl.domain.errors import Conflict
from platformctl.domain.names import Name
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Candidate, Phase, Rollout
from tests.fakes.values import steady, wanted
from tests.local.world import LocalWorld, until

pytestmark = pytest.mark.quick

NAME = Name("pair")


@pytest.fixture(scope="module")
def pair(shared: LocalWorld) -> Iterator[tuple[Revision, Revision]]:
    """Two revisions that are ready, half of the requests each; the first one with two replicas."""
    first, second = shared.revision(NAME, 1), shared.revision(NAME, 2)
    on_its_way = Candidate(revision=first, goal=100)
    preparing = Rollout(phase=Phase.PREPARING, wanted=wanted(NAME), candidate=on_its_way)
    shared.commit(preparing, NAME)
    shared.target.prepare(first, Scale(minimum=2, maximum=2))
    shared.prepared(second)
    shared.until_ready(first)
    shared.split(first, second, 50)
    yield first, second
    shared.clear(NAME)


def test_a_killed_server_comes_back_by_itself(shared: LocalWorld, pair: tuple[Revision, Revision]) -> None:
    first, second = pair
    before, killed_at = shared.status(second), datetime.now(UTC)
    os.kill(shared.pid(f"{second.id}.0"), signal.SIGKILL)
    until(lambda: not shared.status(second).is_ready, what="noticed")
    meanwhile = shared.status(second)
    assert {shared.ask(NAME, first.id).status for _ in range(20)} == {200}
    assert meanwhile.failure is None
    assert "replica 0" in meanwhile.detail
    assert meanwhile.since is not None
    assert abs(meanwhile.since - killed_at) < timedelta(seconds=3)
    until(lambda: shared.status(second).is_ready, what="back")
    after = shared.status(second)
    assert after.restarts == before.restarts + 1
    assert shared.ask(NAME, second.id).status == 200


def test_while_a_replica_is_down_the_other_one_answers(
    shared: LocalWorld, pair: tuple[Revision, Revision]
) -> None:
    first, second = pair
    shared.serve(first, second)
    killed = shared.pid(f"{first.id}.0")
    os.kill(killed, signal.SIGKILL)
    until(lambda: shared.pid(f"{first.id}.0") != killed, what="gone")  # what it had in hand goes with it
    answers = [shared.ask(NAME) for _ in range(200)]
    assert {answer.status for answer in answers} == {200}
    status = shared.status(first)
    assert (status.replicas, status.ready) == (2, 1)
    assert not status.is_ready
    shared.until_ready(first)


def test_another_process_wins_a_commit_and_we_hear_of_it(
    shared: LocalWorld, pair: tuple[Revision, Revision]
) -> None:
    first, second = pair
    seen = shared.observe(NAME)
    shared.serve(first, second)
    with pytest.raises(Conflict) as conflict:
        shared.target.commit(NAME, steady(second).route, steady(second), seen.token)
    assert f"process {os.getpid()}" in conflict.value.owner


def test_observing_two_live_revisions_is_quick(shared: LocalWorld, pair: tuple[Revision, Revision]) -> None:
    shared.until_ready(*pair)
    times = []
    for _ in range(10):
        started = time.perf_counter()
        shared.observe(NAME)
        times.append(time.perf_counter() - started)
    assert sorted(times)[5] < 0.1
