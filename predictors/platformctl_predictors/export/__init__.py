"""ONNX exports of scikit-learn models, and the gate that holds them equal.

    from pathlib import Path
    from platformctl_predictors.export import Asked, Bounds, export_model

    report = export_model(Path("model"), Path("model-with-onnx"), Asked(rows=Path("rows.jsonl")))
    print(report.verdict, report.counts)

A library; `python -m platformctl_predictors.export` is the same as a program. Needs the extra `export`.
The server never imports it: it reads the report (`formats/onnx_gate.py`).
"""

from typing import TYPE_CHECKING, Any

from platformctl_predictors.export.errors import BadRows, Unexportable
from platformctl_predictors.formats.onnx_gate import Bounds, Counts, GateReport

if TYPE_CHECKING:
    from platformctl_predictors.export.exporting import Asked, export_model, gate

__all__ = ["Asked", "BadRows", "Bounds", "Counts", "GateReport", "Unexportable", "export_model", "gate"]


def __getattr__(name: str) -> Any:  # what exporting.py has
    """Import what needs skl2onnx only when it is asked for: without it the program can say so."""
    if name not in {"Asked", "export_model", "gate"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from platformctl_predictors.export import exporting

    return getattr(exporting, name)
