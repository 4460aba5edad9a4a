"""Each is a 400 that says what is wrong, over V1 and over V2."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving.suspect import ROW, V1, V2, Suspect, suspect

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Suspect]:
    with suspect(models / "skops") as running:
        yield running
        running.answers()


def post(server: Suspect, path: str, content: bytes, **headers: str) -> httpx.Response:
    return server.server.http.post(path, content=content, headers=headers)


def complaint(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error"}
    return str(answer.json()["error"])


DEEP = 100_000
NOT_JSON = {
    "nothing": b"",
    "half": b'{"instances": [',
    "two documents": b'{"instances": []} {}',
    "a comma too many": b'{"instances": [1,]}',
    "single quotes": b"{'instances': []}",
    "NaN": b'{"instances": [{"age": 1, "income": NaN}]}',
    "Infinity": b'{"instances": [[Infinity]]}',
    "-Infinity": b'{"instances": [[-Infinity]]}',
    "a lone surrogate": b'{"instances": ["\\ud800"]}',
    "a raw surrogate": b'{"instances": ["\xed\xa0\x80"]}',
    "not UTF-8": b'{"instances": ["\xff"]}',
    "UTF-16": '{"instances": []}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"instances": []}',
    "a control character": b'{"instances": ["\x01"]}',
    "brackets without end": b'{"instances": ' + b"[" * DEEP,
    "deep brackets": b'{"instances": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "zeros": b"\0" * 1000,
    "a number beyond all": b'{"instances": [[1' + b"0" * 400 + b"]]}",
}


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_not_json(server: Suspect, path: str, name: str) -> None:
    assert "the body is not JSON" in complaint(post(server, path, NOT_JSON[name]))


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"x"', b"{}", b'{"Instances": []}', b'{"": 1}'])
def test_json_that_is_no_request(server: Suspect, path: str, body: bytes) -> None:
    assert complaint(post(server, path, body)).startswith("the body ")


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(
    "kind", ["text/plain", "text/html", "application/xml", "image/png", "json", "x/json"]
)
def test_another_content_type_is_a_415(server: Suspect, path: str, kind: str) -> None:
    said = complaint(post(server, path, b'{"instances": []}', **{"content-type": kind}), 415)
    assert said == f"application/json is expected, not {kind}"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "x"])
def test_a_packed_body_is_a_415(server: Suspect, encoding: str) -> None:
    assert encoding in complaint(post(server, V1, b"{}", **{"content-encoding": encoding}), 415)


@pytest.mark.parametrize(
    "instances",
    [None, True, 1, 1.5, "rows", {}, {"0": ROW}, [[[[]]]], [None], [[None]], [[], {}], [[]], [{}]],
)
def test_instances_that_are_no_rows(server: Suspect, instances: object) -> None:
    complaint(server.server.http.post(V1, json={"instances": instances}))


def test_a_name_that_comes_twice_counts_once(server: Suspect) -> None:
    row = json.dumps(ROW).encode()
    twice = post(server, V1, b'{"instances": 1, "instances": [' + row[:-1] + b', "age": 20}]}')
    assert (twice.status_code, twice.json()) == (200, {"predictions": [0]})  # the last one, as everywhere


WRONG: dict[str, list[Any]] = {
    "age": [None, "45", 45.5, True, [45], {"a": 1}, 2**63, -(2**64), 1e300],
    "income": ["1", True, [1], {}, [2.5], "NaN", "Infinity"],
    "plan": [1, 1.5, True, ["basic"], {"basic": 1}],
    "active": [None, 0, 1, "true", "", [], 1.0],
    "since": [1, True, "soon", "", "2024-02-30", "9999-12-31", "0001-01-01", []],
}


@pytest.mark.parametrize(("column", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_a_value_of_another_type_is_named(server: Suspect, column: str, value: object) -> None:
    said = complaint(server.server.http.post(V1, json={"instances": [ROW, {**ROW, column: value}]}))
    assert f'column "{column}", row 1: ' in said
    assert len(said) < 200


@pytest.mark.parametrize("column", ROW)
def test_a_column_that_is_missing_is_named(server: Suspect, column: str) -> None:
    row = {name: value for name, value in ROW.items() if name != column}
    said = complaint(server.server.http.post(V1, json={"instances": [ROW, row]}))
    assert said.startswith(f'row 1: missing column "{column}"; the model expects age: long')


@pytest.mark.parametrize("name", ["ä", "年齢", "\U0001f600", "", "\x00", "a b", 'quo"te', "x" * 10_000])
def test_columns_of_any_name_are_fine_and_ignored(server: Suspect, name: str) -> None:
    extra = server.metric("platformctl_extra_columns_total")
    answer = server.server.v1([{**ROW, name: [{"deep": None}]}])
    assert answer.json() == {"predictions": [1]}
    assert server.metric("platformctl_extra_columns_total") == extra + 1


def test_no_rows_are_no_mistake(server: Suspect) -> None:
    assert server.server.v1([]).json() == {"predictions": []}
    none = [dict(tensor, shape=[0], data=[]) for tensor in tensors()]
    assert server.server.v2(*none).json()["outputs"] == []


def tensors(**fields: Any) -> list[dict[str, Any]]:
    """One valid tensor a column; `fields` change that of the age."""
    datatypes = {"age": "INT64", "income": "FP64", "plan": "BYTES", "active": "BOOL", "since": "BYTES"}
    given = [{"name": n, "shape": [1], "datatype": datatypes[n], "data": [value]} for n, value in ROW.items()]
    return [{**given[0], **fields}, *given[1:]]


SHAPES: list[Any] = [
    *([], [2], [-1], [1, 2], [0, 5], [1, -1], [2**64], [1, 2**62], [-(2**63), -1]),
    *([1, 0], [1] * 70, [1.0], ["1"], [True], [None], 1, {}),
]
DATATYPES: list[Any] = ["", "INT", "int64", "FP8", "BF16", "OBJECT", None, 64, []]
DATA: list[Any] = [
    *([], [1, 2], ["45"], [None], [[]], [[1], [2]], [{}], [1.5], [True], 45, None),
    *([2**63], [1e300], [[[[[1, 2]]]]], "45", {"0": 45}),
]
NAMES: list[Any] = [None, 1, [], {}, "", "AGE", "income"]


@pytest.mark.parametrize(
    "fields",
    [
        *({"shape": shape} for shape in SHAPES),
        *({"datatype": datatype} for datatype in DATATYPES),
        *({"data": data} for data in DATA),
        *({"name": name} for name in NAMES),
        *({"datatype": datatype, "data": [300]} for datatype in ("INT8", "UINT8", "BOOL", "BYTES")),
        {"datatype": "FP32", "data": [1e39]},
        {"datatype": "FP16", "data": [70000]},
        {"datatype": "FP64", "data": [None]},
        {"datatype": "UINT64", "data": [2**64 - 1]},
    ],
    ids=repr,
)
def test_a_tensor_that_does_not_fit(server: Suspect, fields: dict[str, object]) -> None:
    complaint(server.server.v2(*tensors(**fields)))


@pytest.mark.parametrize("shape", [[2**31], [2**63], [2**32, 2**32], [100_001]])
def test_a_tensor_that_says_to_be_huge(server: Suspect, shape: list[int]) -> None:
    said = complaint(server.server.v2(*tensors(shape=shape)), 413)
    assert said == f"{shape[0]} rows; a request has at most 100000"


@pytest.mark.parametrize("field", ["name", "shape", "datatype", "data"])
def test_a_tensor_that_lacks_a_field(server: Suspect, field: str) -> None:
    first, *others = tensors()
    del first[field]
    assert f"inputs.0.{field} must be" in complaint(server.server.v2(first, *others))


def test_a_tensor_that_comes_twice(server: Suspect) -> None:
    given = tensors()
    assert complaint(server.server.v2(*given, given[0])) == "two inputs have the same name"


def test_tensors_of_different_lengths(server: Suspect) -> None:
    said = complaint(server.server.v2(*tensors(shape=[2], data=[1, 2])))
    assert said.startswith("the inputs have different numbers of rows: {'age': 2, 'income': 1")


@pytest.mark.parametrize(
    "more",
    [{"id": 1}, {"id": []}, {"parameters": []}, {"parameters": "x"}, {"outputs": {}}, {"outputs": [1]}],
)
def test_a_field_of_another_type(server: Suspect, more: dict[str, object]) -> None:
    complaint(server.server.v2(*tensors(), **more))


@pytest.mark.parametrize("header", ["-1", "x", "", "5", "0", "\u00b2"])
def test_a_binary_length_that_is_none(server: Suspect, header: str) -> None:
    body = json.dumps({"inputs": tensors()}).encode()
    length = (b"inference-header-content-length", header.encode("latin-1"))
    kind = (b"content-type", b"application/octet-stream")
    answer = server.server.http.post(V2, content=body, headers=[length, kind])
    assert answer.status_code == 400, answer.text


def test_a_binary_tensor_whose_bytes_are_not_there(server: Suspect) -> None:
    lacking = tensors()[0]
    del lacking["data"]
    for size in (8, -1, 2**40, "8", None):
        body = json.dumps({"inputs": [{**lacking, "parameters": {"binary_data_size": size}}]}).encode()
        headers = {"inference-header-content-length": str(len(body))}
        answer = post(server, V2, body + b"\0" * 3, **headers)
        assert answer.status_code == 400, (size, answer.text)


@pytest.mark.parametrize(
    "event",
    [
        {"ce-specversion": "9"},
        {"ce-specversion": "1.0"},
        {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t", "ce-time": "soon"},
    ],
)
def test_a_cloud_event_that_is_none(server: Suspect, event: dict[str, str]) -> None:
    answer = post(server, V1, b'{"instances": 1}', **event)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "document",
    [
        {"specversion": "1.0"},
        {"specversion": "9", "id": "1", "source": "s", "type": "t", "data": {"instances": []}},
        {"specversion": 1, "id": [], "source": {}, "type": None},
        {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data_base64": "!"},
    ],
)
def test_a_structured_cloud_event_that_is_none(server: Suspect, document: dict[str, object]) -> None:
    content = json.dumps(document).encode()
    for kind in ("application/cloudevents+json", "application/json"):
        answer = post(server, V1, content, **{"content-type": kind})
        assert answer.status_code == 400, (kind, answer.text)
