"""Type and layout in memory of a matrix: what the last step computes may depend on both, in the last bit."""

from typing import Any

import numpy as np

from platformctl_predictors.fused.outcome import CannotFuse
from platformctl_predictors.fused.pieces import Op, is_sparse
from platformctl_predictors.inputs.columns import Array

_WIDEST_SPARSE = 4096
"""A sparse matrix is made of a dense one; with more columns than that it would not be worth it."""


def finish(ones: Any, many: Any) -> Op:
    """Gives a matrix the type and layout of the pipeline's own.

    Args:
        ones: What the pipeline makes of one row.
        many: What it makes of several.

    Raises:
        CannotFuse: It is not a matrix of numbers, or too wide.
    """
    if is_sparse(many):
        if many.format != "csr" or many.shape[1] > _WIDEST_SPARSE:
            raise CannotFuse("the pipeline", f"its matrix is {many.format}, with {many.shape[1]} columns")
        return _to_csr(type(many), many.dtype)
    array = as_array(many)
    dtype, one_row, rows = array.dtype, order_of(as_array(ones)), order_of(array)
    if dtype.kind == "O":
        dtype = numeric("the pipeline", array).dtype
    if dtype.kind not in "fiub":
        raise CannotFuse("the pipeline", f"what it gives to its last step is {dtype}, not numbers")

    def finished(block: Array) -> Array:
        if block.dtype != dtype:
            block = block.astype(dtype)
        return laid_out(block, one_row if len(block) == 1 else rows)

    return finished


def laid_out(block: Array, order: str) -> Array:
    """The same numbers in memory row by row (C) or column by column (F)."""
    stride = block.shape[1] if order == "C" else 1
    if block.strides[0] == block.itemsize * stride and block.flags.forc:
        return block
    out: Array = np.empty(block.shape, block.dtype, order=order)  # type: ignore[call-overload]
    out[...] = block
    return out


def order_of(array: Array) -> str:
    """F if an array lies in memory column by column, else C."""
    return "F" if array.shape[1] > 1 and array.strides[0] == array.itemsize else "C"


def to_sparse(kind: type) -> Op:
    """Makes a sparse matrix of a type of scipy's, where it is not one yet."""

    def convert(block: Any) -> Any:
        return block if is_sparse(block) else kind(block)

    return convert


def dtype_of(data: Any) -> np.dtype[Any]:
    """The type of an array, a sparse matrix, or a DataFrame's array."""
    return np.dtype(data.dtype) if is_sparse(data) else as_array(data).dtype


def as_array(data: Any) -> Array:
    """An array of what a step gives, as scikit-learn's check makes it (`sklearn.utils.check_array`).

    Of a DataFrame with truth values among its numbers numpy makes objects; scikit-learn gives all columns
    their common type first.
    """
    array = np.asarray(data)
    if array.dtype.kind != "O" or not hasattr(data, "dtypes"):
        return array
    types = list(data.dtypes)
    if not all(isinstance(one, np.dtype) and one.kind in "fiub" for one in types):
        return array
    return np.asarray(data.astype(np.result_type(*types)))


def numeric(named: str, array: Array) -> Array:
    """Objects that are numbers, as such."""
    if array.dtype.kind != "O":
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise CannotFuse(named, f"it gives objects that are not numbers: {error}") from error


def _to_csr(kind: type, dtype: Any) -> Op:
    def finished(block: Any) -> Any:
        matrix = block if is_sparse(block) else kind(block)
        return matrix if matrix.dtype == dtype else matrix.astype(dtype)

    return finished
