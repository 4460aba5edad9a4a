"""What a model takes and gives: MLflow's signature as plain values.

Source of the format: https://mlflow.org/docs/latest/ml/model/signatures/ (JSON strings in the
MLmodel file: a list of column specs, or a list of tensor specs).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ANY = "any"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `type` is MLflow's name (`long`, `double`, …), or `any`: not checked."""

    name: str | None
    type: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Columns:
    """A table: rows of the same columns."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names; empty if the model knows its columns by position only."""
        names = tuple(column.name for column in self.columns if column.name is not None)
        return names if len(names) == len(self.columns) else ()

    def describe(self) -> str:
        """What the model expects, for an error message."""
        if not self.names:
            return f"{len(self.columns)} values a row"
        shown = (f"{c.name}: {c.type}{'' if c.required else '?'}" for c in self.columns)
        return "the model expects " + ", ".join(shown)


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor. -1 in `shape` stands for any size; the first dimension is the rows."""

    name: str | None
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tensors:
    """One tensor without a name, or several with."""

    tensors: tuple[TensorSpec, ...]


@dataclass(frozen=True, slots=True)
class AsIs:
    """The model checks its own input (MLflow's type hints): rows are handed over unchanged."""


Signature = Columns | Tensors | AsIs


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a request.

    Args:
        name: Its name.
        type: MLflow's name of its type (`long`, `double`, …), or `object`: not checked here.
        default: What it is where the caller does not give it, as JSON has it.
        shape: () for a single value, (-1,) for a list of any length.
    """

    name: str
    type: str
    default: object
    shape: tuple[int, ...] = ()


class BadSignature(ValueError):
    """The MLmodel file's signature cannot be understood."""


def parse_inputs(text: str) -> Signature:
    """The input side of a signature, from its JSON.

    Raises:
        BadSignature: It is not JSON, or not a list of column or tensor specs.
    """
    specs = _specs(text)
    try:
        if any(spec.get("type") == "tensor" for spec in specs):
            return Tensors(tuple(_tensor(spec) for spec in specs))
        return Columns(tuple(_column(spec) for spec in specs))
    except (KeyError, TypeError, ValueError) as error:
        raise BadSignature(f"a spec lacks or misuses {error}") from error


def parse_output_names(text: str) -> tuple[str, ...]:
    """Names of the outputs, those that have one.

    Raises:
        BadSignature: It is not JSON, or not a list of specs.
    """
    return tuple(str(spec["name"]) for spec in _specs(text) if spec.get("name") is not None)


def parse_params(text: str) -> tuple[Param, ...]:
    """The parameters of a signature, from their JSON.

    Raises:
        BadSignature: It is not JSON, or not a list of parameter specs.
    """
    try:
        return tuple(
            Param(str(s["name"]), str(s.get("type") or s["dtype"]), s["default"], _shape(s.get("shape")))
            for s in _specs(text)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadSignature(f"a parameter lacks or misuses {error}") from error


def _specs(text: str) -> Sequence[Mapping[str, object]]:
    try:
        specs = json.loads(text)
    except (TypeError, ValueError) as error:
        raise BadSignature(f"not JSON: {error}") from error
    if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
        raise BadSignature("not a list of specs")
    return specs


def _column(spec: Mapping[str, object]) -> Column:
    name = spec.get("name")
    required = spec.get("required", not spec.get("optional", False))
    return Column(None if name is None else str(name), str(spec["type"]), bool(required))


def _tensor(spec: Mapping[str, object]) -> TensorSpec:
    name, inner = spec.get("name"), spec["tensor-spec"]
    if not isinstance(inner, dict):
        raise TypeError("tensor-spec")
    return TensorSpec(None if name is None else str(name), str(inner["dtype"]), _shape(inner["shape"]))


def _shape(sizes: Any) -> tuple[int, ...]:  # any JSON; a TypeError if it is no list
    return () if sizes is None else tuple(int(size) for size in sizes)
