import json
import math
import subprocess
import sys
from datetime import date, datetime
from typing import Any

import pytest

from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.params import ParamReader, checked_params, thaw
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.inputs.signature import AsIs, BadSignature, Param
from tests.serving.process import Server

pytestmark = pytest.mark.quick

TYPES = ["boolean", "integer", "long", "float", "double", "string"]
VALUES = [True, 3, 3.0, 3.5, "3", "x", None, [1], [1, 2.5], ["x", "y"], [], {"a": 1}, [[1]], [None]]
MLFLOW = """
import json, sys
from mlflow.exceptions import MlflowException
from mlflow.types.schema import ParamSpec
def check(kind, shape, value):
    default = [] if shape else None
    try:
        return [ParamSpec.validate_param_spec(value, ParamSpec("p", kind, default, shape))]
    except MlflowException:
        return None
print(json.dumps([check(*case) for case in json.load(sys.stdin)]))
"""


def ours(kind: str, shape: tuple[int, ...] | None, value: object) -> list[Any] | None:
    reader = ParamReader([Param("p", kind, [] if shape else None, shape or ())])
    try:
        return [thaw(reader.v1({"p": value}))["p"]]
    except BadInput as error:
        assert error.reason == "params"  # noqa: PT017 either outcome is right
        return None


def test_each_value_is_taken_or_refused_as_mlflow_does() -> None:
    cases = [(kind, shape, value) for kind in TYPES for shape in (None, (-1,)) for value in VALUES]
    command = [sys.executable, "-W", "ignore", "-c", MLFLOW]
    done = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    for case, expected in zip(cases, theirs, strict=True):
        got = ours(*case)
        assert got == expected, case
        assert repr(got) == repr(expected), case  # 3 is not 3.0, nor True 1


def read(text: str, **given: Any) -> dict[str, Any]:
    reader = Reader(AsIs(), checked_params(text))
    read = reader.v1({"instances": ["x"], "params": given})
    assert read is not None
    assert hash(read.key) == hash(read.key)
    return thaw(read.params)


SINCE = '[{"name": "since", "type": "datetime", "default": "2024-05-06T07:00:00", "shape": null}]'


def test_times_are_times() -> None:
    assert read(SINCE) == {"since": datetime(2024, 5, 6, 7)}  # noqa: DTZ001 MLflow's times have no zone
    assert read(SINCE, since="2024-05-07") == {"since": date(2024, 5, 7)}
    with pytest.raises(BadInput, match="parameter \"since\": 'soon' is not datetime"):
        read(SINCE, since="soon")


def test_objects_come_back_as_objects() -> None:
    text = '[{"name": "o", "type": "object", "default": {"a": [1]}, "properties": {}}]'
    assert read(text) == {"o": {"a": [1]}}
    assert read(text, o={"b": {"c": None}}) == {"o": {"b": {"c": None}}}


def test_defaults_fill_what_is_not_given_and_the_order_does_not_matter() -> None:
    text = json.dumps(
        [
            {"name": "b", "type": "double", "default": 1, "shape": None},
            {"name": "a", "type": "string", "default": ["x"], "shape": [-1]},
        ]
    )
    assert read(text) == {"a": ["x"], "b": 1.0}
    reader = ParamReader(checked_params(text))
    assert reader.v1({"b": 2, "a": []}) == reader.v1({"a": [], "b": 2.0}) == (("a", ()), ("b", 2.0))


def test_an_unknown_one_is_refused_in_v1_and_left_alone_in_v2() -> None:
    reader = ParamReader([Param("depth", "long", 3)])
    with pytest.raises(BadInput, match="unknown parameter 'dept'; the model takes depth"):
        reader.v1({"dept": 4})
    with pytest.raises(BadInput, match="unknown parameter 'dept'; the model takes none"):
        ParamReader([]).v1({"dept": 4})
    assert reader.v2({"binary_data_output": True, "depth": 4}) == (("depth", 4),)


@pytest.mark.parametrize("given", [[], "x", 1, [1], math.pi])
def test_params_that_are_no_object_are_refused(given: object) -> None:
    with pytest.raises(BadInput, match='"params" must be an object'):
        ParamReader([Param("depth", "long", 3)]).v1(given)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '[{"name": "a"}]', '[{"name": "a", "type": "long", "default": "x"}]']
)
def test_a_params_signature_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadSignature):
        checked_params(text)


def params_of(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return json.loads(answer.json()["predictions"][0])["params"]


def test_the_model_gets_them(knobs_server: Server) -> None:
    def ask(**more: object) -> Any:
        return knobs_server.http.post("/v1/models/churn:predict", json={"instances": [{"a": 1}], **more})

    assert params_of(ask()) == {"depth": 3, "rate": 0.5, "names": ["x"]}
    assert params_of(ask(params={"depth": 4, "names": []})) == {"depth": 4, "rate": 0.5, "names": []}
    unknown = ask(params={"dept": 4})
    assert (unknown.status_code, unknown.json()) == (
        400,
        {"error": "unknown parameter 'dept'; the model takes depth, names, rate"},
    )
    wrong = ask(params={"depth": "4"})
    assert (wrong.status_code, wrong.json()["error"]) == (
        400,
        "parameter \"depth\": '4' is not long",
    )
    tensor = {"name": "a", "shape": [1], "datatype": "INT64", "data": [1]}
    v2 = knobs_server.v2(tensor, parameters={"depth": 5, "classification": True})
    assert json.loads(v2.json()["outputs"][0]["data"][0])["params"]["depth"] == 5


def test_mlflow_sees_the_columns_that_are_there(knobs_server: Server) -> None:
    """One that no row has is not in the DataFrame; one that some rows have is missing in the others."""

    def seen(*rows: object) -> list[Any]:
        return [json.loads(text) for text in knobs_server.v1(rows).json()["predictions"]]

    assert seen({"a": 1})[0]["row"] == {"a": 1}
    assert seen({"a": 1, "b": 2.5})[0]["row"] == {"a": 1, "b": 2.5}
    both = seen({"a": 1, "b": 2.5, "c": "x"}, {"a": 2})
    assert both[0]["row"] == {"a": 1, "b": 2.5, "c": "x"}
    assert both[1]["row"] == {"a": 2, "b": None, "c": None}
