"""V1, V2 and readiness under the deployment's name, at the stable address, whoever serves."""

import http.client
import json

import pytest

from tests.together.product import Product

pytestmark = pytest.mark.quick


def ask(product: Product, path: str, body: object = None) -> tuple[int, object, str | None]:
    """The status, the JSON and the revision of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", product.local.port, timeout=10)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request("POST" if sent else "GET", path, sent, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), answer.headers["x-platformctl-revision"]
    finally:
        connection.close()


def test_both_protocols_and_readiness_go_by_the_deployments_name(product: Product) -> None:
    product.deploy(7)
    revision, name = product.revision(7), product.name
    assert ask(product, f"/v1/models/{name}:predict", {"instances": [[1.0], [2.0]]}) == (
        200,
        {"predictions": [7, 7]},
        revision,
    )
    tensor = {"name": "x", "shape": [2, 1], "datatype": "FP64", "data": [1.0, 2.0]}
    status, answer, who = ask(product, f"/v2/models/{name}/infer", {"inputs": [tensor]})
    assert (status, who) == (200, revision)
    assert isinstance(answer, dict)
    assert answer["model_name"] == name
    assert [output["data"] for output in answer["outputs"]] == [[7, 7]]
    assert ask(product, f"/v1/models/{name}") == (200, {"name": name, "ready": True}, revision)
    assert ask(product, f"/v2/models/{name}/ready")[0] == 200
    assert ask(product, f"/v2/models/{name}")[0] == 200
    status, answer, who = ask(product, "/v1/models/nobody:predict", {"instances": [[1.0]]})
    assert (status, who) == (404, None)
