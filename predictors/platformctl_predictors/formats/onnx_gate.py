"""What the equality gate of an ONNX export found: the file `onnx/gate.json` beside `onnx/model.onnx`.

Written by `platformctl_predictors.export`; read by the server, which serves no export without it.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from platformctl_predictors.inputs.signature import Column
from platformctl_predictors.settings import Frozen

FOLDER = "onnx"
ONNX_FILE = "model.onnx"
REPORT_FILE = "gate.json"

_CHUNK_BYTES = 1 << 20

Share = Annotated[float, Field(ge=0, le=1)]
Precision = Literal["single", "mixed", "double"]


class Bounds(Frozen):
    """How far the export may be from the model.

    A difference is that of probabilities; for regressors that of predictions, divided by their standard
    deviation over the rows.
    """

    flips: int = Field(default=0, ge=0, description="Rows whose label differs, at most.")
    tolerance: float = Field(default=1e-5, ge=0, description="A row within it counts as equal.")
    share: Share = Field(default=0.999, description="The share of the rows within the tolerance, at least.")
    limit: float = Field(default=0.05, ge=0, description="No row differs by more.")


class Counts(Frozen):
    """What was found. NaN where the model gives a number is beyond the limit."""

    rows: int = Field(ge=0, description="Rows that were compared.")
    flips: int = Field(ge=0, description="Rows whose label differs.")
    within: int = Field(ge=0, description="Rows within the tolerance.")
    beyond: int = Field(ge=0, description="Rows beyond the limit.")
    unlike: int = Field(
        default=0, ge=0, description="Rows that one of the two refuses and the other answers."
    )
    max_difference: float | None = Field(description="None: a number against none, or infinity.")


class File(Frozen):
    """A file, and what was in it."""

    file: str = Field(description="Its path in the model's folder.")
    sha256: str


class Tried(Frozen):
    """One precision that was tried."""

    precision: Precision
    counts: Counts | None = None
    error: str | None = Field(default=None, description="Why there are no counts.")


class Rows(Frozen):
    """The rows that were compared."""

    source: str = Field(description="`generated`, or the file's name.")
    seed: int | None = None
    generated_from: tuple[str, ...] = Field(default=(), description="What the values were taken from.")


class Worst(Frozen):
    """A row, and both answers to it."""

    row: int = Field(description="Its index, from 0.")
    values: dict[str, Any]
    expected: Any = Field(description="What scikit-learn gives.")
    got: Any = Field(description="What the export gives.")
    difference: float | None = Field(description="None: one of the two has no number.")
    flipped: bool = False


class GateColumn(Frozen):
    """A column, and which tensor it goes to."""

    name: str | None
    type: str
    required: bool = True
    tensor: Literal["numbers", "texts"]

    def column(self) -> Column:
        """As the signature has it."""
        return Column(self.name, self.type, self.required)


class Refusal(Frozen):
    """Values of one column that scikit-learn refuses, and that the graph would take without a word."""

    missing: bool = Field(default=False, description="Null, and NaN.")
    allowed: tuple[bool | int | float | str, ...] | None = Field(
        default=None, description="All that is taken; None: anything."
    )


class GateReport(Frozen):
    """The whole of `gate.json`."""

    schema_version: Literal[1] = 1
    verdict: Literal["passed", "failed"]
    reason: str = Field(description="One sentence.")
    model: File
    onnx: File | None = Field(description="None: there is no export that may serve.")
    estimator: str
    method: Literal["predict", "predict_proba"] = Field(description="MLmodel's predict_fn.")
    task: Literal["classifier", "regressor"]
    probabilities: bool = Field(default=False, description="Whether the export has them.")
    outputs: int = Field(default=1, ge=1, description="How many labels or numbers a row has.")
    classes: list[Any] | None = Field(default=None, description="A list a label, if there are several.")
    labels: Literal["index", "value"] = Field(
        default="value", description="What the graph gives: the label, or its index in `classes`."
    )
    columns: tuple[GateColumn, ...] | None = Field(
        default=None, description="None: the model takes an array."
    )
    missing_text: str = Field(default="", description="What stands for null in the tensor of texts.")
    magnitude: float = Field(default=1e18, description="Numbers beyond it are refused: see `docs/onnx.md`.")
    refuses: dict[int, Refusal] = Field(default={}, description="By the column's index.")
    precision: Precision | None = None
    precision_why: str = ""
    tried: tuple[Tried, ...] = ()
    versions: dict[str, str]
    rows: Rows
    bounds: Bounds
    counts: Counts | None
    worst: tuple[Worst, ...] = ()


def verdict(counts: Counts, bounds: Bounds) -> str | None:
    """Why the gate fails; None if it passes. Pure."""
    if counts.rows == 0:
        return "no row was compared"
    if counts.unlike:
        return (
            f"{counts.unlike} of {counts.rows} rows are refused by one of the two and answered by the other"
        )
    if counts.flips > bounds.flips:
        return f"{counts.flips} of {counts.rows} labels differ, {bounds.flips} may"
    if counts.beyond:
        return f"{counts.beyond} of {counts.rows} rows differ by more than {bounds.limit:g}"
    if counts.within < bounds.share * counts.rows:
        return (
            f"{counts.rows - counts.within} of {counts.rows} rows differ by more than {bounds.tolerance:g}; "
            f"{1 - bounds.share:.3%} may"
        )
    return None


def read(path: Path) -> GateReport:
    """Read a report.

    Raises:
        ValueError: It cannot be read, or is none.
    """
    try:
        return GateReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise ValueError(f"{path} is no report of the gate: {where}: {first['msg']}") from error


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
