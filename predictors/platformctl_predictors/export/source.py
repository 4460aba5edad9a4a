"""The scikit-learn model in a folder, as its export needs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from platformctl_predictors.export import structure
from platformctl_predictors.export.errors import Unexportable
from platformctl_predictors.formats import files, mlmodel
from platformctl_predictors.formats.mlmodel import MLmodel
from platformctl_predictors.formats.onnx_feeds import NUMBERS, TEXTS, places
from platformctl_predictors.formats.onnx_gate import GateColumn
from platformctl_predictors.inputs.batch import Data, Table
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.inputs.signature import ANY, Column, Columns, Signature, Tensors
from platformctl_predictors.settings import FormatPredictor

_NUMBERS = {"long", "integer", "float", "double", "boolean"}


@dataclass(frozen=True)
class Source:
    """A fitted estimator, and what is known of its input.

    Args:
        folder: Where it lies.
        file: The model's file in it.
        estimator: The estimator.
        method: What a request gets: MLmodel's predict_fn.
        columns: Its columns; None: it takes an array.
        width: How many columns.
        signature: What requests are read by.
        example: Rows of its input example, checked; none if it has none.
    """

    folder: Path
    file: Path
    estimator: Any
    method: Literal["predict", "predict_proba"]
    columns: tuple[GateColumn, ...] | None
    width: int
    signature: Signature | None
    example: tuple[tuple[Any, ...], ...]

    @property
    def is_classifier(self) -> bool:
        """Whether it gives labels."""
        return hasattr(self.estimator, "classes_")

    @property
    def has_probabilities(self) -> bool:
        """Whether it gives probabilities."""
        return self.is_classifier and hasattr(self.estimator, "predict_proba")

    @property
    def classes(self) -> list[Any] | None:
        """The labels, as Python's own values; a list an output if there are several."""
        if not self.is_classifier:
            return None
        classes = self.estimator.classes_
        return [x.tolist() for x in classes] if isinstance(classes, list) else list(classes.tolist())

    def data(self, rows: Sequence[tuple[Any, ...]]) -> Data:
        """Rows as the server has them once they are read."""
        if self.columns is None:
            return np.array(rows, dtype=np.float64)
        return Table(tuple(column.column() for column in self.columns), list(rows))

    def asked(self, name: str) -> Callable[[Data], Any]:  # whatever an estimator gives
        """A method of the estimator, given rows as the server without ONNX gives them."""
        method = getattr(self.estimator, name)
        return lambda data: method(frame(data) if isinstance(data, Table) else data)

    def checked(self, rows: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Rows as a request has them, checked against the signature.

        Raises:
            BadInput: A row does not fit.
        """
        given = Reader(self.signature).v1({"instances": list(rows)})
        if given is None:
            return []
        if isinstance(given.data, Table):
            return _in_order(given.data, self.columns or ())
        return [tuple(row) for row in np.asarray(given.data).reshape(given.count, -1).tolist()]


def read(folder: Path, wanted: FormatPredictor) -> Source:
    """Load the model of a folder.

    Args:
        folder: As MLflow saved it, or with one bare file.
        wanted: Which types of a skops file are trusted, and whether another scikit-learn is allowed.

    Raises:
        Exit: 65 or 66, it cannot be loaded.
        Unexportable: It is no scikit-learn model, or takes what no ONNX graph of ours takes.
    """
    model = mlmodel.read(folder)
    file = _file(folder, model)
    method = _method(model)
    estimator = files.estimator(file, model, wanted)
    signature = None if model is None else model.signature
    columns = _columns(estimator, signature)
    width = len(columns) if columns is not None else _width(estimator, signature)
    if columns is not None and not isinstance(signature, Columns):
        signature = Columns(tuple(column.column() for column in columns))
    bare = Source(folder, file, estimator, method, columns, width, signature, ())
    return replace(bare, example=_example(bare))


def _file(folder: Path, model: MLmodel | None) -> Path:
    if model is None:
        file = files.bare_file(folder)
        if file.suffix == ".onnx":
            raise Unexportable(f"{folder} holds an ONNX model already: {file.name}")
        return file
    if "sklearn" in model.flavors:
        return files.flavor_file(model)
    already = ", it is an ONNX model already" if "onnx" in model.flavors else ""
    raise Unexportable(f"{folder} holds no scikit-learn model{already}; its flavours: {model.flavor_names}")


def _method(model: MLmodel | None) -> Literal["predict", "predict_proba"]:
    method = mlmodel.predict_fn(model)
    if method not in {"predict", "predict_proba"}:
        raise Unexportable(
            f"predict_fn of the MLmodel is {method}; an export has predict and predict_proba only"
        )
    return "predict_proba" if method == "predict_proba" else "predict"


def _columns(estimator: Any, signature: Signature | None) -> tuple[GateColumn, ...] | None:
    """The signature's columns, else those that the estimator was fitted with."""
    if isinstance(signature, Tensors):
        return None
    if isinstance(signature, Columns):
        typed = [column for column in signature.columns if column.type != ANY]
        if len(typed) == len(signature.columns):
            return tuple(_column(column) for column in typed)
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return None
    facts = structure.facts(estimator, [str(name) for name in names])
    return tuple(
        GateColumn(name=str(name), type="string", required=True, tensor=TEXTS)
        if facts[index].is_text
        else GateColumn(name=str(name), type="double", required=True, tensor=NUMBERS)
        for index, name in enumerate(names)
    )


def _column(column: Column) -> GateColumn:
    if column.type not in {*_NUMBERS, "string"}:
        raise Unexportable(
            f'column "{column.name}" is a {column.type}; an export takes numbers, booleans and strings'
        )
    tensor: Literal["numbers", "texts"] = "numbers" if column.type in _NUMBERS else "texts"
    return GateColumn(name=column.name, type=column.type, required=column.required, tensor=tensor)


def _width(estimator: Any, signature: Signature | None) -> int:
    if isinstance(signature, Tensors):
        first = signature.tensors[0]
        if len(signature.tensors) != 1 or len(first.shape) != 2 or np.dtype(first.dtype).kind not in "fiub":  # noqa: PLR2004 - rows and columns
            raise Unexportable("the signature is not one tensor of rows of numbers")
        if first.shape[1] > 0:
            return first.shape[1]
    width = getattr(estimator, "n_features_in_", None)
    if width is None:
        raise Unexportable("it is not known how many columns the model takes: log it with a signature")
    return int(width)


def _example(source: Source) -> tuple[tuple[Any, ...], ...]:
    """An example may be stale: then it is none."""
    try:
        rows = mlmodel.example_rows(source.folder)
        return tuple(source.checked(rows)) if rows else ()
    except (OSError, ValueError, BadInput):
        return ()


def _in_order(table: Table, columns: Sequence[GateColumn]) -> list[tuple[Any, ...]]:
    at = places(table.columns, columns)
    return [tuple(None if p is None else row[p] for p in at) for row in table.rows]
