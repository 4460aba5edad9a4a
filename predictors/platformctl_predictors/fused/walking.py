"""The steps of a fitted pipeline, one by one, to what runs for each request.

Each step is given what it would be given in the pipeline, for a few sample rows. So types and layouts are
seen, not foretold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from platformctl_predictors.fused.comparing import agree, probes, quietly, strained
from platformctl_predictors.fused.encoders import lookups, merged
from platformctl_predictors.fused.known_values import branches_of, discretises, is_identity, steps_of
from platformctl_predictors.fused.layouts import as_array, dtype_of, numeric, order_of, to_sparse
from platformctl_predictors.fused.others import OPS, called
from platformctl_predictors.fused.outcome import CannotFuse
from platformctl_predictors.fused.pieces import Inner, Matrix, Numbers, Op, Piece, is_sparse, picker, to_dense
from platformctl_predictors.fused.sources import NUMBERS, Source, framed
from platformctl_predictors.inputs.columns import Array

_UNKNOWN = "it is not a step that is understood"


@dataclass(frozen=True, slots=True)
class Given:
    """What a step on columns of the request is given.

    Args:
        sources: The columns.
        sample: A few rows of them.
        whole: Whether all that the pipeline makes of them are whole numbers. Then it makes floats of them
            where one is missing, which is left to it.
        path: Names that lead to the step.
    """

    sources: tuple[Source, ...]
    sample: pd.DataFrame
    whole: bool = False
    path: tuple[str, ...] = ()

    def at(self, name: str) -> "Given":
        """The same, one name further down; a step without a name is where its owner is."""
        return replace(self, path=(*self.path, name)) if name else self


def matrix_of(steps: Sequence[tuple[str, Any]], given: Given) -> tuple[Matrix, Any]:
    """Steps in a row, from the columns of the request on.

    Returns:
        What runs, and what the steps made of the sample.

    Raises:
        CannotFuse: A step is not understood.
    """
    steps = [(name, step) for name, step in steps if not is_identity(step)]
    if not steps:
        return _numbers(given, type_name("passthrough", given.path)), given.sample
    head = _looked_up(steps)
    if head:
        matrix, sample = _lookups(steps[:head], given)
    else:
        matrix, sample = _first(steps[0][1], given.at(steps[0][0]))
    for name, step in steps[head or 1 :]:
        if is_sparse(sample):
            matrix = _then(matrix, to_sparse(type(sample)))
        op, sample = _on_numbers(step, sample, given.at(name).path)
        matrix = _then(matrix, op)
    return matrix, sample


def type_name(step: Any, path: Sequence[str] = ()) -> str:
    """How a message calls a step."""
    kind = step if isinstance(step, str) else type(step).__name__
    return f"{'/'.join(path)}: {kind}" if path else kind


def _looked_up(steps: Sequence[tuple[str, Any]]) -> int:
    """How many of the first steps can be looked up together. Branches are looked up each on its own."""
    if type(steps[0][1]) in (ColumnTransformer, FeatureUnion):
        return 0
    for count in range(len(steps), 0, -1):
        if discretises(Pipeline(list(steps[:count]))):
            return count
    return 0


def _lookups(steps: Sequence[tuple[str, Any]], given: Given) -> tuple[Matrix, Any]:
    def through(data: Any) -> Any:
        for _, step in steps:
            data = step.transform(data)
        return data

    def ask(rows: list[tuple[Any, ...]]) -> Any:
        return quietly(through, framed(given.sources, rows))

    named = type_name(steps[-1][1], given.at(steps[-1][0]).path)
    try:
        matrix = lookups(named, given.sources, ask)
    except CannotFuse:
        raise
    except Exception as error:  # whatever a step raises
        raise CannotFuse(named, f"{type(error).__name__}: {error}") from error
    sample = _passed(through, given.sample, named)
    dtype = dtype_of(sample)
    return (matrix if dtype.kind == "O" else replace(matrix, dtype=dtype)), sample


def _first(step: Any, given: Given) -> tuple[Matrix, Any]:
    """The first step, on columns of the request."""
    kind = type(step)
    if kind is Pipeline:
        return matrix_of(step.steps, given)
    if kind in (ColumnTransformer, FeatureUnion):
        return _side_by_side(step, given)
    if kind not in OPS:
        raise CannotFuse(type_name(step, given.path), _UNKNOWN)
    matrix = _numbers(given, type_name(step, given.path))
    op, sample = _on_numbers(step, given.sample, given.path)
    return _then(matrix, op), sample


def _side_by_side(step: Any, given: Given) -> tuple[Matrix, Any]:
    pieces: list[Piece] = []
    width = 0
    makes_floats = False
    weights = step.transformer_weights or {}
    for name, part, positions in branches_of(step):
        chosen = _chosen(step, given.at(name), positions)
        matrix, sample = matrix_of([("", part)], chosen)
        makes_floats = makes_floats or (matrix.alone is not None and matrix.dtype.kind == "f")
        if name in weights:
            matrix, sample = _then(matrix, _weighted(weights[name])), sample * weights[name]
        pieces.extend(_placed(matrix, width, sample.shape[1]))
        width += sample.shape[1]
    sample = _passed(step.transform, given.sample, type_name(step, given.path))
    if sample.shape[1] != width:
        raise CannotFuse(type_name(step, given.path), f"it gives {sample.shape[1]} columns, not {width}")
    dtype = sample.dtype if is_sparse(sample) else numeric(type_name(step), as_array(sample)).dtype
    if makes_floats and dtype.kind != "f":  # the sample lacks none of the whole numbers; a request may
        dtype = np.dtype(np.float64)
    return Matrix(width, dtype, merged(pieces)), sample


def _chosen(step: Any, given: Given, positions: list[int]) -> Given:
    """The columns of a branch: by name where the step was fitted with names, else by position."""
    if type(step) is FeatureUnion:
        return given
    names = getattr(step, "feature_names_in_", None)
    if names is not None:
        places = {name: place for place, name in enumerate(given.sample.columns)}
        missing = [str(names[position]) for position in positions if names[position] not in places]
        if missing:
            raise CannotFuse(type_name(step, given.path), f"the signature lacks {', '.join(missing)}")
        positions = [places[names[position]] for position in positions]
    sources = tuple(given.sources[position] for position in positions)
    return replace(given, sources=sources, sample=given.sample.iloc[:, positions])


def _numbers(given: Given, needs: str) -> Matrix:
    """The columns as a matrix of numbers."""
    for source in given.sources:
        if source.kind not in NUMBERS:
            raise CannotFuse(needs, f"{source.label} is {source.kind}, not a number")
    dtype = as_array(given.sample).dtype
    holes = not given.whole and any(not source.column.required for source in given.sources)
    if dtype.kind == "O" or (holes and dtype.kind != "f"):
        dtype = np.dtype(np.float64)
    single = tuple(place for place, source in enumerate(given.sources) if source.kind == "float")
    width = len(given.sources)
    indices = tuple(source.index for source in given.sources)
    piece = Numbers((0, width), indices, picker(indices), dtype, single if dtype != np.float32 else ())
    return Matrix(width, dtype, (piece,))


def _on_numbers(step: Any, sample: Any, path: tuple[str, ...]) -> tuple[Op, Any]:
    """A step on a matrix, and what it makes of the sample."""
    named = type_name(step, path)
    kind = type(step)
    if kind is Pipeline:
        return _in_a_row(step, sample, path)
    if kind in (ColumnTransformer, FeatureUnion) and not is_sparse(sample):
        return _split(step, sample, path)
    if kind not in OPS:
        raise CannotFuse(named, _UNKNOWN)
    made = _passed(step.transform, sample, named)
    if is_sparse(sample):
        return called(step, None), made
    given, dtype = as_array(sample), dtype_of(made)
    if dtype.kind == "O":
        raise CannotFuse(named, "it gives objects, not numbers")
    own = called(step, order_of(given))
    try:
        return _known_way(step, own, given, dtype) or own, made
    except Exception:  # noqa: BLE001 attributes are not what they are in the versions that are known
        return own, made


def _known_way(step: Any, own: Op, given: Array, dtype: np.dtype[Any]) -> Op | None:
    """The way in which this version of scikit-learn does a step, as `own` does; None: it is none we know.

    Two ways may differ for one number in a million only, so they are also tried where they differ for most.
    """
    tried, ways = probes(step, given), list(OPS[type(step)](step, dtype))
    if len(ways) > 1:
        twin = strained(step)
        twins_own, twins_ways = called(twin, order_of(given)), OPS[type(step)](twin, dtype)
        ways = [op for op, same in zip(ways, twins_ways, strict=True) if agree(same, twins_own, tried)]
    return next((op for op in ways if agree(op, own, tried)), None)


def _in_a_row(step: Any, sample: Any, path: tuple[str, ...]) -> tuple[Op, Any]:
    ops = []
    for name, part in steps_of(step):
        if is_sparse(sample):
            ops.append(to_sparse(type(sample)))
        op, sample = _on_numbers(part, sample, (*path, name))
        ops.append(op)

    def run(block: Array) -> Array:
        for op in ops:
            block = op(block)
        return block

    return run, sample


def _split(step: Any, sample: Any, path: tuple[str, ...]) -> tuple[Op, Any]:
    """Branches on a matrix, side by side."""
    weights = step.transformer_weights or {}
    branches: list[tuple[list[int], Op]] = []
    for name, part, positions in branches_of(step):
        places = positions or list(range(sample.shape[1]))
        chosen = sample.iloc[:, places] if hasattr(sample, "iloc") else sample[:, places]
        op, _ = (_same, chosen) if is_identity(part) else _on_numbers(part, chosen, (*path, name))
        branches.append((places, op))
        if name in weights:
            branches[-1] = (places, _both(op, _weighted(weights[name])))
    made = _passed(step.transform, sample, type_name(step, path))
    dtype = dtype_of(made)
    back = to_sparse(type(made)) if is_sparse(made) else _same

    def run(block: Array) -> Any:  # an array, or a sparse matrix
        parts = [to_dense(op(block[:, places])) for places, op in branches]
        return back(np.hstack(parts).astype(dtype, copy=False))

    return run, made


def _same(block: Any) -> Any:
    return block


def _both(first: Op, second: Op) -> Op:
    return lambda block: second(first(block))


def _weighted(weight: float) -> Op:
    return lambda block: block * weight


def _then(matrix: Matrix, op: Op) -> Matrix:
    """The matrix with one more step; numbers from one gathering stay in one piece."""
    alone = matrix.alone
    if alone is not None:
        return replace(matrix, pieces=(replace(alone, ops=(*alone.ops, op)),))
    return replace(matrix, ops=(*matrix.ops, op))


def _placed(matrix: Matrix, offset: int, width: int) -> list[Piece]:
    """The pieces of a matrix, in columns of a wider one."""
    if matrix.ops:
        return [Inner((offset, offset + width), matrix)]
    if matrix.alone is not None:
        return [replace(matrix.alone, at=(offset, offset + width))]
    return [piece.shifted(offset) for piece in matrix.pieces]


def _passed(call: Callable[[Any], Any], sample: Any, named: str) -> Any:
    """What a step makes of the sample."""
    try:
        return quietly(call, sample)
    except Exception as error:  # whatever a step raises
        raise CannotFuse(named, f"it refuses the sample: {type(error).__name__}: {error}") from error
