import json
from typing import Any

import httpx
import numpy as np
import pytest

from tests.conformance.pair import Pair, meaning

pytestmark = pytest.mark.quick

ROW = {"age": 45, "income": 2.5, "rate": 0.25, "plan": "basic", "active": True}
YOUNG = {"age": 22, "income": 1.5, "rate": 0.75, "plan": "plus", "active": False}
NAMES = list(ROW)
DATATYPES = dict(zip(NAMES, ["INT64", "FP64", "FP32", "BYTES", "BOOL"], strict=True))
V1, V2 = "/v1/models/{}:predict", "/v2/models/{}/infer"
EVENT = {"specversion": "1.0", "id": "7", "source": "test", "type": "rows", "time": "2024-01-05T00:00:00Z"}

V1_ROWS: dict[str, tuple[str, list[Any]]] = {
    "by name": ("frame", [ROW]),
    "in another order": ("frame", [{name: ROW[name] for name in reversed(NAMES)}]),
    "by position": ("frame", [list(ROW.values()), list(YOUNG.values())]),
    "several": ("frame", [ROW, YOUNG] * 25),
    "unknown category": ("frame", [{**ROW, "plan": "Größe 年齢 \U0001f600"}]),
    "integers for floats": ("frame", [{**ROW, "income": 2, "rate": 1}]),
    "large numbers": ("frame", [{**ROW, "age": 2**53, "income": 1e300, "rate": 3e38}]),
    "an array": ("array", [[1.5, 2.5]]),
    "several arrays": ("array", [[float(i), -i / 7] for i in range(40)]),
    "integers in an array": ("array", [[1, 2], [3, 4]]),
}


@pytest.mark.parametrize("name", V1_ROWS)
def test_v1(both: Pair, name: str) -> None:
    model, rows = V1_ROWS[name]
    stock, ours = map(meaning, both.ask(model, "POST", V1, json={"instances": rows}))
    assert len(stock["predictions"]) == len(rows)
    assert name != "several" or set(stock["predictions"]) == {0, 1}
    assert ours.keys() == stock.keys()
    assert np.array_equal(ours["predictions"], stock["predictions"]) or np.allclose(
        ours["predictions"], stock["predictions"], rtol=1e-15, atol=0
    )  # a BLAS rounds sums of several rows as it likes


def columns(*rows: dict[str, Any], shape: int = 1) -> list[dict[str, Any]]:
    """One tensor a column, of one or two dimensions."""
    sizes = [len(rows), 1][:shape]
    return [
        {"name": name, "shape": sizes, "datatype": DATATYPES[name], "data": [row[name] for row in rows]}
        for name in NAMES
    ]


def matrix(datatype: str, data: Any, rows: int = 2) -> list[dict[str, Any]]:
    return [{"name": "x", "shape": [rows, 2], "datatype": datatype, "data": data}]


V2_REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a row": ("frame", {"inputs": columns(ROW)}),
    "several rows": ("frame", {"inputs": columns(*[ROW, YOUNG] * 20)}),
    "two dimensions": ("frame", {"inputs": columns(ROW, YOUNG, shape=2)}),
    "tensors in another order": ("frame", {"inputs": columns(ROW)[::-1]}),
    "an id": ("frame", {"id": "abc-1", "inputs": columns(ROW)}),
    "parameters": ("frame", {"inputs": columns(ROW), "parameters": {"a": 1, "b": "x"}}),
    "parameters of tensors": ("frame", {"inputs": [{**t, "parameters": {"a": 1}} for t in columns(ROW)]}),
    "requested outputs": ("frame", {"inputs": columns(ROW), "outputs": [{"name": "predict"}]}),
    "FP64": ("array", {"inputs": matrix("FP64", [1.5, 2, 3, 4])}),
    "FP32": ("array", {"inputs": matrix("FP32", [0.1, 0.2, 0.3, 0.4])}),
    "INT64": ("array", {"inputs": matrix("INT64", [1, 2, 3, 4])}),
    "INT8": ("array", {"inputs": matrix("INT8", [1, -2, 3, 4])}),
    "UINT32": ("array", {"inputs": matrix("UINT32", [1, 2, 3, 2**32 - 1])}),
    "nested": ("array", {"inputs": matrix("FP64", [[1.5, 2], [3, 4]])}),
    "many": ("array", {"inputs": matrix("FP64", [i / 7 for i in range(80)], 40)}),
}


@pytest.mark.parametrize("name", V2_REQUESTS)
def test_v2(both: Pair, name: str) -> None:
    model, request = V2_REQUESTS[name]
    stock, ours = both.ask(model, "POST", V2, json=request)
    assert same(meaning(stock, given_id="id" in request), meaning(ours, given_id="id" in request))


