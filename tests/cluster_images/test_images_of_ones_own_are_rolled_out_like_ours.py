"""A predictor of one's own that speaks V1 or V2 alone, and a transformer of one's own, on a real cluster."""

import http.client
import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest

from platformctl.adapters.cluster.observing.servers import NO_HEADER, NO_METRICS
from platformctl.domain.components import Image
from platformctl.domain.deployment import ModelDeployment
from tests.cluster import image_names
from tests.cluster_load.shop import CHURN, Shop

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

_COMMAND = ("python3", "-c", Path(__file__).with_name("server.py").read_text())
_PAGES = {"v1": f"/v1/models/{CHURN}:predict", "v2": f"/v2/models/{CHURN}/infer"}
Protocol = Literal["v1", "v2"]


def _image(protocol: Protocol) -> Image:
    return Image(
        image=image_names.PYTHON, args=_COMMAND, env={"SPEAKS": protocol}, protocol=protocol, model=False
    )


def _spec(shop: Shop, protocol: Protocol, *, transformed: bool = False) -> ModelDeployment:
    transformer = _image(protocol) if transformed else None
    return shop.spec().with_spec(predictor=_image(protocol), transformer=transformer)


def _ask(shop: Shop, protocol: Protocol) -> dict[str, Any]:
    gateway = urlsplit(shop.stack.gateway)
    connection = http.client.HTTPConnection(gateway.hostname or "", gateway.port or 80, timeout=30)
    with closing(connection):
        headers = {"host": shop.seen.host or "", "content-type": "application/json"}
        connection.request("POST", _PAGES[protocol], b'{"instances": [[1]]}', headers)
        answer = connection.getresponse()
        body = answer.read()
    assert answer.status == 200, body
    found: dict[str, Any] = json.loads(body)
    return found


def _who(shop: Shop, protocol: Protocol, requests: int = 60) -> Counter[str]:
    return Counter(_ask(shop, protocol)["predictions"][0] for _ in range(requests))


@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_a_predictor_is_rolled_out_and_back(shop: Shop, protocol: Protocol) -> None:
    spec = _spec(shop, protocol)
    shop.deploy(spec, 1)
    first = shop.stable
    shop.deploy(spec, 2, canary=50)
    second = shop.canary
    assert set(_who(shop, protocol)) == {first, second}
    shop.promote()
    assert set(_who(shop, protocol, 10)) == {second}
    seen = shop.seen
    assert {NO_METRICS, NO_HEADER} == set(seen.revisions[second].lacks)
    shop.rollback()
    assert set(_who(shop, protocol, 10)) == {first}
    shop.prune()
    assert set(shop.seen.revisions) == {first}


def test_each_transformer_asks_the_predictor_of_its_own_revision(shop: Shop) -> None:
    spec = _spec(shop, "v1", transformed=True)
    shop.deploy(spec, 1)
    shop.deploy(spec, 2, canary=50)
    answers = [_ask(shop, "v1") for _ in range(60)]
    pairs = {(answer["through"], answer["predictions"][0]) for answer in answers}
    assert pairs == {(revision, revision) for revision in (shop.stable, shop.canary)}
    shop.promote()
    assert _ask(shop, "v1")["through"] == shop.stable
    assert {NO_METRICS, NO_HEADER} == set(shop.seen.revisions[shop.stable].lacks)
