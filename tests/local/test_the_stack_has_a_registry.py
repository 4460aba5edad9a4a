import http.client
import json
import os
import signal
from collections.abc import Iterator

import pytest

from platformctl.adapters.local import orphans
from platformctl.adapters.local.stack import Wanted
from tests.local.world import LocalWorld, until
from tests.ports import free_port

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorld]:
    world = LocalWorld(tmp_path_factory.mktemp("registry"))
    yield world
    world.stack.down(purge=True)


def _create(world: LocalWorld, model: str) -> int:
    """Register a model by REST."""
    url = world.stack.status().registry
    assert url is not None
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        path = "/api/2.0/mlflow/registered-models/create"
        connection.request("POST", path, json.dumps({"name": model}), {"content-type": "application/json"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def test_a_registry_can_join_a_stack_that_is_up(world: LocalWorld) -> None:
    world.up()
    assert world.stack.status().registry is None
    envoy, port = world.pid("envoy"), free_port()
    joined = world.stack.up(Wanted(mlflow_port=port))
    assert (joined.already, joined.mlflow_port) == (False, port)
    assert world.pid("envoy") == envoy
    assert world.stack.status().is_up
    assert _create(world, "churn") == 200
    assert world.stack.up(Wanted()).already


def test_a_killed_registry_comes_back_with_what_it_had(world: LocalWorld) -> None:
    killed = world.pid("mlflow")
    os.kill(killed, signal.SIGKILL)
    until(lambda: world.pid("mlflow") not in {0, killed}, what="restarted")
    until(lambda: _create(world, "churn") == 400, what="the model that was there already")


def test_down_leaves_no_child_of_the_registry(world: LocalWorld) -> None:
    port = world.states.read().stack
    world.stack.down()
    assert orphans.find(world.home.root) == set()
    assert world.states.read().stack == port
