import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.serving.gate import Gated, gated
from tests.serving.process import REVISION, Server, wait_for

pytestmark = pytest.mark.quick

V1, V2 = "/v1/models/churn:predict", "/v2/models/churn/infer"
ROW = {"age": 30, "income": 2.5, "plan": "basic", "active": True, "since": "2024-01-01"}


@pytest.fixture(scope="module")
def headed() -> Iterator[Gated]:
    with TemporaryDirectory(prefix="srv") as name, gated(Path(name), "Headed", access_log=1.0) as gate:
        yield gate


def columns(row: dict[str, object]) -> list[dict[str, object]]:
    types = {"age": "INT64", "income": "FP64", "active": "BOOL"}
    return [
        {"name": name, "shape": [1], "datatype": types.get(name, "BYTES"), "data": [value]}
        for name, value in row.items()
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        None,
    ],
)
def test_json_by_its_usual_names_is_read(skops_server: Server, kind: str | None) -> None:
    request = skops_server.http.build_request("POST", V1, content=json.dumps({"instances": [ROW]}))
    request.headers.pop("content-type", None)
    if kind:
        request.headers["content-type"] = kind
    assert skops_server.http.send(request).json() == {"predictions": [0]}


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "json"])
@pytest.mark.parametrize("path", [V1, V2])
def test_another_type_is_a_415(skops_server: Server, path: str, kind: str) -> None:
    answer = skops_server.http.post(path, content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 415
    assert answer.json() == {"error": f"application/json is expected, not {kind}"}


def test_a_compressed_body_is_a_415(skops_server: Server) -> None:
    answer = skops_server.http.post(V1, content=b"{}", headers={"content-encoding": "gzip"})
    assert answer.status_code == 415


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
def test_another_method_is_a_405_that_names_the_right_one(
    skops_server: Server, path: str, method: str
) -> None:
    answer = skops_server.http.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/v1/models/other:predict", "/v2/models/other/infer"])
def test_another_model_is_a_404_whatever_the_body(skops_server: Server, path: str) -> None:
    answer = skops_server.http.post(path, content=b"{")
    assert (answer.status_code, answer.json()) == (404, {"error": "there is no model other here"})


@pytest.mark.parametrize("path", [V1, V2, "/v2/health/ready", "/nowhere"])
def test_a_request_id_comes_back_on_every_answer(skops_server: Server, path: str) -> None:
    answer = skops_server.http.post(path, content=b"{}", headers={"x-request-id": "id 1"})
    assert answer.headers.get_list("x-request-id") == ["id 1"]


def test_about_says_what_serves_and_why(skops_server: Server) -> None:
    answer = skops_server.http.get("/platformctl/about")
    about = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert (about["model"], about["revision"]) == ("churn", REVISION)
    assert about["runtime"] in {"fused", "pipeline"}
    assert "model.skops" in about["why"]
    assert all(way.keys() == {"runtime", "needs"} for way in about["faster"])
    assert about["batch"] == {"rows": 64, "by_row": True}
    assert (about["gpu"], about["transformer"]) == (0, None)
    assert about["signature"]["columns"][0] == {"name": "age", "type": "long", "required": True}
    assert {"python", "platformctl-predictors", "kserve", "scikit-learn"} <= about["libraries"].keys()
    assert "mlflow" not in about["libraries"]


def test_v2_gives_back_the_id_and_the_outputs_that_are_asked_for(skops_server: Server) -> None:
    answer = skops_server.v2(*columns(ROW), id="42", outputs=[{"name": "predict"}]).json()
    tensor = {"name": "predict", "shape": [1], "datatype": "INT64", "data": [0]}
    assert answer == {"model_name": "churn", "id": "42", "outputs": [tensor]}
    refused = skops_server.v2(*columns(ROW), outputs=[{"name": "nothing"}])
    assert refused.status_code == 400
    assert "there is no output 'nothing'; there is \"predict\"" in refused.json()["error"]


def test_binary_outputs_are_left_to_kserve(skops_server: Server) -> None:
    wanted = {"binary_data_output": True}
    answer = skops_server.v2(*columns(ROW), parameters=wanted)
    length = int(answer.headers["inference-header-content-length"])
    assert json.loads(answer.content[:length])["outputs"][0]["name"] == "predict"
    assert answer.content[length:] == bytes(8)


def test_a_cloud_event_is_left_to_kserve(skops_server: Server) -> None:
    event = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "test", "ce-type": "rows"}
    answer = skops_server.v1([ROW], **event, **{"x-request-id": "r"})
    assert (answer.status_code, answer.json()) == (200, {"predictions": [0]})
    assert answer.headers["ce-specversion"] == "1.0"
    assert answer.headers["x-request-id"] == "r"


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ([], "the body must be a JSON object"),
        ({"inputs": {}}, 'the body needs "inputs", a list of tensors'),
        ({"inputs": [], "id": 4}, '"id" must be a string, not 4'),
        ({"inputs": [], "parameters": []}, '"parameters" must be an object, not []'),
        ({"inputs": [], "outputs": "x"}, "\"outputs\" must be a list, not 'x'"),
        ({"inputs": [], "outputs": [{}]}, "outputs.0.name must be a string"),
        ({"inputs": [1]}, "inputs.0 must be an object with name, shape, datatype and data, not 1"),
        ({"inputs": [{"name": 1}]}, "inputs.0.name must be a string, not 1"),
        ({"inputs": [{"name": "a", "shape": [True]}]}, "inputs.0.shape must be a list of integers"),
        ({"inputs": [{"name": "a", "shape": [1]}]}, "inputs.0.datatype must be a string, not null"),
        (
            {"inputs": [{"name": "a", "shape": [1], "datatype": "INT64", "data": 5}]},
            "inputs.0.data must be a list, not 5",
        ),
    ],
)
def test_what_is_no_v2_request_is_a_400_that_names_the_field(
    skops_server: Server, body: object, complaint: str
) -> None:
    answer = skops_server.http.post(V2, json=body)
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]


