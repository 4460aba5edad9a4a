"""The report of the equality gate. Pure, but for the versions that are installed."""

from collections.abc import Callable, Sequence
from platform import python_version
from typing import Any

from platformctl_predictors.export import comparing
from platformctl_predictors.export.trial import Figures, Graph, Subject, Trial, provisional
from platformctl_predictors.formats import onnx_gate
from platformctl_predictors.formats.mlmodel import installed
from platformctl_predictors.formats.onnx_gate import Bounds, File, GateReport, Rows, Tried

_LIBRARIES = ("scikit-learn", "skl2onnx", "onnx", "onnxruntime", "numpy", "platformctl-predictors")
_WORDS = {
    "single": "single precision",
    "mixed": "preprocessing in double and the estimator in single precision",
    "double": "double precision",
}


def report(
    subject: Subject,
    bounds: Bounds,
    trials: Sequence[Trial],
    chosen: tuple[Graph, Figures],
    rows: tuple[str | None, int | None],
) -> GateReport:
    """What was compared, what was found, and what follows.

    Args:
        subject: The model and its answers.
        bounds: What was allowed.
        trials: All that was tried.
        chosen: The one that is judged.
        rows: The file of the rows, and the seed.
    """
    graph, figures = chosen
    fault = onnx_gate.verdict(figures.counts, bounds)
    onnx_file = None
    if fault is None:
        onnx_file = File(
            file=f"{onnx_gate.FOLDER}/{onnx_gate.ONNX_FILE}", sha256=onnx_gate.sha256(graph.path)
        )
    worst = comparing.worst(figures.comparison, subject.expected, figures.got, _values(subject), bounds)
    return provisional(subject, graph.labels).model_copy(
        update={
            "verdict": "passed" if fault is None else "failed",
            "reason": fault or f"the export is equal on {figures.counts.rows} rows, within the bounds",
            "onnx": onnx_file,
            "precision": graph.precision,
            "precision_why": _why(trials, graph),
            "tried": tuple(_tried(trial) for trial in trials),
            "versions": {"python": python_version(), **_versions()},
            "rows": Rows(source=rows[0] or "generated", seed=rows[1], generated_from=subject.origins),
            "bounds": bounds,
            "counts": figures.counts,
            "worst": worst,
        }
    )


def _tried(trial: Trial) -> Tried:
    counts = None if trial.figures is None else trial.figures.counts
    return Tried(precision=trial.graph.precision, counts=counts, error=trial.graph.error)


def _why(trials: Sequence[Trial], chosen: Graph) -> str:
    """`double precision: at most 3e-16 from the model; single: at most 2.4e-07 from the model`."""
    own = next(_distance(trial) for trial in trials if trial.graph is chosen)
    others = [f"{t.graph.precision}: {_distance(t)}" for t in trials if t.graph is not chosen]
    return "; ".join([f"{_WORDS[chosen.precision]}: {own}", *others])


def _distance(trial: Trial) -> str:
    if trial.figures is None:
        return "does not export or load"
    largest = trial.figures.counts.max_difference
    return "a number against none" if largest is None else f"at most {largest:.1e} from the model"


def _versions() -> dict[str, str]:
    found = {name: installed(name) for name in _LIBRARIES}
    # The servers' own code may be a copy that is not installed.
    return {name: version for name, version in found.items() if version is not None}


def _values(subject: Subject) -> Callable[[int], dict[str, Any]]:
    """The values of a row by the columns' names."""
    columns, width = subject.source.columns, subject.source.width
    names = [None if columns is None else columns[n].name for n in range(width)]
    shown = [f"value {n}" if name is None else name for n, name in enumerate(names)]
    return lambda row: dict(zip(shown, map(comparing.jsonable, subject.rows[row]), strict=True))
