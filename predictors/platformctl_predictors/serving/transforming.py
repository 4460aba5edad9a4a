"""A transformer by columns, made for the predictor that stands behind it."""

from collections.abc import Sequence

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.inputs.signature import ANY, Column, Columns, Signature, Tensors, TensorSpec
from platformctl_predictors.settings import Features
from platformctl_transformers import Expected, FeaturesUnusable, FeatureTransformer, Rules, plan

_FIELD = "transformer.features"
_TABLE = 2
_TYPES = {
    "bool": "boolean",
    "int32": "integer",
    "int64": "long",
    "float32": "float",
    "float64": "double",
}
"""The columns of a tensor, by its dtype."""


def check(wanted: Features) -> None:
    """Refuse what no predictor could work with, before one is loaded.

    Raises:
        Exit: 64, the settings contradict themselves.
    """
    try:
        plan(_rules(wanted), None)
    except FeaturesUnusable as error:
        raise _exit(error) from error


def make(wanted: Features, name: str, signature: Signature | None) -> FeatureTransformer:
    """The transformer.

    Args:
        wanted: What becomes of which column.
        name: The model's name.
        signature: What the predictor takes; None: it does not say, and all is passed on.

    Raises:
        Exit: 64, the predictor could never be given what it takes.
    """
    try:
        return FeatureTransformer(name, plan(_rules(wanted), _expected(signature, wanted.select)))
    except FeaturesUnusable as error:
        raise _exit(error) from error


def expected(transformer: FeatureTransformer) -> Columns | None:
    """What callers have to send; None: whatever the predictor takes, which does not say."""
    columns = transformer.expected
    return None if columns is None else Columns(tuple(Column(c.name, c.type, c.required) for c in columns))


def _rules(wanted: Features) -> Rules:
    return Rules(wanted.rename, wanted.default, wanted.cast, wanted.select)


def _expected(signature: Signature | None, select: Sequence[str] | None) -> list[Expected] | None:
    if isinstance(signature, Columns):
        return [Expected(column.name, column.type, column.required) for column in signature.columns]
    if isinstance(signature, Tensors):
        spec = signature.tensors[0]
        if len(signature.tensors) > 1 or spec.name is not None or len(spec.shape) != _TABLE:
            raise _no_table(signature.tensors)
        width = spec.shape[1] if spec.shape[1] >= 0 else len(select or ())
        return [Expected(None, _TYPES.get(spec.dtype, ANY))] * width
    return None


def _no_table(tensors: Sequence[TensorSpec]) -> Exit:
    shown = ", ".join(f"{spec.name or 'one'} of shape {list(spec.shape)}" for spec in tensors)
    return Exit(
        Code.SETTINGS,
        f"{_FIELD}: the model takes tensors ({shown}), and features works on columns",
        "write a class: transformer.class",
    )


def _exit(error: FeaturesUnusable) -> Exit:
    return Exit(Code.SETTINGS, f"{_FIELD}.{error.field}: {error}", error.hint)
