"""ONNX models: exports of `platformctl model onnx`, MLflow's onnx flavour, and a bare `model.onnx`."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import onnx_gate, onnx_own, onnx_session
from platformctl_predictors.formats.loading import Loaded, Pick
from platformctl_predictors.formats.mlmodel import MLmodel
from platformctl_predictors.formats.onnx_feeds import Feeder
from platformctl_predictors.formats.onnx_gate import GateReport
from platformctl_predictors.inputs.batch import Input
from platformctl_predictors.inputs.columns import Array
from platformctl_predictors.inputs.signature import Columns, Signature
from platformctl_predictors.outputs.result import Result, row_by_row
from platformctl_predictors.settings import FormatPredictor

BARE_FILE = "model.onnx"

logger = logging.getLogger(__name__)

_MAKE_ONE = "make one with `platformctl model onnx NAME`, or serve the model by another kind: auto"
_MATRICES = 3
"""Dimensions of the probabilities of several outputs of equally many classes."""


@dataclass(frozen=True, slots=True)
class Export:
    """An export that was made from the model beside it, and whose gate passed."""

    path: Path
    report: GateReport


class Unusable(ValueError):
    """There is an export, and it must not serve; the message says why."""


def exported(folder: Path, model_file: Path) -> Export | None:
    """The export in a model's folder that may serve; the log says why one that is there may not.

    Args:
        folder: The model's.
        model_file: The scikit-learn model that would be served else.
    """
    try:
        return _usable(folder, model_file)
    except Unusable as error:
        logger.warning("the ONNX export is not served: %s", error)
        return None


def load(folder: Path, model: MLmodel | None, wanted: FormatPredictor, gpu: int = 0) -> Loaded:
    """Serve a folder by ONNX Runtime: an `onnx` flavour, an export, or a bare `model.onnx`.

    Args:
        folder: The model's.
        model: Its MLmodel; None if it has none.
        wanted: What the settings say; `output` replaces what the model was logged with.
        gpu: How many GPUs were requested.

    Raises:
        Exit: 64, `output` is not what the model has; 65, there is no such model, it is corrupt, or its
            gate did not pass; 66, onnxruntime or a requested GPU is missing.
    """
    if model is not None and "onnx" in model.flavors:
        path = folder / str(model.flavors["onnx"].get("data") or BARE_FILE)
        return onnx_own.load(path, model, wanted, gpu, "onnx flavour of MLmodel")
    if (folder / onnx_gate.FOLDER).is_dir() or model is not None:
        return load_export(_required(folder), model, wanted, gpu)
    return onnx_own.load(folder / BARE_FILE, None, wanted, gpu, "no MLmodel, so the only model file")


def load_export(export: Export, model: MLmodel | None, wanted: FormatPredictor, gpu: int = 0) -> Loaded:
    """Serve an export.

    Raises:
        Exit: 64, `output` is not what the model has; 65, it is corrupt; 66, onnxruntime or a requested
            GPU is missing.
    """
    report = export.report
    output = _output(report, wanted)
    session = onnx_session.open_session(export.path, gpu)
    signature: Signature | None = None if report.columns is None else _signature(report)
    return Loaded(
        compute_of(session, report, output),
        signature if model is None else model.signature or signature,
        () if model is None else model.output_names,
        Pick("onnx", _why(report)),
        by_row=True,
        params=() if model is None else model.params,
        classes=None if output == "label" else report.classes,
    )


def compute_of(session: Any, report: GateReport, output: str) -> Callable[[Input], Result]:  # untyped
    """One call of an export.

    Args:
        session: ONNX Runtime's, of the export.
        report: Its gate.
        output: `label`, `probability`, `both`, or `rows`: probabilities without their classes.
    """
    feeder = Feeder(report, [tensor.name for tensor in session.get_inputs()])
    names = [tensor.name for tensor in session.get_outputs()]
    wanted = {"label": names[:1], "both": names[:2]}.get(output, names[1:2])
    result = _result_of(report, output)

    def compute(given: Input) -> Result:
        return result(onnx_session.run(session, wanted, feeder.feed(given.data)))

    return compute


def _usable(folder: Path, model_file: Path) -> Export | None:
    """None if there is nothing of ours.

    Raises:
        Unusable: There is, and it must not serve.
    """
    path, report_path = (
        folder / onnx_gate.FOLDER / name for name in (onnx_gate.ONNX_FILE, onnx_gate.REPORT_FILE)
    )
    if not report_path.is_file():
        if path.is_file():
            raise Unusable(f"{path} has no {onnx_gate.REPORT_FILE} beside it: no gate has passed")
        return None
    try:
        report = onnx_gate.read(report_path)
    except ValueError as error:
        raise Unusable(str(error)) from error
    _must_have_passed(report)
    for file, is_there, of in ((report.model, model_file, "the model"), (report.onnx, path, "the export")):
        if not is_there.is_file():
            raise Unusable(f"{is_there} does not exist")
        if file is None or onnx_gate.sha256(is_there) != file.sha256:
            raise Unusable(f"{is_there} is not {of} that the gate compared: their digests differ")
    return Export(path, report)


def _must_have_passed(report: GateReport) -> None:
    """The verdict is what the figures say, not what the file says of them."""
    fault = (
        "nothing was compared" if report.counts is None else onnx_gate.verdict(report.counts, report.bounds)
    )
    if fault is not None or report.verdict != "passed":
        raise Unusable(f"its equality gate failed: {fault or report.reason}")


def _required(folder: Path) -> Export:
    report_path = folder / onnx_gate.FOLDER / onnx_gate.REPORT_FILE
    try:
        model_file = folder / onnx_gate.read(report_path).model.file if report_path.is_file() else folder
        export = _usable(folder, model_file)
    except ValueError as error:
        raise Exit(Code.MODEL, f"the ONNX export may not serve: {error}", _MAKE_ONE) from error
    if export is None:
        raise Exit(Code.MODEL, f"predictor.kind is onnx, and {folder} has no ONNX model", _MAKE_ONE)
    return export


def _output(report: GateReport, wanted: FormatPredictor) -> str:
    if wanted.output is None:
        return "rows" if report.method == "predict_proba" else "label"
    if report.task == "regressor":
        raise Exit(
            Code.SETTINGS,
            f"predictor.output: {report.estimator} is a regressor, it has no labels and no probabilities",
            "leave predictor.output out",
        )
    if wanted.output != "label" and not report.probabilities:
        raise Exit(
            Code.SETTINGS,
            f"predictor.output: {report.estimator} has no probabilities",
            "leave predictor.output out, or fit a classifier with predict_proba",
        )
    return wanted.output


def _signature(report: GateReport) -> Columns:
    return Columns(tuple(column.column() for column in report.columns or ()))


def _why(report: GateReport) -> str:
    counts = report.counts
    if counts is None:
        raise AssertionError("an export without figures does not serve")
    return (
        f"ONNX export of {report.model.file} in {report.precision} precision; its gate passed on "
        f"{counts.rows} rows: {counts.flips} labels differ, at most {counts.max_difference or 0.0:.1e} "
        "between the scores"
    )


def _result_of(report: GateReport, output: str) -> Callable[[list[Any]], Result]:
    if report.task == "regressor":
        numbers = _numbers_of(report)
        return lambda got: Result(numbers(got[0]))
    labels, classes = _labels_of(report), report.classes
    if output == "label":
        return lambda got: Result(labels(got[0]))
    if output == "both":
        return lambda got: Result(labels(got[0]), _probabilities(got[1]), classes)
    shown = classes if output == "probability" else None
    return lambda got: Result(_as_rows(_probabilities(got[0])), None, shown)


def _numbers_of(report: GateReport) -> Callable[[Array], Array]:
    """A regressor's numbers, in the shape and precision that scikit-learn gives."""
    if report.outputs == 1:
        return lambda got: got.astype(np.float64, copy=False).reshape(-1)
    return lambda got: got.astype(np.float64, copy=False)


def _labels_of(report: GateReport) -> Callable[[Array], Array]:
    """Labels as the model was fitted with them: bool, int, float or str."""
    if report.labels == "value":
        kinds = {type(label) for label in _flat(report.classes or [])}
        kind = kinds.pop() if len(kinds) == 1 else None
        return lambda got: got if kind in (None, str, int) else got.astype(kind)
    classes = np.array(report.classes)
    if classes.dtype.kind == "U":
        classes = classes.astype(object)
    return lambda got: classes[got.reshape(-1)]


def _flat(classes: list[Any]) -> list[Any]:
    return [x for item in classes for x in (item if isinstance(item, list) else [item])]


def _probabilities(got: Any) -> Array | list[Array]:
    """Probabilities as float64; of several outputs: one array each."""
    if isinstance(got, list) or got.ndim == _MATRICES:
        return [item.astype(np.float64, copy=False) for item in got]
    return got.astype(np.float64, copy=False)  # type: ignore[no-any-return]  # onnxruntime ships no types


def _as_rows(probabilities: Array | list[Array]) -> Any:  # an array, or a list a row
    return row_by_row(probabilities) if isinstance(probabilities, list) else probabilities
