"""A fitted estimator to its fused form, with the proof; or the reason why not."""

from collections.abc import Callable, Sequence
from typing import Any

from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline

from platformctl_predictors.fused.comparing import quietly
from platformctl_predictors.fused.edge_rows import edge_rows
from platformctl_predictors.fused.known_values import branches_of, is_identity, known_values, steps_of
from platformctl_predictors.fused.layouts import as_array, dtype_of, finish
from platformctl_predictors.fused.linear import Direct, direct
from platformctl_predictors.fused.others import nameless
from platformctl_predictors.fused.outcome import METHODS, CannotFuse, Fused, NotFused
from platformctl_predictors.fused.pieces import Plan, Row
from platformctl_predictors.fused.proof import Proof
from platformctl_predictors.fused.sources import Source, framed, sources
from platformctl_predictors.fused.walking import Given, matrix_of, type_name
from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.signature import ANY, Columns

Steps = list[tuple[str, Any]]
Rebuild = Callable[[Any], Any]
"""Puts another last step into whatever stood around it."""

_SAMPLE = 3
_NAMED = 2


def fuse(estimator: Any, signature: Columns, example: Sequence[Row] | None = None) -> Fused | NotFused:
    """Compile a fitted estimator to a few numpy operations, and prove it equal.

    Args:
        estimator: A fitted Pipeline, a search over one, a regressor on a transformed target, or an
            estimator alone.
        signature: What its requests have.
        example: Rows of a table of that signature: checked values.

    Returns:
        The fused form; or the step that is not understood or not equal, and why.
    """
    try:
        return _fused(estimator, signature, list(example or ()))
    except CannotFuse as error:
        return NotFused(error.step, error.reason)
    except Exception as error:  # noqa: BLE001 a model may be anything; the plain pipeline serves it
        return NotFused(type_name(estimator), f"{type(error).__name__}: {error}")


def _fused(estimator: Any, signature: Columns, example: list[Row]) -> Fused:
    steps, last, rebuild = _taken_apart(estimator)
    names = [index if column.name is None else column.name for index, column in enumerate(signature.columns)]
    columns = sources(signature, known_values([step for _, step in steps], names), example)
    before = _before(steps)
    sample, many = _sample(signature, columns, example, before)
    _refuse_strangers(last, many)
    whole = dtype_of(many).kind in "iub"
    matrix, _ = matrix_of(steps, Given(columns, framed(columns, sample), whole))
    ones = quietly(before, Table(signature.columns, sample[:1]))
    read = [columns[index] for index in sorted(set(matrix.reads))]
    untyped = tuple((c.index, allowed) for c in read if (allowed := c.untyped) is not None)
    plan = Plan(signature.columns, untyped, matrix, finish(ones, many))
    edges = edge_rows(columns, sample[0])
    proof = Proof(plan, before, [*example, *edges])
    if not any(row is sample[0] for row in proof.rows):
        raise CannotFuse(type_name(estimator), "its fused form does not take an ordinary row")
    fast = _last_step(estimator, last, rebuild, proof)
    given = sum(any(row is taken for taken in proof.rows) for row in example)
    summary = f"{_listed(steps)}; equal on {given} example and {len(proof.rows) - given} edge rows"
    return Fused(fast, summary, plan, lambda table: _as_array(before(table)))


def _taken_apart(estimator: Any) -> tuple[Steps, Any, Rebuild]:
    """The steps before the last, the last, and what puts another last step in its place."""
    kind = type(estimator)
    if kind in (GridSearchCV, RandomizedSearchCV):
        return _taken_apart(estimator.best_estimator_)
    if kind is TransformedTargetRegressor:
        steps, last, inner = _taken_apart(estimator.regressor_)
        return steps, last, lambda new: _around(estimator, inner(new))
    if kind is Pipeline:
        before = [(name, step) for name, step in estimator.steps[:-1] if not is_identity(step)]
        more, last, rebuild = _taken_apart(estimator.steps[-1][1])
        return [*before, *more], last, rebuild
    return [], estimator, lambda new: new


