import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters.envoy.table import Deployment
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.route import Route
from tests.load import Load
from tests.router.world import PREDICT, V1, V2, World, churn, world_in

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def serving() -> Iterator[World]:
    """One deployment that serves, and one that does not yet."""
    with tempfile.TemporaryDirectory(prefix="pc-") as folder, world_in(Path(folder)) as one:
        one.start(churn(one.backend(V1), v1=100), Deployment(Name("fraud"), Route(), ()))
        yield one


@pytest.mark.parametrize(
    "path",
    [
        PREDICT,
        f"{PREDICT}?probabilities=true",
        "/v1/models/churn",
        "/v2/models/churn",
        "/v2/models/churn/infer",
        "/v2/models/churn/ready",
    ],
)
def test_every_path_of_the_prediction_protocols_is_answered(serving: World, path: str) -> None:
    reply = serving.ask(path)

    assert (reply.status, reply.revision) == (200, V1)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/churn2:predict",
        "/v1/models/churn2",
        "/v1/models/churn/v1",
        "/v2/models/churn2/infer",
        "/v2/models/churn-2",
        "/v1/models/chur:predict",
        "/",
        "/-/platformctl",
    ],
)
def test_a_path_of_no_deployment_is_a_404_that_names_those_there_are(serving: World, path: str) -> None:
    reply = serving.ask(path)

    assert (reply.status, reply.revision) == (404, None)
    assert reply.headers["content-type"] == "application/json"
    assert "deployments: churn, fraud;" in reply.error


def test_a_name_that_begins_like_another_has_its_own_revisions(world: World) -> None:
    other = world.backend(RevisionId("churn2-v7-dddddd"))
    second = Deployment(Name("churn2"), Route(weights={other.revision: 100}), (other,))
    world.start(churn(world.backend(V1), v1=100), second)

    paths = [PREDICT, "/v1/models/churn2:predict", "/v2/models/churn/infer", "/v2/models/churn2/infer"]

    assert [world.ask(path).revision for path in paths] == [V1, other.revision, V1, other.revision]


def test_ten_percent_of_ten_thousand_requests(world: World) -> None:
    world.start(churn(world.backend(V1), world.backend(V2), v1=90, v2=10))

    with Load(world.port, PREDICT, b"{}", connections=16, limit=10_000) as load:
        tally = load.wait()

    assert tally.lost == []
    assert tally.of(V1) + tally.of(V2) == 10_000
    assert abs(tally.of(V2) - 1000) < 5 * math.sqrt(10_000 * 0.1 * 0.9)


def test_the_header_picks_a_live_revision_whatever_its_weight(world: World) -> None:
    world.start(churn(world.backend(V1), world.backend(V2), v1=100))

    assert {world.ask().revision for _ in range(20)} == {V1}
    assert {world.ask(revision=V2).revision for _ in range(20)} == {V2}


def test_the_header_picks_before_any_revision_has_weight(world: World) -> None:
    world.start(churn(world.backend(V1)))

    assert world.ask(revision=V1).revision == V1


def test_an_unknown_revision_in_the_header_is_a_404_that_names_those_live(world: World) -> None:
    world.start(churn(world.backend(V1), world.backend(V2), v1=100))

    reply = world.ask(revision="churn-v9-999999")

    assert (reply.status, reply.revision) == (404, None)
    assert reply.error.endswith(f"live: {V1}, {V2}")


def test_a_revision_of_another_deployment_is_unknown(world: World) -> None:
    other = world.backend(RevisionId("fraud-v1-eeeeee"))
    fraud = Deployment(Name("fraud"), Route(weights={other.revision: 100}), (other,))
    world.start(churn(world.backend(V1), v1=100), fraud)

    assert world.ask(revision=other.revision).status == 404


def test_a_deployment_without_weight_is_a_503_that_says_so(world: World) -> None:
    world.start(churn(world.backend(V1)))

    reply = world.ask()

    assert (reply.status, reply.revision) == (503, None)
    assert reply.error == "churn serves nothing yet: none of its revisions has weight"


def test_what_a_server_says_of_its_revision_is_overwritten(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))

    replies = [world.ask(do=status) for status in ("200", "404", "500")]

    assert [(reply.status, reply.revision) for reply in replies] == [(200, V1), (404, V1), (500, V1)]


def test_replicas_take_turns(world: World) -> None:
    world.start(churn(world.backend(V1, replicas=2), v1=100))

    served = [world.ask().body for _ in range(4)]

    assert served == [b'{"served": 0}', b'{"served": 0}', b'{"served": 1}', b'{"served": 1}']


def test_a_request_of_twenty_megabytes_passes(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))

    assert world.ask(body=b"x" * 20_000_000).status == 200
