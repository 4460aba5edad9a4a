"""On a real cluster, as the command line has it: each client finds the mode that a deployment has."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.kinds import CONFIG_MAP, HTTP_ROUTE
from platformctl.adapters.cluster.checking.discovery import new_mode
from platformctl.domain.cluster import Mode
from platformctl.domain.errors import Refused
from platformctl.domain.observed import Scope
from platformctl.usecases import read
from tests.cluster.models import Models
from tests.cluster.stack import Stack
from tests.cluster_load.shop import CHURN, Shop, register

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

Client = Callable[[str], Shop]


@pytest.fixture
def client(  # noqa: PLR0913, PLR0917 - fixtures
    knative: object,  # noqa: ARG001 - it has to be there
    kubeconfig: Path,
    namespace: str,
    stack: Stack,
    models: Models,
    tmp_path: Path,
) -> Iterator[Client]:
    """Makes a client whose context says that mode; all work on the same deployment."""
    model = f"churn-{namespace}"
    register(stack, model, models.proxied)

    def made(mode: str) -> Shop:
        (folder := tmp_path / mode).mkdir(exist_ok=True)
        shop = Shop(folder, kubeconfig, namespace, stack, model, mode=mode)
        shop.prepare()
        return shop

    yield made
    made("auto").delete()


def seen(shop: Shop) -> dict[str, int]:
    """The shares, as `status` and `list` say them."""
    status = read.status(shop.world(), CHURN)
    assert [found.route for found in read.deployments(shop.world(), Scope())] == [status.observed.route]
    return {str(who): share for who, share in status.observed.route.weights.items()}


def test_each_client_goes_by_what_is_there(client: Client) -> None:
    auto, standard, knative = map(client, ("auto", "standard", "knative"))
    spec = auto.spec()

    auto.deploy(spec, 1)
    assert auto.api.get(HTTP_ROUTE, CHURN) is not None, "Standard is the cluster's default"
    assert list(seen(knative).values()) == [100]
    with pytest.raises(Refused, match="churn is in Standard mode, and Knative mode is chosen"):
        knative.deploy(spec, 2)
    standard.deploy(spec, 2, canary=10)
    assert sorted(seen(knative).values()) == [10, 90]
    knative.rollback()
    assert list(seen(auto).values()) == [100]
    assert knative.world().target.capabilities(CHURN).target.endswith("Knative mode)"), "not asked yet"
    knative.delete()
    assert standard.api.get(HTTP_ROUTE, CHURN) is None

    knative.deploy(spec, 1)
    assert knative.api.get(CONFIG_MAP, f"{CHURN}-rollout") is not None
    assert knative.api.get(HTTP_ROUTE, CHURN) is None
    assert list(seen(standard).values()) == [100]
    with pytest.raises(Refused, match="churn is in Knative mode, and Standard mode is chosen"):
        standard.deploy(spec, 2)
    auto.deploy(spec, 2, canary=10)
    assert sorted(seen(standard).values()) == [10, 90]
    auto.promote()
    standard.delete()
    assert read.deployments(auto.world(), Scope()) == []


def test_the_default_that_is_asked_of_the_cluster_is_kserves(client: Client) -> None:
    assert new_mode(client("auto").api) is Mode.STANDARD