def _around(target: Any, regressor: Any) -> Any:
    """A regressor on a transformed target, with another regressor."""
    twin = nameless(target)
    twin.regressor_ = regressor
    return twin


def _before(steps: Steps) -> Callable[[Table], Any]:
    """What the steps before the last do, as they were saved."""

    def before(table: Table) -> Any:
        data: Any = frame(table)
        for _, step in steps:
            data = step.transform(data)
        return data

    return before


def _as_array(data: Any) -> Any:
    return data if hasattr(data, "format") else as_array(data)


def _sample(
    signature: Columns, columns: Sequence[Source], example: Sequence[Row], before: Callable[[Table], Any]
) -> tuple[list[Row], Any]:
    """A few rows that the steps take, of the example or ordinary ones, and what they make of them."""
    ordinary = tuple(column.ordinary() for column in columns)
    floats = [
        tuple(_as_float(column, value) for column, value in zip(columns, row, strict=True))
        for row in example[:_SAMPLE]
    ]
    rows = (floats * _SAMPLE)[:_SAMPLE]
    if rows:
        try:
            return rows, quietly(before, Table(signature.columns, rows))
        except Exception:  # noqa: BLE001,S110 an example may be one that the model refuses
            pass
    rows = [ordinary] * _SAMPLE
    return rows, quietly(before, Table(signature.columns, rows))


def _as_float(column: Source, value: Any) -> Any:
    """Without a type, whole numbers of the example would make a column of integers."""
    untyped = column.column.type == ANY and column.kind == "double"
    return float(value) if untyped and type(value) is int else value


def _refuse_strangers(last: Any, given: Any) -> None:
    """Whether a DataFrame or an array comes is the same to scikit-learn's own estimators only."""
    if not hasattr(given, "iloc") or type(last).__module__.partition(".")[0] == "sklearn":
        return
    raise CannotFuse(type_name(last), "it is given a DataFrame, and is not scikit-learn's own")


def _last_step(estimator: Any, last: Any, rebuild: Rebuild, proof: Proof) -> Any:
    """The last step for arrays: as direct as it can be proven."""
    methods = [name for name in METHODS if callable(getattr(estimator, name, None))]
    if not methods:
        raise CannotFuse(type_name(estimator), "it has no predict()")
    bare = nameless(last)
    plain, own = rebuild(bare), rebuild(last)
    proof.steps(getattr(plain, methods[0]))
    shortcuts = direct(bare)
    if shortcuts:
        fast = rebuild(Direct(bare, shortcuts))
        try:
            _hold(methods, estimator, own, fast, proof)
        except CannotFuse:
            pass
        else:
            return fast
    _hold(methods, estimator, own, plain, proof)
    return plain


def _hold(methods: Sequence[str], estimator: Any, own: Any, fused: Any, proof: Proof) -> None:
    for name in methods:
        proof.method(name, _framed(getattr(estimator, name)), getattr(own, name), getattr(fused, name))


def _framed(method: Callable[[Any], Any]) -> Callable[[Table], Any]:
    return lambda table: method(frame(table))


def _listed(steps: Steps) -> str:
    """The types of the steps, most of them counted only."""
    kinds = list(dict.fromkeys(kind for _, step in steps for kind in _kinds(step)))
    if not kinds:
        return "no preprocessing"
    more = f" and {len(kinds) - _NAMED} more" if len(kinds) > _NAMED else ""
    return ", ".join(kinds[:_NAMED]) + more


def _kinds(step: Any) -> list[str]:
    if type(step) is Pipeline:
        return [kind for _, part in steps_of(step) for kind in _kinds(part)]
    if type(step) in (ColumnTransformer, FeatureUnion):
        return [kind for _, part, _ in branches_of(step) for kind in _kinds(part)]
    return [] if is_identity(step) else [type_name(step)]
