"""scikit-learn estimators: their preprocessing fused where it can be, else exactly as they were saved."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformctl_predictors.formats import files, mlmodel
from platformctl_predictors.formats.by_row import by_row
from platformctl_predictors.formats.loading import Faster, Loaded, Pick
from platformctl_predictors.formats.mlmodel import MLmodel
from platformctl_predictors.formats.questions import Question, question
from platformctl_predictors.formats.refusals import refusal
from platformctl_predictors.fused import Fused, NotFused, fuse
from platformctl_predictors.fused.linear import Direct
from platformctl_predictors.fused.outcome import METHODS
from platformctl_predictors.inputs.batch import Data, Input, Table
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.inputs.signature import ANY, Column, Columns, Signature
from platformctl_predictors.outputs.result import Result
from platformctl_predictors.settings import FormatPredictor

Run = Callable[[Data], Result]

logger = logging.getLogger(__name__)

_ONNX = Faster("onnx", "an export that is equal enough: `platformctl model onnx NAME`")
_EXAMPLES = 100
"""Rows of the input example that the fused steps are compared on, at most."""


@dataclass(frozen=True, slots=True)
class _Source:
    """An estimator, and what is known beside it."""

    estimator: Any
    path: Path
    why: str
    signature: Signature | None
    output_names: tuple[str, ...] = ()
    model: MLmodel | None = None


def load_flavor(model: MLmodel, wanted: FormatPredictor) -> Loaded:
    """The estimator that MLflow's scikit-learn flavour saved.

    Raises:
        Exit: 64, `output` is not what it has; 65 or 66, it cannot be loaded.
    """
    path = files.flavor_file(model)
    estimator = files.estimator(path, model, wanted)
    signature = model.signature or _fitted_columns(estimator)
    why = f"scikit-learn flavour of MLmodel: {path.name}"
    return _loaded(_Source(estimator, path, why, signature, model.output_names, model), wanted)


def load_bare(path: Path, wanted: FormatPredictor) -> Loaded:
    """The estimator in the only model file of a folder without MLmodel.

    Raises:
        Exit: 64, `output` is not what it has; 65 or 66, it cannot be loaded.
    """
    estimator = files.estimator(path, None, wanted)
    why = f"no MLmodel, so the only model file: {path.name}"
    return _loaded(_Source(estimator, path, why, _fitted_columns(estimator)), wanted)


def _loaded(source: _Source, wanted: FormatPredictor) -> Loaded:
    predict_fn = mlmodel.predict_fn(source.model)
    asked = question(source.estimator, predict_fn, wanted.output, str(source.path))
    why = f"{source.why}, {type(source.estimator).__name__}.{asked.text}"
    if wanted.kind == "pipeline":
        faster = (_ONNX, Faster("fused", "predictor.kind auto or sklearn"))
        run, pick = (
            _plain(source, asked),
            Pick("pipeline", f"{why}; as it was saved, by the settings", faster),
        )
    else:
        run, pick = _fused_or_plain(source, asked, why)
    return Loaded(
        _compute(run),
        source.signature,
        source.output_names,
        pick,
        by_row=by_row(source.estimator),
        params=() if source.model is None else source.model.params,
        classes=asked.classes,
    )


def _fused_or_plain(source: _Source, asked: Question, why: str) -> tuple[Run, Pick]:
    if not isinstance(source.signature, Columns):  # arrays are taken as they come: nothing to fuse
        return _plain(source, asked), Pick("pipeline", why, (_ONNX,))
    outcome = _fuse(source, source.signature, asked)
    if isinstance(outcome, NotFused):
        reason = f"{outcome.step}: {outcome.reason}"
        ways = (_ONNX, Faster("fused", f"a pipeline of standard steps; in the way is {reason}"))
        return _plain(source, asked), Pick("pipeline", f"{why}; preprocessing not fused: {reason}", ways)
    ask, transform = asked.ask(outcome.estimator), outcome.transform

    def run(data: Data) -> Result:
        return ask(transform(data))  # type: ignore[arg-type]  # a signature of columns gives tables

    # A linear model that is computed directly is as fast as ONNX Runtime.
    faster = () if isinstance(outcome.estimator, Direct) else (_ONNX,)
    return run, Pick("fused", f"{why}; preprocessing fused: {outcome.summary}", faster)


def _plain(source: _Source, asked: Question) -> Run:
    ask = asked.ask(source.estimator)
    return lambda data: ask(frame(data) if isinstance(data, Table) else data)


def _fuse(source: _Source, signature: Columns, asked: Question) -> Fused | NotFused:
    unproven = [method for method in asked.methods if method not in METHODS]
    if unproven:
        return NotFused(unproven[0], "only predict and predict_proba are proven equal")
    try:
        return fuse(source.estimator, signature, _example(signature, source.path.parent))
    except Exception as error:
        logger.exception("fusing failed; the plain pipeline serves")
        return NotFused("fusing", f"it failed: {type(error).__name__}: {error}")


def _example(signature: Columns, folder: Path) -> Sequence[tuple[Any, ...]] | None:
    """The rows of the model's own input example, as far as they fit."""
    try:
        given = Reader(signature).v1({"instances": (mlmodel.example_rows(folder) or [])[:_EXAMPLES]})
    except (OSError, ValueError) as error:
        logger.warning("the input example is not used to prove anything: %s", error)
        return None
    return given.data.rows if given is not None and isinstance(given.data, Table) else None


def _compute(run: Run) -> Callable[[Input], Result]:
    def compute(given: Input) -> Result:
        try:
            return run(given.data)
        except BadInput:
            raise
        except ValueError as error:
            refused = refusal(error, given.data)
            if refused is not None:
                raise refused from error
            raise

    return compute


def _fitted_columns(estimator: object) -> Signature | None:
    """scikit-learn remembers the columns of the DataFrame that it was fitted with."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return None
    return Columns(tuple(Column(str(name), ANY) for name in names))
