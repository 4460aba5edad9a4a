import itertools
import time

import pytest

from platformctl.adapters.envoy.table import Backend, Deployment
from platformctl.domain.errors import DeadlinePassed
from platformctl.domain.names import RevisionId
from tests.load import Load, Tally
from tests.router.world import PREDICT, V1, V2, V3, World, churn, eventually


def flips_under_load(world: World, flips: int, requests: int) -> Tally:
    """Revisions come, get weight, lose it and go while requests run."""
    one, two = world.backend(V1), world.backend(V2)
    world.start(churn(one, v1=100))
    tables = itertools.cycle(
        [
            churn(one, two, v1=90, v2=10),  # a revision comes, and has weight in the same table
            churn(one, two, v2=100),
            churn(two, v2=100),  # a revision goes
            churn(one, two, v1=50, v2=50),
            churn(one, v1=100),
        ]
    )
    with Load(world.port, PREDICT, b"{}", connections=16) as load:
        for flip, table in enumerate(itertools.islice(tables, flips), start=1):
            load.until(requests * flip // flips)
            world.publish(table)
        load.until(requests)
    return load.tally


def only_answers(tally: Tally, *revisions: RevisionId) -> bool:
    """Whether every request was answered with 200 by one of the revisions."""
    return tally.lost == [] and set(tally.answers) == {(200, revision) for revision in revisions}


@pytest.mark.quick
def test_ten_flips_while_4000_requests_run(world: World) -> None:
    assert only_answers(flips_under_load(world, 10, 4_000), V1, V2)


@pytest.mark.full
def test_fifty_flips_while_20000_requests_run(world: World) -> None:
    assert only_answers(flips_under_load(world, 50, 20_000), V1, V2)


@pytest.mark.quick
def test_the_weights_are_served_when_publish_returns(world: World) -> None:
    one, two = world.backend(V1), world.backend(V2)
    world.start(churn(one, two, v1=100))

    for shares, expected in [({"v2": 100}, V2), ({"v1": 100}, V1)] * 10:
        world.publish(churn(one, two, **shares))
        assert world.ask().revision == expected


@pytest.mark.quick
def test_the_generation_that_is_served_is_known(world: World) -> None:
    assert world.router.served() is None
    world.start(churn(world.backend(V1), v1=100))

    assert world.router.served() == 1
    world.publish(churn(world.backend(V1), v1=100))
    assert world.router.served() == 2


@pytest.mark.quick
def test_publishing_another_table_of_the_same_generation_is_served_too(world: World) -> None:
    one, two = world.backend(V1), world.backend(V2)
    world.start(churn(one, two, v1=100))

    for shares, expected in [({"v2": 100}, V2), ({"v1": 100}, V1)] * 5:
        world.generation = 6
        world.publish(churn(one, two, **shares))
        assert world.ask().revision == expected


@pytest.mark.quick
def test_256_connections_are_served(world: World) -> None:
    world.start(churn(world.backend(V1, replicas=2), v1=100))

    with Load(world.port, PREDICT, b"{}", connections=256, limit=5_000) as load:
        load.wait()

    assert load.tally.answers == {(200, V1): 5_000}


@pytest.mark.quick
def test_a_replica_that_comes_or_goes_costs_no_request(world: World) -> None:
    both = world.backend(V1, replicas=2)
    first = Backend(V1, both.sockets[:1])
    world.start(churn(first, v1=100))

    with Load(world.port, PREDICT, b"{}", connections=16) as load:
        for round_ in range(1, 7):
            load.until(500 * round_)
            world.publish(churn(both if round_ % 2 else first, v1=100))

    assert only_answers(load.tally, V1)


@pytest.mark.quick
def test_a_killed_replica_costs_at_most_what_it_was_working_on(world: World) -> None:
    backend = world.backend(V1, replicas=2)
    world.start(churn(backend, v1=100))

    with Load(world.port, PREDICT, b"{}", connections=16) as load:
        load.until(1_000)
        world.kill(backend.sockets[0])
        load.until(load.tally.answered + 3_000)

    assert len(load.tally.lost) <= 16


@pytest.mark.quick
def test_a_replica_that_comes_back_at_its_socket_is_used_again(world: World) -> None:
    backend = world.backend(V1)
    world.start(churn(backend, v1=100))
    world.kill(backend.sockets[0])
    dead = world.ask()

    world.backend(V1)

    assert (dead.status, dead.revision) == (503, V1)
    assert world.ask().status == 200


@pytest.mark.quick
def test_a_request_in_flight_to_a_revision_that_goes_is_finished(world: World) -> None:
    one, two = world.backend(V1), world.backend(V2)
    world.start(churn(one, two, v2=100))

    with Load(world.port, PREDICT, b"{}", connections=4, headers={"x-do": "wait 1"}, limit=4) as load:
        eventually(lambda: in_flight(world, V2) == 4)
        world.publish(churn(one, v1=100))
        assert world.ask().revision == V1
        assert load.tally.answered == 0
        load.wait()

    assert load.tally.answers == {(200, V2): 4}


@pytest.mark.quick
def test_drain_returns_when_the_last_request_is_answered(world: World) -> None:
    one, two = world.backend(V1), world.backend(V2)
    world.start(churn(one, two, v2=100))

    with Load(world.port, PREDICT, b"{}", connections=1, headers={"x-do": "wait 0.8"}, limit=1) as load:
        eventually(lambda: in_flight(world, V2) == 1)
        world.publish(churn(one, two, v1=100))
        with pytest.raises(DeadlinePassed, match=f"requests to {V2}"):
            world.router.drain(V2, timeout=0.1)
        assert load.tally.answered == 0
        world.router.drain(V2, timeout=10)
        eventually(lambda: load.tally.answered == 1, timeout=0.3)


@pytest.mark.quick
def test_draining_a_revision_that_is_not_there_is_done_at_once(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    began = time.monotonic()

    world.router.drain(V3, timeout=10)

    assert time.monotonic() - began < 1


@pytest.mark.quick
def test_a_cluster_that_was_busy_when_it_left_goes_with_the_next_change(world: World) -> None:
    one, two = world.backend(V1), world.backend(V2)
    world.start(churn(one, two, v2=100))
    with Load(world.port, PREDICT, b"{}", connections=1, headers={"x-do": "wait 0.5"}, limit=1) as load:
        eventually(lambda: in_flight(world, V2) == 1)
        world.publish(churn(one, v1=100))
        assert set(known(world)) == {V1, V2}
        load.wait()

    world.publish(churn(one, v1=100))

    eventually(lambda: set(known(world)) == {V1})


@pytest.mark.quick
def test_a_deployment_that_is_deleted_is_a_404_and_leaves_nothing(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))

    world.publish(Deployment(churn().name, churn().route, ()))
    assert world.ask().status == 503
    world.publish()

    assert world.ask().status == 404
    eventually(lambda: not known(world))


def in_flight(world: World, revision: RevisionId) -> int:
    return sum(world.stats(rf"^cluster\.{revision}\.upstream_rq_active$").values())


def known(world: World) -> frozenset[str]:
    return frozenset(name.split(".")[1] for name in world.stats(r"^cluster\..*\.upstream_rq_active$"))


@pytest.mark.full
def test_an_idle_connection_is_closed_by_the_router_before_a_server_would(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))

    assert [world.ask().body, world.ask().body] == [b'{"served": 0}', b'{"served": 1}']
    time.sleep(4.8)  # uvicorn closes after 5 s; a request sent at that moment would be lost

    assert world.ask().body == b'{"served": 0}'
