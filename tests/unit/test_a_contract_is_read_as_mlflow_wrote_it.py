"""Signatures that MLflow inferred, and its own judgement of which type is taken for which."""

import json
import subprocess
import sys
from typing import Any

import pytest

from platformctl.domain.signatures import (
    Column,
    Columns,
    Listed,
    Object,
    Param,
    Scalar,
    SignatureText,
    Tensor,
    Tensors,
    parse,
)
from platformctl.plan.contracts import compare, faces
from platformctl.plan.contracts.kinds import takes
from tests.fakes.values import revision

pytestmark = pytest.mark.quick

MLFLOW = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.models.utils import _enforce_schema
from mlflow.types.schema import ColSpec, DataType, Schema

frame = pd.DataFrame({"age": [30, 40], "fee": [1.5, 2.0], "plan": ["a", "b"], "active": [True, False]})
small = frame.astype({"age": "int32", "fee": "float32"})
holes = frame.assign(fee=[1.5, None], plan=["a", None])
chats = [{"messages": [{"role": "user", "text": "hello"}]}]
values = {
    "boolean": [True, False], "integer": [2, 3], "long": [2, 3], "float": [1.5, 2.5], "double": [1.5, 2.5],
    "string": ["a", "b"], "datetime": ["2026-01-02", "2026-01-03"],
}

def accepted(old, new):
    dtype = "datetime64[ns]" if old == "datetime" else DataType[old].to_pandas()
    column = pd.Series(values[old]).astype(dtype)
    try:
        _enforce_schema(pd.DataFrame({"a": column}), Schema([ColSpec(DataType[new], "a")]))
    except MlflowException:
        return False
    return True

signatures = {
    "frame": infer_signature(frame, np.array([0, 1])),
    "small": infer_signature(small, np.array([0, 1])),
    "holes": infer_signature(holes, np.array([0.5, 1.0])),
    "array": infer_signature(
        np.zeros((2, 3)), pd.DataFrame({"churns": [0, 1]}), {"threshold": 0.5, "top": [1, 2]}
    ),
    "tensors": infer_signature({"a": np.zeros((2, 3), "float32"), "b": np.zeros(2, "int64")}),
    "chats": infer_signature(chats, "hello"),
}
print(json.dumps({
    "signatures": {name: signature.to_dict() for name, signature in signatures.items()},
    "accepted": [[old, new] for old in values for new in values if accepted(old, new)],
}))
"""


@pytest.fixture(scope="module")
def mlflow() -> Any:  # JSON
    ended = subprocess.run(
        [sys.executable, "-c", MLFLOW], capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def signatures(mlflow: Any) -> dict[str, SignatureText]:
    return {name: SignatureText.model_validate(said) for name, said in mlflow["signatures"].items()}


def test_what_mlflow_inferred_is_read(signatures: dict[str, SignatureText]) -> None:
    frame, array, tensors = (parse(signatures[name]) for name in ("frame", "array", "tensors"))
    assert frame.inputs == Columns(
        tuple(
            Column(name, Scalar(kind))
            for name, kind in (("age", "long"), ("fee", "double"), ("plan", "string"), ("active", "boolean"))
        )
    )
    assert frame.outputs == Tensors((Tensor(None, "int64", (-1,)),))
    assert array.inputs == Tensors((Tensor(None, "float64", (-1, 3)),))
    assert array.outputs == Columns((Column("churns", Scalar("long")),))
    assert array.params == (
        Param("threshold", Scalar("double"), 0.5),
        Param("top", Scalar("long"), [1, 2], (-1,)),
    )
    assert tensors.inputs == Tensors((Tensor("a", "float32", (-1, 3)), Tensor("b", "int64", (-1,))))
    assert tensors.outputs is None


def test_what_lies_inside_is_read_too(signatures: dict[str, SignatureText]) -> None:
    (column,) = parse(signatures["chats"]).inputs.parts  # type: ignore[union-attr]
    message = Object({"role": (Scalar("string"), True), "text": (Scalar("string"), True)})
    assert column == Column("messages", Listed(message))


def _changed(old: SignatureText, new: SignatureText) -> dict[str, bool]:
    compared = compare(
        faces.by_signature(revision(1), parse(old)), faces.by_signature(revision(2), parse(new))
    )
    return {change.field: change.breaks for change in compared.changes}


def test_they_are_compared(signatures: dict[str, SignatureText]) -> None:
    frame, small, holes = (signatures[name] for name in ("frame", "small", "holes"))
    assert _changed(small, frame) == {"inputs.age": False, "inputs.fee": False}
    assert _changed(frame, small) == {"inputs.age": True, "inputs.fee": True}
    assert _changed(frame, holes) == {"inputs.fee": False, "inputs.plan": False, "outputs": True}
    assert _changed(holes, frame) == {"inputs.fee": True, "inputs.plan": True, "outputs": True}
    assert _changed(frame, signatures["array"]) == {
        "inputs": True,
        "outputs": True,
        "params.threshold": False,
        "params.top": False,
    }
    for text in signatures.values():
        assert _changed(text, text) == {}


def test_what_is_taken_is_taken_by_mlflow_too(mlflow: Any) -> None:
    """But for a long where a double is expected: JSON has one kind of number, so our servers take it.

    And for text where a boolean is: MLflow does not look at it, our servers do.
    """
    kinds = ("boolean", "integer", "long", "float", "double", "string", "datetime")
    ours = {(old, new) for old in kinds for new in kinds if takes(Scalar(new), Scalar(old))}
    theirs = {(old, new) for old, new in mlflow["accepted"]}
    assert ours == theirs - {("string", "boolean")} | {("long", "double")}
