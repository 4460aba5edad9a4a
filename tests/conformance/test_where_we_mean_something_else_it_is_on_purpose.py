"""The table of what ours answers in another way than kserve, each with its reason, and each asserted."""

import json
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from tests.conformance.pair import Pair
from tests.conformance.test_valid_requests_mean_the_same_to_kserve_and_to_us import (
    ROW,
    V1,
    V2,
    columns,
    matrix,
)
from tests.serving.process import READY_S

pytestmark = pytest.mark.quick


@dataclass(frozen=True)
class Case:
    """One request, and what the two say.

    Args:
        stock: kserve's status.
        ours: Our status.
        why: Ours is another one, or says more.
        path: Of the request.
        body: As JSON, or as bytes.
        headers: More of them.
        model: Which one is asked.
        method: Of HTTP; what is no POST has no body.
    """

    stock: int
    ours: int
    why: str
    path: str
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    model: str = "frame"
    method: str = "POST"


def rows(*given: Any) -> dict[str, Any]:
    return {"instances": list(given)}


def event(kind: str) -> dict[str, str]:
    return {"content-type": kind}


MISTAKE = "a caller's mistake is a 400: a 5xx would make a rollout turn back, and a caller try again"
STRICT = "what the signature does not allow is a 400: kserve's model gets it, and answers anything"
JSON = "JSON is JSON, whatever its parameters; curl sends a form's type"
CASES = {
    "not JSON": Case(400, 400, MISTAKE, V1, b"{"),
    "not JSON, V2": Case(422, 400, MISTAKE, V2, b"{"),
    "no instances": Case(500, 400, MISTAKE, V1, {"rows": []}),
    "a list": Case(500, 400, MISTAKE, V1, []),
    "a missing column": Case(500, 400, MISTAKE, V1, rows({"age": 1})),
    "too few values": Case(500, 400, MISTAKE, V1, rows([1, 2])),
    "text for a number": Case(500, 400, MISTAKE, V1, rows({**ROW, "age": "old"})),
    "text that is a number": Case(200, 400, STRICT, V1, rows({**ROW, "age": "45"})),
    "half a year": Case(200, 400, STRICT, V1, rows({**ROW, "age": 45.5})),
    "true for a number": Case(200, 400, STRICT, V1, rows({**ROW, "age": True})),
    "null for an integer": Case(500, 400, MISTAKE, V1, rows({**ROW, "age": None})),
    "a number for a text": Case(500, 400, MISTAKE, V1, rows({**ROW, "plan": 5})),
    "no rows": Case(500, 200, "no rows are no predictions", V1, rows()),
    "no rows of arrays": Case(500, 200, "no rows are no predictions", V1, rows(), model="array"),
    "arrays of two lengths": Case(500, 400, MISTAKE, V1, rows([1, 2], [3]), model="array"),
    "no inputs": Case(422, 400, MISTAKE, V2, {}),
    "inputs of another type": Case(422, 400, MISTAKE, V2, {"inputs": 1}),
    "a missing tensor": Case(500, 400, MISTAKE, V2, {"inputs": columns(ROW)[:2]}),
    "too few values in a tensor": Case(500, 400, MISTAKE, V2, {"inputs": matrix("FP64", [1])}, model="array"),
    "another datatype": Case(500, 400, MISTAKE, V2, {"inputs": matrix("FP64", ["a"] * 4)}, model="array"),
    "an output that is not there": Case(
        200, 400, STRICT, V2, {"inputs": columns(ROW), "outputs": [{"name": "x"}]}
    ),
    "a charset": Case(500, 200, JSON, V1, rows(ROW), event("application/json; charset=utf-8")),
    "a kind of JSON": Case(500, 200, JSON, V1, rows(ROW), event("application/vnd.api+json")),
    "a form": Case(500, 200, JSON, V1, rows(ROW), event("application/x-www-form-urlencoded")),
    "a text": Case(500, 415, MISTAKE, V1, rows(ROW), event("text/plain")),
    "a form, V2": Case(
        400, 200, JSON, V2, {"inputs": columns(ROW)}, event("application/x-www-form-urlencoded")
    ),
    "no type, V2": Case(400, 200, JSON, V2, {"inputs": columns(ROW)}, event("")),
    "a text, V2": Case(400, 415, MISTAKE, V2, {"inputs": columns(ROW)}, event("text/plain")),
    "binary of a length that is none": Case(
        500,
        400,
        MISTAKE,
        V2,
        b"{}",
        {"inference-header-content-length": "x", **event("application/octet-stream")},
    ),
    "GET of a prediction": Case(404, 405, "the route is there", V1, None, method="GET"),
}


@pytest.mark.parametrize("name", CASES)
def test_http(both: Pair, name: str) -> None:
    case = CASES[name]
    content = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    given = {"content-type": "application/json", **case.headers}
    headers = {name: value for name, value in given.items() if value}
    headers["connection"] = "close"  # as kserve does after a 500
    options = {"content": content, "headers": headers} if case.method == "POST" else {}
    stock, ours = both.ask(case.model, case.method, case.path, **options)
    assert (stock.status_code, ours.status_code) == (case.stock, case.ours), (stock.text, ours.text)


@pytest.mark.parametrize("verb", ["load", "unload"])
def test_nobody_may_load_or_unload(both: Pair, verb: str) -> None:
    """One process serves one revision: whoever may ask must not be able to take it away."""
    assert both.ours.ask("frame", "POST", f"/v2/repository/models/{{}}/{verb}").status_code == 501
    assert both.ours.ask("frame", "GET", "/v2/models/{}/ready").status_code == 200
    assert both.stock.ask("frame", "POST", "/v2/repository/models/other/unload").status_code == 404


def test_an_id_is_given_back_and_none_is_made_up(both: Pair) -> None:
    """Who needs one has `x-request-id`, which also comes back."""
    stock, ours = both.ask("frame", "POST", V2, json={"inputs": columns(ROW)})
    assert stock.json()["id"]
    assert "id" not in ours.json()


def test_metadata_says_what_the_model_takes(both: Pair) -> None:
    """A stock server says so only where the model's author has written it down once more."""
    stock, ours = (answer.json() for answer in both.ask("frame", "GET", "/v2/models/{}"))
    assert stock["inputs"] == []
    assert [tensor["name"] for tensor in ours["inputs"]] == list(ROW)


def test_fields_that_are_null_are_left_out(both: Pair) -> None:
    stock, ours = both.ask("frame", "POST", V2, json={"inputs": columns(ROW), "id": "a"})
    assert {name for name, value in stock.json().items() if value is None} == {"model_version", "parameters"}
    assert ours.json().keys() == {"model_name", "id", "outputs"}


_tensor = pb.ModelInferRequest.InferInputTensor
METHOD = "/inference.GRPCInferenceService/ModelInfer"
GRPC_CASES = {
    "no tensors": pb.ModelInferRequest(model_name="frame"),
    "a tensor without values": pb.ModelInferRequest(
        model_name="array", inputs=[_tensor(name="x", datatype="FP64", shape=[1, 2])]
    ),
}


@pytest.mark.parametrize("name", GRPC_CASES)
def test_a_callers_mistake_is_no_internal_error(both: Pair, name: str) -> None:
    request = GRPC_CASES[name]
    stock, ours = (code(side.grpc[request.model_name], request) for side in (both.stock, both.ours))
    assert (stock, ours) == ("INTERNAL", "INVALID_ARGUMENT")


def code(channel: grpc.Channel, request: Any) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(METHOD)(request.SerializeToString(), timeout=READY_S)
    return str(caught.value.code().name)
