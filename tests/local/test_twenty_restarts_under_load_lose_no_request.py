"""What an operating system, a node that is drained, or a person does to a server: SIGTERM, at any moment.

The router is not told before: it finds out as it would in production, from the server that stops.
"""

import os
import signal
from collections.abc import Iterator

import pytest

from platformctl.adapters.local.supervisor import State
from platformctl.domain.names import Name
from platformctl.domain.revision import Revision, Scale
from tests.load import Load
from tests.local.world import BODY, LocalWorld, until

pytestmark = pytest.mark.full

NAME = Name("restarted")
RESTARTS = 20
BETWEEN = 300
"""Requests at least between two restarts: both replicas have some."""


@pytest.fixture
def revision(shared: LocalWorld) -> Iterator[Revision]:
    """Two replicas that have everything."""
    revision = shared.revision(NAME)
    shared.prepared(revision, scale=Scale(minimum=2, maximum=2))
    shared.serve(revision)
    yield revision
    shared.clear(NAME)


def _restart(world: LocalWorld, revision: Revision, program: str) -> None:
    """Stop a server while it answers, see that it ended well, start it again."""
    os.kill(world.pid(program), signal.SIGTERM)
    until(lambda: world.supervisor.processes()[program].state is State.EXITED, what="stopped")
    assert world.supervisor.processes()[program].exit_status == 0
    world.home.launch(program).unlink()  # it did not crash: nothing is to be waited for
    world.supervisor.start(program)
    world.until_ready(revision)


def test_one_of_two_replicas_at_a_time(shared: LocalWorld, revision: Revision) -> None:
    load = Load(shared.port, f"/v1/models/{NAME}:predict", BODY, connections=16, seconds=600)
    with load:
        for number in range(RESTARTS):
            load.until(load.tally.answered + BETWEEN)
            _restart(shared, revision, f"{revision.id}.{number % 2}")
        load.until(load.tally.answered + BETWEEN)
    assert load.tally.lost == []
    assert {status for status, _ in load.tally.answers} == {200}
    assert load.tally.answered > RESTARTS * BETWEEN
