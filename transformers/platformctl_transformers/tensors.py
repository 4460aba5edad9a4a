"""Tensors of the Open Inference Protocol (V2) through a plan: one tensor a column."""

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

from kserve import InferInput

from platformctl_transformers.plan import ANY, Plan, Source
from platformctl_transformers.rows import BadRow, cast, unknown

DATATYPES = {
    "boolean": "BOOL",
    "integer": "INT32",
    "long": "INT64",
    "float": "FP32",
    "double": "FP64",
}
"""V2's name of a type; all others are BYTES."""

_INTEGERS = {"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32"}
_NUMBERS = {*_INTEGERS, "FP32", "FP64"}


def to_tensors(plan: Plan) -> Callable[[Sequence[Any]], list[Any]]:
    """The function from a caller's inputs to the predictor's.

    It raises BadRow where an input does not fit.
    """

    def convert(inputs: Sequence[Any]) -> list[Any]:
        if not inputs:
            raise BadRow('"inputs" is empty; the transformer takes one tensor a column', "tensor")
        given = {tensor.name: tensor for tensor in inputs}
        sources = _sent(plan, given) if plan.sources is None else plan.sources
        rows = _rows(given, sources)
        made = [_column(source, given, rows) for source in sources]
        present = [tensor for tensor in made if tensor is not None]
        return [_matrix(present, rows)] if plan.by_position else present

    return convert


def _sent(plan: Plan, given: dict[str, Any]) -> list[Source]:
    """The columns that came, for a predictor that does not say what it takes; defaults for the others."""
    callers = {plan.rename.get(caller, caller): caller for caller in given}
    if len(callers) != len(given):
        raise BadRow("two inputs become one column", "tensor")
    names = [*callers, *(name for name in plan.defaults if name not in callers)]
    return [unknown(plan, name, callers.get(name)) for name in names]


def _rows(given: dict[str, Any], sources: Sequence[Source]) -> int:
    """How many rows the columns have."""
    sizes = {}
    for source in sources:
        tensor = given.get(str(source.caller))
        if tensor is None:
            continue
        shape = list(tensor.shape)
        if len(shape) not in (1, 2) or shape[1:] not in ([], [1]):
            raise BadRow(
                f'input "{tensor.name}" has shape {shape}; a column is [rows] or [rows, 1]', "tensor"
            )
        sizes[str(tensor.name)] = int(shape[0])
    if not sizes:
        missing = next((source.caller for source in sources if source.required), None)
        raise BadRow(f'missing input "{missing}"; the transformer takes one tensor a column', "tensor")
    if len(set(sizes.values())) > 1:
        raise BadRow(f"the inputs have different numbers of rows: {sizes}", "tensor")
    return next(iter(sizes.values()))


def _column(source: Source, given: dict[str, Any], rows: int) -> Any | None:
    """The tensor of one column; None for an optional one that did not come."""
    tensor = given.get(source.caller) if source.caller is not None else None
    if tensor is None:
        if source.default is not None:
            return _made(source, [source.default] * rows)
        if source.required:
            raise BadRow(f'missing input "{source.caller}"; it is {source.type}', "tensor")
        return None
    if source.cast is None and source.default is None:
        return _renamed(source.name, tensor)
    values = [_filled(source, value) for value in _values(tensor)]
    if len(values) != rows:
        raise BadRow(f'input "{tensor.name}": {len(values)} values, but shape {list(tensor.shape)}', "tensor")
    if source.cast is None:
        return InferInput(source.name, [rows], tensor.datatype, data=values)
    return _made(source, [cast(source, row, value) for row, value in enumerate(values)])


def _renamed(name: str, tensor: Any) -> Any:
    if name == tensor.name:
        return tensor
    renamed = InferInput(name, tensor.shape, tensor.datatype, tensor.data, tensor.parameters)
    renamed._raw_data = tensor._raw_data  # noqa: SLF001 kserve keeps gRPC's raw tensors only there
    return renamed


def _values(tensor: Any) -> list[Any]:
    """Flat values, text decoded.

    Raises:
        BadRow: There are none, or they cannot be read.
    """
    data = tensor.data
    if tensor._raw_data is not None:  # noqa: SLF001 as above
        try:
            data = tensor.as_numpy()
        except (ValueError, TypeError, struct.error) as error:
            raise BadRow(f'input "{tensor.name}": {error}', "tensor") from error
    if data is None:
        raise BadRow(f'input "{tensor.name}" has no data', "tensor")
    flat = data.ravel().tolist() if hasattr(data, "ravel") else data
    values = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in flat]
    return [_text(tensor.name, value) if isinstance(value, bytes) else value for value in values]


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise BadRow(f'input "{name}": a value is not UTF-8', "tensor") from error


def _filled(source: Source, value: Any) -> Any:
    """The default for null; a tensor of numbers says null by NaN."""
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return source.default if missing and source.default is not None else value


def _made(source: Source, values: list[Any]) -> Any:
    return InferInput(source.name, [len(values)], _datatype(source, values), data=values)


def _datatype(source: Source, values: Sequence[Any]) -> str:
    if source.type != ANY:
        return DATATYPES.get(source.type, "BYTES")
    return {bool: "BOOL", int: "INT64", float: "FP64"}.get(type(values[0]) if values else str, "BYTES")


def _matrix(columns: Sequence[Any], rows: int) -> Any:
    """One tensor of all columns, for a predictor that knows them by their order."""
    kinds = {column.datatype for column in columns}
    if len(kinds) == 1:
        kind = kinds.pop()
    elif kinds <= _NUMBERS:
        kind = "FP64"
    else:
        raise BadRow(
            f"the model takes one tensor of all columns, and these are {', '.join(sorted(kinds))}", "tensor"
        )
    values = [value for row in zip(*(_values(column) for column in columns), strict=True) for value in row]
    return InferInput("input", [rows, len(columns)], kind, data=values)
