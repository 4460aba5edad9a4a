"""ONNX graphs of the user's own: MLflow's onnx flavour, or a bare file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import onnx_session
from platformctl_predictors.formats.loading import Loaded, Pick
from platformctl_predictors.formats.mlmodel import MLmodel
from platformctl_predictors.inputs.batch import Data, Input, Table
from platformctl_predictors.inputs.columns import Array, BadInput
from platformctl_predictors.inputs.signature import Column, Columns, Signature, Tensors, TensorSpec
from platformctl_predictors.outputs.result import Result
from platformctl_predictors.settings import FormatPredictor

_DTYPES = {
    "float": "float32",
    "double": "float64",
    "float16": "float16",
    "bool": "bool",
    "string": "object",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}
_COLUMN_TYPES = {
    "float32": "float",
    "float64": "double",
    "int64": "long",
    "int32": "integer",
    "bool": "boolean",
    "object": "string",
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input of the graph. -1 in `shape` stands for any size."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def is_column(self) -> bool:
        """Whether it holds one value a row."""
        return self.shape[:1] == (-1,) and self.shape[1:] in ((), (1,))


def load(path: Path, model: MLmodel | None, wanted: FormatPredictor, gpu: int, why: str) -> Loaded:
    """Serve a graph.

    Args:
        path: The file.
        model: The MLmodel that names it, if there is one.
        wanted: What the settings say.
        gpu: How many GPUs were requested.
        why: Why it is served, for the log.

    Raises:
        Exit: 64, `output` is given; 65, it is not there, is corrupt, or takes what has no JSON; 66,
            onnxruntime or a requested GPU is missing.
    """
    if wanted.output is not None:
        raise Exit(
            Code.SETTINGS,
            f"predictor.output: {path} is a graph of your own, its outputs are answered as they are",
            "leave predictor.output out, or serve the scikit-learn model that it was made from",
        )
    if not path.is_file():
        raise Exit(Code.MODEL, f"{path} does not exist", "copy the model's folder in full")
    session = onnx_session.open_session(path, gpu)
    tensors = tuple(_tensor(path, item) for item in session.get_inputs())
    signature = (model.signature if model else None) or _signature(tensors)
    return Loaded(
        _compute(session, tensors),
        signature,
        model.output_names if model else (),
        Pick("onnx", f"{why}: {path.name}"),
        by_row=all(tensor.shape[:1] == (-1,) for tensor in tensors),
    )


def _tensor(path: Path, item: Any) -> Tensor:  # onnxruntime ships no types
    kind = item.type.removeprefix("tensor(").removesuffix(")")
    if kind not in _DTYPES:
        raise Exit(
            Code.MODEL,
            f'{path}: input "{item.name}" is a {item.type}, which no request can hold',
            "export it with tensors of numbers, booleans or strings",
        )
    shape = tuple(size if isinstance(size, int) and size > 0 else -1 for size in item.shape)
    return Tensor(item.name, _DTYPES[kind], shape)


def _signature(tensors: tuple[Tensor, ...]) -> Signature:
    """What a graph without MLmodel takes: rows of columns where each input is one, else tensors."""
    if len(tensors) > 1 and all(t.is_column and t.dtype in _COLUMN_TYPES for t in tensors):
        return Columns(tuple(Column(t.name, _COLUMN_TYPES[t.dtype]) for t in tensors))
    if len(tensors) == 1:
        return Tensors((TensorSpec(None, tensors[0].dtype, tensors[0].shape),))
    return Tensors(tuple(TensorSpec(t.name, t.dtype, t.shape) for t in tensors))


def _compute(session: Any, tensors: tuple[Tensor, ...]) -> Callable[[Input], Result]:  # as above
    names = [tensor.name for tensor in session.get_outputs()]

    def compute(given: Input) -> Result:
        outputs = onnx_session.run(session, None, _feed(given.data, tensors))
        return Result(outputs[0] if len(outputs) == 1 else dict(zip(names, outputs, strict=True)))

    return compute


def _feed(data: Data, tensors: tuple[Tensor, ...]) -> dict[str, Array]:
    if isinstance(data, Table):
        return _of_table(data, tensors)
    if isinstance(data, Mapping):
        missing = [t.name for t in tensors if t.name not in data]
        if missing:
            raise BadInput(f'missing tensor "{missing[0]}"', "tensor")
        return {t.name: _cast(data[t.name], t) for t in tensors}
    if isinstance(data, list) or len(tensors) != 1:
        wanted = ", ".join(f'"{t.name}"' for t in tensors)
        raise BadInput(f"the model takes tensors by name: {wanted}", "tensor")
    return {tensors[0].name: _cast(data, tensors[0])}


def _of_table(table: Table, tensors: tuple[Tensor, ...]) -> dict[str, Array]:
    """One input takes all columns, several take one each, as mlflow.onnx has it."""
    if len(tensors) == 1 and not (tensors[0].is_column and len(table.columns) == 1):
        return {tensors[0].name: _cast(table.rows, tensors[0])}
    places = {column.name: index for index, column in enumerate(table.columns)}
    feed = {}
    for position, tensor in enumerate(tensors):
        place = places.get(tensor.name, position if len(places) == len(tensors) == 1 else None)
        if place is None:
            raise BadInput(f'missing column "{tensor.name}"', "column")
        column = _cast([row[place] for row in table.rows], tensor)
        feed[tensor.name] = column.reshape(-1, *tensor.shape[1:])
    return feed


def _cast(values: Any, tensor: Tensor) -> Array:  # what numpy makes an array of
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(values, dtype=tensor.dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f'"{tensor.name}" takes {tensor.dtype}: {error}') from error
    if tensor.dtype == "object" and any(not isinstance(item, str) for item in array.ravel().tolist()):
        raise BadInput(f'"{tensor.name}" takes texts, and no null')
    return array