def test_large_bodies_are_answered_like_small_ones(skops_server: Server) -> None:
    rows = [{**ROW, "age": 20 + index % 40} for index in range(5000)]
    assert len(json.dumps(rows)) > 256 * 1024
    answer = skops_server.v1(rows).json()
    assert answer == {"predictions": [int(row["age"] >= 40) for row in rows]}  # type: ignore[operator]


def test_a_models_own_headers_are_sent_and_cannot_break_the_answer(headed: Gated) -> None:
    good = headed.server.v1([{"X-Served-By": "me", "Content-Length": "9", "Connection": "upgrade"}])
    assert (good.json(), good.headers["x-served-by"]) == ({"predictions": ["done"]}, "me")
    for bad in ({"x-a": "1\r\nx-evil: 2"}, {"x a": "1"}, {"x-a": "\u20ac"}):
        answer = headed.server.v1([bad])
        assert (answer.status_code, "x-evil" in answer.headers) == (500, False)


def test_the_access_log_is_a_line_of_json(headed: Gated) -> None:
    headed.server.v1([{}], **{"x-request-id": "r-7", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    wait_for(lambda: '"r-7"' in headed.server.log.read_text())  # the answer is sent first
    lines = [json.loads(line) for line in headed.server.log.read_text().splitlines() if line[0] == "{"]
    (line,) = [line for line in lines if line["request_id"] == "r-7"]
    assert line.keys() == {
        *("time", "request_id", "trace_id", "protocol", "rows", "code", "milliseconds", "revision")
    }
    assert (line["trace_id"], line["protocol"], line["code"]) == ("a" * 32, "v1", "200")
    assert line["revision"] == REVISION
    assert line["milliseconds"] > 0


def test_each_connection_stays_open_after_a_mistake(skops_server: Server) -> None:
    for content in (b"{", b'{"instances": 3}', b'{"instances": []}'):
        answer = skops_server.http.post(V1, content=content)
        assert "connection" not in answer.headers
