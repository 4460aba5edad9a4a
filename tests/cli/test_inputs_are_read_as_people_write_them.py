"""JSON and CSV to instances."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.cli import inputs
from platformctl.domain.errors import SpecError

pytestmark = pytest.mark.quick


def test_json_of_the_protocol_keeps_its_other_keys() -> None:
    given = inputs.parse(b'{"instances": [[1], [2]], "parameters": {"probabilities": true}}')
    assert json.loads(given.body) == {"parameters": {"probabilities": True}, "instances": [[1], [2]]}


def test_a_bare_list_of_rows() -> None:
    assert inputs.parse(b"[[1, 2]]").rows == [[1, 2]]


def test_mlflows_own_formats() -> None:
    assert inputs.parse(b'{"dataframe_split": {"columns": ["a"], "data": [[1], [2]]}}').rows == [
        {"a": 1},
        {"a": 2},
    ]


def test_csv_numbers_are_numbers_nothing_is_null_the_rest_is_text() -> None:
    text = '\ufeffage,rate,zip,plan,note\n41,1.5,01234,basic,\n-3,2e3,99,"a, b",NaN\n'
    assert inputs.parse(text.encode()).rows == [
        {"age": 41, "rate": 1.5, "zip": "01234", "plan": "basic", "note": None},
        {"age": -3, "rate": 2000.0, "zip": 99, "plan": "a, b", "note": "NaN"},
    ]


def test_requests_of_a_row_each_go_round_and_round() -> None:
    bodies = [json.loads(body)["instances"] for body in inputs.parse(b"[[1], [2]]").singly(5)]
    assert bodies == [[[1]], [[2]], [[1]], [[2]], [[1]]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it has no rows"),
        (b"a,b\n", "it has no rows"),
        (b"[]", "it has no rows"),
        (b"a,b\n1\n", "line 2 has 1 cells, the header 2"),
        (b"a,a\n1,2\n", "the header's names are not all different and non-empty"),
        (b'a\n"x\n', "line 2: unexpected end of data"),
        (b'{"rows": []}', "it has no list of instances"),
        (b"\xff\xfe", "it is not UTF-8 text"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        inputs.parse(content)
    assert (caught.value.field, caught.value.message) == ("--input", message)
    assert caught.value.hint


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_else_is_rows_or_an_error_that_says_so(content: bytes) -> None:
    try:
        found = inputs.parse(content)
    except SpecError:
        return
    assert json.loads(found.body)["instances"]
