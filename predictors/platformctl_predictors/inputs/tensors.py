"""Tensors of the Open Inference Protocol (V2) to what a model takes. Pure.

Protocol: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/
inference_rest.md. Tensor data in JSON may be flat or nested, in row-major order.
"""

from collections.abc import Sequence

from platformctl_predictors.inputs.arrays import to_tensor
from platformctl_predictors.inputs.batch import Data, Table
from platformctl_predictors.inputs.columns import Array, BadInput
from platformctl_predictors.inputs.datatypes import Tensor, to_array, to_values
from platformctl_predictors.inputs.rows import Rows
from platformctl_predictors.inputs.signature import ANY, Column, Columns, Tensors

MATRIX = 2
"""Dimensions of a tensor that holds all columns of a table."""


def row_count(inputs: Sequence[Tensor]) -> int:
    """The rows of a request's tensors: their common first dimension.

    Raises:
        BadInput: There is no tensor, two have one name, or they do not agree.
    """
    if not inputs:
        raise BadInput('"inputs" is empty; at least one tensor is needed', "tensor")
    if len({tensor.name for tensor in inputs}) != len(inputs):
        raise BadInput("two inputs have the same name", "tensor")
    if not all(tensor.shape for tensor in inputs):
        raise BadInput("a tensor needs at least one dimension: the rows", "tensor")
    first = inputs[0].shape[0]
    if any(tensor.shape[0] != first for tensor in inputs):
        sizes = {tensor.name: tensor.shape[0] for tensor in inputs}
        raise BadInput(f"the inputs have different numbers of rows: {sizes}", "tensor")
    if first == 0:
        for tensor in inputs:
            to_array(tensor)  # no rows, but a tensor all the same
    return first


def table(inputs: Sequence[Tensor], rows: Rows, count: int) -> tuple[Table, int]:
    """The table, and how many values were of unknown columns.

    A table comes as one tensor a column, of shape [n] or [n, 1], or as one tensor of shape
    [n, columns] in the signature's order.

    Raises:
        BadInput: A tensor does not fit.
    """
    signature = rows.signature
    if _is_whole(inputs, signature):
        return rows.matrix(to_array(inputs[0])), 0
    if not signature.names:
        width = len(signature.columns)
        raise BadInput(f"one tensor of shape [rows, {width}] is expected", "tensor")
    return rows.table({tensor.name: to_values(tensor) for tensor in inputs}, count)


def named(inputs: Sequence[Tensor], signature: Tensors) -> Data:
    """The model's own tensors.

    Raises:
        BadInput: One is missing or does not fit.
    """
    specs = signature.tensors
    if len(specs) == 1 and specs[0].name is None:
        if len(inputs) != 1:
            raise BadInput(f"one input is expected, not {len(inputs)}", "tensor")
        return to_tensor(to_array(inputs[0]), specs[0])
    given = {tensor.name: tensor for tensor in inputs}
    missing = ", ".join(f'"{spec.name}"' for spec in specs if spec.name not in given)
    if missing:
        raise BadInput(f"missing input {missing}", "tensor")
    return {str(spec.name): to_tensor(to_array(given[str(spec.name)]), spec) for spec in specs}


def untold(inputs: Sequence[Tensor], *, as_is: bool) -> Data:
    """What a model without a signature takes: the one tensor, or a table of one a column.

    Args:
        inputs: At least one tensor.
        as_is: The rows are handed over as values, a row of several tensors as an object.

    Raises:
        BadInput: A tensor does not fit.
    """
    if len(inputs) == 1:
        array: Array = to_array(inputs[0])
        return list(array.tolist()) if as_is else array
    names = [tensor.name for tensor in inputs]
    rows = list(zip(*map(to_values, inputs), strict=True))
    if as_is:
        return [dict(zip(names, row, strict=True)) for row in rows]
    return Table(tuple(Column(name, ANY) for name in names), rows)


def _is_whole(inputs: Sequence[Tensor], signature: Columns) -> bool:
    """Whether the one tensor holds all columns, rather than being one of them."""
    if len(inputs) != 1:
        return False
    (tensor,) = inputs
    if tensor.name not in signature.names:
        return True
    return len(tensor.shape) == MATRIX and tensor.shape[1] == len(signature.columns) > 1


__all__ = ["Tensor", "named", "row_count", "table", "to_array", "untold"]