def same(stock: Any, ours: Any) -> bool:
    """Whether two meanings are one, but for the last bit of a sum."""
    assert stock[0] == 200, stock
    (*before, [(name, shape, datatype, data)]), (*ours_before, [ours_output]) = stock, ours
    assert (before, (name, shape, datatype)) == (ours_before, ours_output[:3])
    return bool(np.allclose(data, ours_output[3], rtol=1e-15, atol=0))


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        (V1, {"instances": [ROW]}, "application/json"),
        (V1, {"instances": [ROW]}, ""),
        (V2, {"inputs": columns(ROW)}, "application/json"),
        (V2, {"inputs": columns(ROW)}, "application/json; charset=utf-8"),
        (V2, {"inputs": columns(ROW)}, "application/vnd.api+json"),
    ],
)
def test_content_types(both: Pair, path: str, body: Any, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    stock, ours = both.ask("frame", "POST", path, content=json.dumps(body).encode(), headers=headers)
    assert stock.status_code == 200, stock.text
    assert meaning(stock) == meaning(ours)
    assert ours.headers["content-type"] == stock.headers["content-type"] == "application/json"


def test_unicode_comes_as_it_is_or_escaped(both: Pair) -> None:
    rows = {"instances": [{**ROW, "plan": "ünï\U0001f600"}]}
    for content in (json.dumps(rows).encode(), json.dumps(rows, ensure_ascii=False).encode()):
        stock, ours = map(meaning, both.ask("frame", "POST", V1, content=content))
        assert stock == ours


def test_binary_inputs_and_outputs(both: Pair) -> None:
    values = np.array([[1.5, 2.5], [3, 4]])
    tensor = {"name": "x", "shape": [2, 2], "datatype": "FP64", "parameters": {"binary_data_size": 32}}
    for parameters in ({}, {"binary_data_output": True}):
        head = json.dumps({"id": "b", "inputs": [tensor], "parameters": parameters}).encode()
        headers = {
            "inference-header-content-length": str(len(head)),
            "content-type": "application/octet-stream",
        }
        stock, ours = both.ask("array", "POST", V2, content=head + values.tobytes(), headers=headers)
        assert meaning(stock, given_id=True)[0] == 200
        assert meaning(stock, given_id=True) == meaning(ours, given_id=True)
        assert ("inference-header-content-length" in ours.headers) == bool(parameters)


def test_cloud_events_in_headers(both: Pair) -> None:
    headers = {f"ce-{name}": value for name, value in EVENT.items()}
    stock, ours = both.ask("frame", "POST", V1, json={"instances": [ROW]}, headers=headers)
    assert _event(stock, stock.json()) == _event(ours, ours.json())
    assert stock.json() == {"predictions": [1]}


def test_cloud_events_in_the_body(both: Pair) -> None:
    event = {**EVENT, "data": {"instances": [ROW]}}
    headers = {"content-type": "application/cloudevents+json"}
    stock, ours = both.ask("frame", "POST", V1, content=json.dumps(event).encode(), headers=headers)
    assert _event(stock, stock.json()) == _event(ours, ours.json())
    assert stock.json()["data"] == {"predictions": [1]}


def _event(answer: httpx.Response, said: dict[str, Any]) -> Any:
    """All of an event but its own id and time."""
    assert answer.status_code == 200, answer.text
    marks = {name: value for name, value in answer.headers.items() if name.startswith("ce-")}
    own = {"ce-id", "ce-time", "id", "time"}
    assert bool(marks.keys() & own) or bool(said.keys() & own)
    return [{k: v for k, v in each.items() if k not in own} for each in (marks, said)]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/v1/models", "/v1/models/{}", "/v2", "/v2/models", "/v2/models/{}/ready"),
        *("/v2/health/live", "/v2/health/ready"),
    ],
)
def test_what_is_there_and_ready(both: Pair, path: str) -> None:
    stock, ours = both.ask("frame", "GET", path)
    assert ours.status_code == stock.status_code == 200
    said, expected = ours.json(), stock.json()
    for document in (said, expected):
        if isinstance(document, dict) and isinstance(document.get("models"), list):
            document["models"] = ["frame"]  # the stock server has both models, ours one
    assert said == expected or (path == "/v2" and said.keys() == expected.keys())
    if path == "/v2/models":
        assert "frame" in json.dumps(said)


def test_metadata_names_the_model(both: Pair) -> None:
    stock, ours = (answer.json() for answer in both.ask("frame", "GET", "/v2/models/{}"))
    assert ours.keys() == stock.keys()
    assert (ours["name"], ours["platform"]) == (stock["name"], stock["platform"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", path) for path in ("/nowhere", "/v1/models/other", "/v2/models/other", V2)),
        *(("POST", path) for path in ("/v1/models/{}", "/v2/health/ready", "/nowhere")),
        *(("PUT", path) for path in (V1, V2)),
        *(("POST", path) for path in ("/v2/models/{}/versions/1/infer", "/v1/models/other:explain")),
    ],
)
def test_what_is_not_there_has_the_same_status(both: Pair, method: str, path: str) -> None:
    body = {"json": {"inputs": columns(ROW)}} if method == "POST" else {}
    stock, ours = both.ask("frame", method, path, **body)
    assert ours.status_code == stock.status_code >= 400, (stock.text, ours.text)
