import httpx
import pytest

from tests.serving.process import Server

pytestmark = pytest.mark.quick

ROW = {"age": 50, "income": 2.5, "plan": "plus", "active": True, "since": "2024-01-01T00:00:00"}


def test_rows_by_name_and_rows_in_the_signatures_order_give_the_same(skops_server: Server) -> None:
    by_name = skops_server.v1([ROW, {**ROW, "age": 21}])
    by_position = skops_server.v1([list(ROW.values()), [21, *list(ROW.values())[1:]]])
    assert (by_name.status_code, by_name.json()) == (200, {"predictions": [1, 0]})
    assert by_position.json() == by_name.json()


def test_extra_and_reordered_columns_are_fine(skops_server: Server) -> None:
    row = {"comment": "hello", **dict(reversed(ROW.items()))}
    assert skops_server.v1([row]).json() == {"predictions": [1]}


def test_a_missing_column_is_a_400_that_names_it_and_what_is_expected(
    skops_server: Server,
) -> None:
    answer = skops_server.v1([ROW, {k: v for k, v in ROW.items() if k not in {"age", "plan"}}])
    assert answer.status_code == 400
    assert answer.json() == {
        "error": 'row 1: missing columns "age", "plan"; the model expects age: long, '
        "income: double, plan: string, active: boolean, since: datetime"
    }


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"age": 30.5}, 'column "age", row 0: 30.5 is not long: a whole number is expected'),
        (
            {"age": None},
            'column "age", row 0: null is not long: an integer column has no missing value',
        ),
        ({"age": "30"}, "column \"age\", row 0: '30' is not long: a whole number is expected"),
        ({"age": True}, 'column "age", row 0: True is not long: a whole number is expected'),
        ({"income": "2"}, "column \"income\", row 0: '2' is not double: a number is expected"),
        ({"plan": 3}, 'column "plan", row 0: 3 is not string: a string is expected'),
        ({"active": 1}, 'column "active", row 0: 1 is not boolean: true or false is expected'),
    ],
)
def test_a_value_of_another_type_is_a_400_that_names_column_and_row(
    skops_server: Server, change: dict[str, object], error: str
) -> None:
    answer = skops_server.v1([{**ROW, **change}])
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_whole_float_is_an_integer_and_null_is_nan_in_a_double(skops_server: Server) -> None:
    answer = skops_server.v1([{**ROW, "age": 50.0, "income": None}])
    assert (answer.status_code, answer.json()) == (200, {"predictions": [1]})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"age=30", "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        (b"[1, 2]", "the body must be a JSON object"),
        (b"{}", 'the body has no "instances"'),
        (b'{"inputs": [[1]]}', "the body has no \"instances\"; it has: 'inputs'"),
        (b'{"instances": {"age": 1}}', '"instances" must be a list of rows'),
        (b'{"instances": [{"age": 1}, [1]]}', 'all rows of "instances" must be of one kind'),
        (b'{"instances": [[1, 2]]}', "row 0 has 2 values; the model expects age: long"),
        (b'{"instances": [NaN]}', "the body is not JSON"),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_body_of_another_shape_is_a_400_that_says_so(
    skops_server: Server, body: bytes, error: str, content_type: str
) -> None:
    answer = skops_server.http.post(
        "/v1/models/churn:predict", content=body, headers={"content-type": content_type}
    )
    assert answer.status_code == 400
    assert error in answer.json()["error"]


def test_another_content_type_is_a_415(skops_server: Server) -> None:
    answer = skops_server.http.post(
        "/v1/models/churn:predict", content=b"{}", headers={"content-type": "text/csv"}
    )
    assert answer.status_code == 415


def test_a_form_is_read_as_json_for_curl_says_so_of_all_it_sends(skops_server: Server) -> None:
    answer = skops_server.http.post(
        "/v1/models/churn:predict",
        content=b'{"instances": []}',
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert (answer.status_code, answer.json()) == (200, {"predictions": []})


def columns(**changes: object) -> list[dict[str, object]]:
    datatypes = {"age": "INT64", "income": "FP64", "active": "BOOL"}
    return [
        {
            "name": name,
            "shape": [1],
            "datatype": datatypes.get(name, "BYTES"),
            "data": [changes.get(name, value)],
        }
        for name, value in ROW.items()
    ]


def test_v2_takes_one_tensor_a_column(skops_server: Server) -> None:
    answer = skops_server.v2(*columns(), id="request-7")
    assert answer.status_code == 200
    assert answer.json()["id"] == "request-7"
    assert answer.json()["outputs"] == [{"name": "predict", "shape": [1], "datatype": "INT64", "data": [1]}]


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        (columns()[1:], 'missing column "age"; the model expects age: long'),
        (columns(age=30.5), 'input "age", value 0: 30.5 is not INT64: a whole number'),
        ([{**columns()[0], "shape": [2]}], 'input "age": 1 values, but shape [2] needs 2'),
        ([{**columns()[0], "shape": [-1]}], 'input "age": negative size in shape [-1]'),
        ([{**columns()[0], "datatype": "INT7"}], "input \"age\": unknown datatype 'INT7'; one of"),
        ([{"name": "age"}], "inputs.0.shape must be a list of integers, not null"),
        ([], '"inputs" is empty'),
    ],
)
def test_v2_with_a_wrong_tensor_is_a_400_that_names_it(
    skops_server: Server, inputs: list[dict[str, object]], error: str
) -> None:
    answer = skops_server.v2(*inputs)
    assert answer.status_code == 400
    assert error in answer.json()["error"]


def test_v2_binary_that_is_cut_off_is_a_400(skops_server: Server) -> None:
    head = b'{"inputs":[{"name":"age","shape":[1],"datatype":"INT64","parameters":{"binary_data_size":8}}]}'
    answer = skops_server.http.post(
        "/v2/models/churn/infer",
        content=head + b"\x01\x02",
        headers={
            "content-type": "application/octet-stream",
            "inference-header-content-length": str(len(head)),
        },
    )
    assert answer.status_code == 400


def test_v2_metadata_tells_the_signature(skops_server: Server) -> None:
    inputs = skops_server.http.get("/v2/models/churn").json()["inputs"]
    assert inputs[0] == {"name": "age", "datatype": "INT64", "shape": [-1]}


def test_an_unknown_output_is_a_400(skops_server: Server) -> None:
    answer = skops_server.v2(*columns(), outputs=[{"name": "nope"}])
    assert answer.status_code == httpx.codes.BAD_REQUEST
