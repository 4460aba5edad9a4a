import tempfile
import time
from pathlib import Path

import pytest

from platformctl.adapters.envoy.router import Router
from platformctl.domain.errors import Unreachable
from tests.load import Load
from tests.router.world import PREDICT, V1, V2, World, churn, world_in

pytestmark = pytest.mark.quick


def test_a_killed_envoy_serves_the_same_from_the_same_files(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    world.publish(churn(world.backend(V1), world.backend(V2), v2=100))

    world.kill_envoy()
    assert world.router.served() is None
    world.run_envoy()

    assert world.router.served() == 2
    assert {world.ask().revision for _ in range(20)} == {V2}
    assert world.ask(revision=V1).revision == V1


def test_files_written_while_it_was_down_are_served_when_it_is_up(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    world.kill_envoy()

    world.start(churn(world.backend(V1), world.backend(V2), v2=100))

    assert world.ask().revision == V2


def test_a_restarted_envoy_still_takes_changes(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    world.kill_envoy()
    world.run_envoy()

    world.publish(churn(world.backend(V1), world.backend(V2), v2=100))

    assert world.ask().revision == V2


def test_publishing_to_a_dead_envoy_is_unreachable_and_moves_no_weight(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    world.kill_envoy()

    with pytest.raises(Unreachable, match="admin interface"):
        world.publish(churn(world.backend(V1), world.backend(V2), v2=100))

    world.generation = 1
    world.run_envoy()
    assert world.ask().revision == V1


def test_a_hanging_envoy_is_unreachable_within_five_seconds(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    world.pause_envoy()
    began = time.monotonic()

    assert world.router.served() is None
    with pytest.raises(Unreachable):
        world.publish(churn(world.backend(V1), v1=100), timeout=30)

    assert time.monotonic() - began < 5


def test_two_routers_side_by_side_have_nothing_in_common(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    with tempfile.TemporaryDirectory(prefix="pc-") as folder, world_in(Path(folder)) as other:
        other.start(churn(other.backend(V2), v2=100))
        with Load(world.port, PREDICT, b"{}", limit=500) as load:
            for _ in range(5):
                other.publish(churn(other.backend(V2), v2=100))
            load.wait()

        assert load.tally.answers == {(200, V1): 500}
        assert (world.router.served(), other.router.served()) == (1, 6)
        assert other.counters.read(churn().name, [V1, V2])[V1].requests == 0


def test_a_taken_port_stops_the_second_envoy_and_not_the_first(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    with tempfile.TemporaryDirectory(prefix="pc-") as folder, world_in(Path(folder)) as second:
        second.port = world.port
        second.router = Router(second.folder / "envoy", second.admin, world.port)
        second.router.write(second.table())

        assert second.run_to_its_end().returncode != 0

    assert world.ask().revision == V1
