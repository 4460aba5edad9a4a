import contextlib
import http.client

import pytest

from platformctl.adapters.cluster.api.kinds import POD
from platformctl.adapters.cluster.api.objects import name, text
from platformctl.adapters.cluster.state import retries
from platformctl.domain.manifests import Manifest
from tests.cluster_traffic.shop import PATH, V1, Shop, eventually
from tests.load import Load

pytestmark = pytest.mark.full

_CONNECTIONS = 16


@pytest.fixture
def serving(shop: Shop) -> Shop:
    assert retries.ensure(shop.api, shop.route())
    shop.start(V1, replicas=2)
    shop.serve(V1, v1=100)
    return shop


def _load(shop: Shop) -> Load:
    host, port = shop.address()
    headers = {"host": shop.host}
    return Load(port, PATH, b"200", connections=_CONNECTIONS, headers=headers, host=host)


def _kill(pod: Manifest) -> None:
    """End its process at once, past the gateway."""
    connection = http.client.HTTPConnection(text(pod, "status", "podIP"), 8080, timeout=10)
    with contextlib.closing(connection), contextlib.suppress(http.client.HTTPException, OSError):
        connection.request("POST", PATH, b"exit 137")
        connection.getresponse()


def test_one_that_is_asked_to_go_loses_nothing(serving: Shop) -> None:
    leaving = serving.pods(V1)[0]
    with _load(serving) as load:
        load.until(500)
        serving.api.delete(POD, name(leaving))
        eventually(lambda: serving.api.get(POD, name(leaving)) is None, "it goes")
        load.until(load.tally.answered + 500)
    assert load.tally.lost == []


def test_one_that_dies_loses_what_it_was_answering(serving: Shop) -> None:
    victim = serving.pods(V1)[0]
    with _load(serving) as load:
        load.until(500)
        _kill(victim)
        eventually(lambda: len(serving.pods(V1)) == 2, "it is back")
        load.until(load.tally.answered + 2000)
    # A connection may have sent its next request at the moment of its death. Without the policy: hundreds.
    assert len(load.tally.lost) <= 2 * _CONNECTIONS
