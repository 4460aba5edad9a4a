"""MLflow's onnx flavour and a bare model.onnx: tensors, columns, several outputs."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats.picking import pick
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.settings import FormatPredictor

pytestmark = pytest.mark.quick

ONNX, AUTO = FormatPredictor(kind="onnx"), FormatPredictor(kind="auto")
FLOAT, LONG, TEXT = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def graph(
    path: Path, nodes: list[Any], inputs: list[tuple[Any, ...]], outputs: list[tuple[Any, ...]]
) -> Path:
    """Write a graph; inputs and outputs are (name, type, shape)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = helper.make_graph(
        nodes,
        "own",
        [helper.make_tensor_value_info(*each) for each in inputs],
        [helper.make_tensor_value_info(*each) for each in outputs],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.save(model, path)
    return path.parent


def answer(folder: Path, rows: list[Any], wanted: FormatPredictor = AUTO) -> Any:  # predictions
    loaded = pick(folder, wanted)
    assert loaded.pick.runtime == "onnx"
    given = Reader(loaded.signature).v1({"instances": rows})
    assert given is not None
    return loaded.compute(given).predictions


def doubled(folder: Path, rows: str | int = "n") -> Path:
    node = helper.make_node("Add", ["x", "x"], ["y"])
    return graph(folder / "model.onnx", [node], [("x", FLOAT, [rows, 2])], [("y", FLOAT, [rows, 2])])


def test_a_bare_file_takes_rows_of_numbers(tmp_path: Path) -> None:
    assert answer(doubled(tmp_path), [[1, 2.5], [3, 4]]).tolist() == [[2.0, 5.0], [6.0, 8.0]]
    assert pick(tmp_path, ONNX).by_row


def test_rows_of_another_width_are_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        answer(doubled(tmp_path), [[1, 2, 3]])


def test_a_fixed_number_of_rows_is_not_shared(tmp_path: Path) -> None:
    loaded = pick(doubled(tmp_path, rows=2), ONNX)
    assert not loaded.by_row


def test_inputs_of_one_value_a_row_are_columns(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Cast", ["age"], ["years"], to=FLOAT),
        helper.make_node("Add", ["years", "fee"], ["sum"]),
        helper.make_node("Identity", ["plan"], ["name"]),
    ]
    folder = graph(
        tmp_path / "model.onnx",
        nodes,
        [("age", LONG, ["n", 1]), ("fee", FLOAT, ["n", 1]), ("plan", TEXT, ["n", 1])],
        [("sum", FLOAT, ["n", 1]), ("name", TEXT, ["n", 1])],
    )
    got = answer(folder, [{"plan": "pro", "age": 3, "fee": 0.5}])
    assert {name: value.tolist() for name, value in got.items()} == {"sum": [[3.5]], "name": [["pro"]]}
    for wrong in ({"plan": "pro", "age": 3.5, "fee": 1}, {"plan": None, "age": 3, "fee": 1}, {"age": 3}):
        with pytest.raises(BadInput):
            answer(folder, [wrong])


def test_the_flavour_of_mlflow_with_its_signature(tmp_path: Path) -> None:
    doubled(tmp_path / "own")
    signature = [{"name": "a", "type": "double"}, {"name": "b", "type": "double"}]
    described = {
        "flavors": {"onnx": {"data": "own/model.onnx"}, "python_function": {"loader_module": "mlflow.onnx"}},
        "signature": {"inputs": str(signature).replace("'", '"')},
    }
    (tmp_path / "MLmodel").write_text(yaml.safe_dump(described))
    got = answer(tmp_path, [{"b": 2, "a": 1}, {"a": 3, "b": 4}])
    assert got.dtype == np.float32
    assert got.tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_what_is_missing_or_not_to_be_asked(tmp_path: Path) -> None:
    folder = doubled(tmp_path)
    with pytest.raises(Exit) as caught:
        pick(folder, FormatPredictor(kind="onnx", output="both"))
    assert caught.value.code == Code.SETTINGS
    (folder / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(Exit) as caught:
        pick(folder, ONNX)
    assert caught.value.code == Code.MODEL
    (folder / "model.onnx").unlink()
    with pytest.raises(Exit) as caught:
        pick(folder, ONNX)
    assert caught.value.code == Code.MODEL


def test_an_input_that_no_request_can_hold(tmp_path: Path) -> None:
    sequence = helper.make_tensor_sequence_value_info("x", FLOAT, None)
    node = helper.make_node("ConcatFromSequence", ["x"], ["y"], axis=0)
    made = helper.make_graph([node], "own", [sequence], [helper.make_tensor_value_info("y", FLOAT, None)])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(Exit, match="which no request can hold"):
        pick(tmp_path, ONNX)
