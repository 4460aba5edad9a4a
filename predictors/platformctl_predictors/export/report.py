"""The report of the equality gate. Pure, but for the versions that are installed."""

from collections.abc import Callable, Sequence
from importlib import metadata
from platform import python_version
from typing import Any

from platformctl_predictors.export import comparing
from platformctl_predictors.export.trial import Subject, Trial, provisional
from platformctl_predictors.formats import onnx_gate
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
    chosen: Trial,
    rows: tuple[str | None, int | None],
) -> GateReport:
    """What was compared, what was found, and what follows.

    Args:
        subject: The model and its answers.
        bounds: What was allowed.
        trials: All that was tried.
        chosen: The one that is judged; it has figures.
        rows: The file of the rows, and the seed.
    """
    if chosen.counts is None or chosen.comparison is None or chosen.got is None or chosen.path is None:
        raise AssertionError("a trial without figures cannot be judged")
    fault = onnx_gate.verdict(chosen.counts, bounds)
    onnx_file = None
    if fault is None:
        onnx_file = File(
            file=f"{onnx_gate.FOLDER}/{onnx_gate.ONNX_FILE}", sha256=onnx_gate.sha256(chosen.path)
        )
    return provisional(subject, chosen.labels).model_copy(
        update={
            "verdict": "passed" if fault is None else "failed",
            "reason": fault or f"the export is equal on {chosen.counts.rows} rows, within the bounds",
            "onnx": onnx_file,
            "precision": chosen.precision,
            "precision_why": _why(trials, chosen),
            "tried": tuple(Tried(precision=t.precision, counts=t.counts, error=t.error) for t in trials),
            "versions": {"python": python_version(), **_versions()},
            "rows": Rows(source=rows[0] or "generated", seed=rows[1], generated_from=subject.origins),
            "bounds": bounds,
            "counts": chosen.counts,
            "worst": comparing.worst(
                chosen.comparison, subject.expected, chosen.got, _values(subject), bounds
            ),
        }
    )


def _why(trials: Sequence[Trial], chosen: Trial) -> str:
    """`double precision: at most 3e-16 from the model; single: 2.4e-07`."""
    others = "; ".join(f"{t.precision}: {_distance(t)}" for t in trials if t is not chosen)
    return f"{_WORDS[chosen.precision]}: {_distance(chosen)}" + (f"; {others}" if others else "")


def _distance(trial: Trial) -> str:
    if trial.counts is None:
        return "does not export or load"
    largest = trial.counts.max_difference
    return "a number against none" if largest is None else f"at most {largest:.1e} from the model"


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # the servers' own code may be a copy that is not installed
            continue
    return found


def _values(subject: Subject) -> Callable[[int], dict[str, Any]]:
    """The values of a row by the columns' names."""
    columns, width = subject.source.columns, subject.source.width
    names = [None if columns is None else columns[n].name for n in range(width)]
    shown = [f"value {n}" if name is None else name for n, name in enumerate(names)]
    return lambda row: dict(zip(shown, map(comparing.jsonable, subject.rows[row]), strict=True))
