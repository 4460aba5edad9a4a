"""Two GPUs, and a deployment that has both: on a real cluster, under load."""

import json
import uuid
from collections.abc import Iterator

import pytest

from platformctl.adapters.cluster.api import kinds
from platformctl.adapters.cluster.api.objects import mapping, name
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import SpecError
from platformctl.domain.resources import Gpu, Resources
from platformctl.domain.version_ref import Exact
from platformctl.usecases.deploy import DeployRequest, deploy
from tests.cluster_load.shop import CHURN, Shop, eventually

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


@pytest.fixture
def gpus(shop: Shop) -> Iterator[str]:
    """A resource of which the node has two, as a device plugin of NVIDIA's would announce it."""
    resource = f"nvidia.com/test-{uuid.uuid4().hex[:6]}"
    node = name(shop.api.list(kinds.NODE)[0])
    _announce(shop, node, resource, "2")
    eventually(lambda: resource in mapping(shop.api.list(kinds.NODE)[0], "status", "allocatable"), resource)
    yield resource
    shop.delete()
    _announce(shop, node, resource, None)


def _announce(shop: Shop, node: str, resource: str, count: str | None) -> None:
    body = json.dumps({"status": {"capacity": {resource: count}, "allocatable": {resource: count}}})
    headers = {"content-type": "application/merge-patch+json"}
    path = f"{kinds.NODE.path(None, node)}/status"
    reply = shop.api.raw("PATCH", path, body=body.encode(), headers=headers)
    assert reply.status == 200, reply.body


def _spec(shop: Shop, resource: str) -> ModelDeployment:
    resources = Resources(cpu="0.1", memory="64Mi", gpu=Gpu(count=1, resource=resource))
    return shop.spec(min=2).with_spec(resources=resources)


def _deploy(shop: Shop, spec: ModelDeployment, version: int, *, staged: bool = False) -> None:
    request = DeployRequest(CHURN, spec=spec, version=Exact(version), staged=staged)
    deploy(shop.world(), request)


def test_refused_by_default_and_shifted_in_stages_where_a_person_says_so(shop: Shop, gpus: str) -> None:
    spec = _spec(shop, gpus)
    _deploy(shop, spec, 1)
    first = shop.stable
    with shop.load("wait 20", seconds=400, connections=4) as load:
        with pytest.raises(SpecError, match="do not fit") as refused:
            _deploy(shop, spec, 2)
        assert "--gpu-shift staged" in (refused.value.hint or "")
        assert list(shop.seen.revisions) == [first]
        _deploy(shop, spec, 2, staged=True)
        load.until(load.tally.answered + 200)
    second = shop.stable
    assert load.tally.lost == []
    assert second != first
    eventually(lambda: len(shop.pods(second)) == 2, "the new one has both")
    assert list(shop.seen.revisions) == [second]
