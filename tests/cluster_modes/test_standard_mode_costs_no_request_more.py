import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.by_mode import ByMode, Choice
from platformctl.adapters.cluster.target import ClusterTarget
from platformctl.adapters.cluster.traffic.serving import Traffic
from platformctl.domain.cluster import Mode
from platformctl.ports import Target
from tests.cluster_checks.conftest import SHAPE, Server
from tests.cluster_modes.conftest import HTTP_ROUTE, RECORD, SERVICES, services
from tests.cluster_target.routes import recorded
from tests.fakes.values import CHURN, revision, steady

pytestmark = pytest.mark.quick

PODS = "/api/v1/namespaces/models/pods"
ROLLOUT = steady(revision(1))


def standard(api: Api) -> ClusterTarget:
    return ClusterTarget(api, SHAPE, Traffic(api, SHAPE.gateway), "ada")


def by_mode(api: Api, chosen: Mode | None = None) -> ByMode:
    def knative() -> Target:
        return standard(api)

    def default() -> Mode:
        raise AssertionError("the default is for new deployments")

    made = {Mode.STANDARD: lambda: standard(api), Mode.KNATIVE: knative}
    return ByMode(api, made, Choice(chosen, "flag --mode", default))


@pytest.fixture
def deployed(server: Server) -> None:
    server.answers[HTTP_ROUTE] = (200, recorded(ROLLOUT))
    server.answers[SERVICES] = services()
    server.answers[PODS] = (200, {"items": []})


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("chosen", [None, Mode.STANDARD])
def test_looking_at_it(api: Api, server: Server, chosen: Mode | None) -> None:
    plain, target = standard(api), by_mode(api, chosen)
    for _ in range(2):
        expected, asked = plain.observe(CHURN), sorted(server.asked)
        server.asked.clear()
        assert target.observe(CHURN) == expected
        assert sorted(server.asked) == asked
        server.asked.clear()
    assert expected.rollout == ROLLOUT
    assert RECORD not in asked


@pytest.mark.usefixtures("deployed")
def test_what_knows_not_yet_asks_one_thing(api: Api, server: Server) -> None:
    target = by_mode(api)
    target.room(revision(1))
    assert server.asked == [HTTP_ROUTE]
    target.room(revision(1))
    assert server.asked == [HTTP_ROUTE]
