"""The facts of Envoy's statistics that `status` and the judge rely on, each with real traffic."""

import http.client
import math

import pytest

from platformctl.adapters.envoy import clusters
from platformctl.adapters.envoy.admin import Admin
from platformctl.adapters.envoy.files import replace
from platformctl.adapters.envoy.table import Backend
from platformctl.domain.errors import Unreachable
from tests.load import Load
from tests.router.world import CHURN, PREDICT, TIMEOUT_SECONDS, V1, V2, V3, World, churn, eventually

pytestmark = pytest.mark.quick


def figures(world: World) -> tuple[int, int, int]:
    """Requests, errors and rejected of the first version."""
    counts = world.counters.read(CHURN, [V1])[V1]
    return counts.requests, counts.errors, counts.rejected


@pytest.mark.parametrize(
    ("do", "status", "counted"),
    [
        ("200", 200, (1, 0, 0)),
        ("302", 302, (1, 0, 0)),
        ("400", 400, (1, 0, 1)),
        ("404", 404, (1, 0, 1)),
        ("422", 422, (1, 0, 1)),
        ("500", 500, (1, 1, 0)),
        ("503", 503, (1, 1, 0)),
        ("reset", 503, (1, 1, 0)),
    ],
)
def test_one_answer_is_counted_once(world: World, do: str, status: int, counted: tuple[int, ...]) -> None:
    world.start(churn(world.backend(V1), v1=100))

    assert world.ask(do=do).status == status

    assert figures(world) == counted


def test_a_server_whose_socket_is_gone_is_one_error_a_request(world: World) -> None:
    world.start(churn(Backend(V1, (world.folder / "nobody",)), v1=100))

    replies = [world.ask() for _ in range(3)]

    assert {(reply.status, reply.revision) for reply in replies} == {(503, V1)}
    assert "connection failure" in replies[0].error
    assert figures(world) == (3, 3, 0)


def test_a_revision_without_replicas_is_one_error_a_request(world: World) -> None:
    world.start(churn(Backend(V1, ()), v1=100))

    assert world.ask().status == 503

    assert figures(world) == (1, 1, 0)


def test_a_server_that_died_with_requests_in_flight_has_an_error_for_each(world: World) -> None:
    backend = world.backend(V1)
    world.start(churn(backend, v1=100))

    with Load(world.port, PREDICT, b"{}", connections=3, headers={"x-do": "wait 30"}, limit=3) as load:
        eventually(lambda: world.stats(r"upstream_rq_active$") == {f"cluster.{V1}.upstream_rq_active": 3})
        world.kill(backend.sockets[0])
        load.wait()

    assert load.tally.answers == {(503, V1): 3}
    assert figures(world) == (3, 3, 0)


def test_a_timeout_is_a_504_and_an_error(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))

    reply = world.ask(do=f"wait {TIMEOUT_SECONDS + 5}")

    assert (reply.status, reply.revision) == (504, V1)
    assert "timeout" in reply.error
    assert figures(world) == (1, 1, 0)


def test_a_retried_request_is_counted_once_and_is_no_error(world: World) -> None:
    live = world.backend(V1)
    world.start(churn(Backend(V1, (*live.sockets, world.folder / "nobody")), v1=100))

    assert [world.ask().status for _ in range(20)] == [200] * 20

    assert figures(world) == (20, 0, 0)


def test_a_client_that_leaves_before_its_answer_is_no_error_of_the_server(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))

    with pytest.raises(TimeoutError):
        world.ask(do="wait 5", timeout=0.2)
    eventually(lambda: world.stats(r"upstream_rq_active$") == {f"cluster.{V1}.upstream_rq_active": 0})

    assert figures(world) == (0, 0, 0)


def test_an_answer_that_breaks_off_counts_by_its_first_line(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))

    with pytest.raises(http.client.IncompleteRead):
        world.ask(do="cut")

    assert figures(world) == (1, 0, 0)


def test_what_the_router_answers_itself_is_nobodys(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))

    world.ask("/v1/models/nobody:predict")
    world.ask(revision="churn-v9-999999")
    world.router.served()

    assert figures(world) == (0, 0, 0)


def test_a_request_that_the_router_has_no_place_for_is_told_apart(world: World) -> None:
    """No writer of ours leaves clusters away that routes lead to; a file may be lost."""
    world.start(churn(world.backend(V1), v1=100))
    replace(world.folder / "envoy" / "clusters" / "clusters.json", clusters.discovery((), version="lost"))
    eventually(lambda: V1 not in Admin(world.admin).endpoints())

    assert world.ask().status == 503

    counts = world.counters.read(CHURN, [V1])[V1]
    assert (counts.requests, counts.errors, counts.lost) == (0, 0, 1)


def test_figures_are_by_revision_also_for_one_that_was_picked(world: World) -> None:
    world.start(churn(world.backend(V1), world.backend(V2), v1=100))
    for _ in range(3):
        world.ask()
    world.ask(do="500", revision=V2)

    counts = world.counters.read(CHURN, [V1, V2, V3])

    assert [(counts[r].requests, counts[r].errors) for r in (V1, V2, V3)] == [(3, 0), (1, 1), (0, 0)]
    assert (counts[V3].rejected, counts[V3].latency) == (0, {})


def test_figures_of_a_revision_survive_a_change_of_its_replicas(world: World) -> None:
    both = world.backend(V1, replicas=2)
    world.start(churn(Backend(V1, both.sockets[:1]), v1=100))
    world.ask()

    world.publish(churn(both, v1=100))
    world.ask()

    assert figures(world) == (2, 0, 0)
    assert world.counters.read(CHURN, [V1])[V1].latency[math.inf] == 2


def test_latencies_are_counted_below_the_bound_that_they_are_below(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    for seconds in ("0", "0.120", "0.120", "0.420"):
        world.ask(do=f"wait {seconds}")

    counts = world.counters.read(CHURN, [V1])[V1]

    bounds = (100, 150, 400, 500, math.inf)
    assert [counts.latency[bound] for bound in bounds] == [1, 3, 3, 4, 4]
    assert 100 < (counts.quantile(0.5) or 0) < 150


def test_a_reading_holds_all_that_was_answered_before_it(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))

    for asked in range(1, 31):
        world.ask()
        counts = world.counters.read(CHURN, [V1])[V1]
        assert (counts.requests, counts.latency[math.inf]) == (asked, asked)


def test_figures_agree_with_a_load(world: World) -> None:
    world.start(churn(world.backend(V1), world.backend(V2), v1=70, v2=30))

    with Load(world.port, PREDICT, b"{}", limit=2_000) as load:
        tally = load.wait()

    counts = world.counters.read(CHURN, [V1, V2])
    assert [counts[r].requests for r in (V1, V2)] == [tally.of(V1), tally.of(V2)]


def test_figures_of_an_envoy_that_is_down_are_unreachable_not_zero(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    world.kill_envoy()

    with pytest.raises(Unreachable, match="admin interface") as caught:
        world.counters.read(CHURN, [V1])

    assert caught.value.hint == "start it: platformctl up"


def test_reading_no_revisions_asks_nobody(world: World) -> None:
    assert world.counters.read(CHURN, []) == {}
