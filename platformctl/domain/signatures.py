"""What a model takes and gives: MLflow's signature as values. Pure.

Source of the format: `ModelSignature.to_dict` and `mlflow.types.schema` of MLflow 3: three texts of JSON in
the MLmodel file, each a list of columns, of tensors, or of parameters.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platformctl.domain.base import Frozen

ANY = "any"


class SignatureText(Frozen):
    """A signature as an MLmodel file has it: each part is JSON, or is not there."""

    inputs: str | None = None
    outputs: str | None = None
    params: str | None = None


@dataclass(frozen=True)
class Scalar:
    """One value of a type that MLflow names: `long`, `double`, …; or `any`: it is not checked."""

    name: str

    def __str__(self) -> str:
        """As it is shown."""
        return self.name


@dataclass(frozen=True)
class Listed:
    """A list of values of one kind."""

    items: "Kind"

    def __str__(self) -> str:
        """As it is shown."""
        return f"a list of {self.items}"


@dataclass(frozen=True)
class Mapped:
    """An object with any keys, and values of one kind."""

    values: "Kind"

    def __str__(self) -> str:
        """As it is shown."""
        return f"a map to {self.values}"


@dataclass(frozen=True)
class Object:
    """An object with known keys; each has a kind, and whether it has to be there."""

    properties: Mapping[str, tuple["Kind", bool]]

    def __str__(self) -> str:
        """As it is shown; `?` after what may be absent."""
        each = (f"{name}: {kind}{'' if must else '?'}" for name, (kind, must) in self.properties.items())
        return f"an object of {', '.join(each)}"


@dataclass(frozen=True)
class Castable:
    """Whatever a transformer turns into a type that MLflow names."""

    to: str

    def __str__(self) -> str:
        """As it is shown."""
        return f"what becomes {self.to}"


@dataclass(frozen=True)
class Seen:
    """What the values of an example were, in words: `whole numbers`, `text`, `null`, …."""

    kinds: frozenset[str]

    def __str__(self) -> str:
        """As it is shown."""
        return f"{' and '.join(sorted(self.kinds))} in the example"


Kind = Scalar | Listed | Mapped | Object | Castable | Seen


@dataclass(frozen=True)
class Column:
    """One column; `name` is None where columns are known by their order only."""

    name: str | None
    kind: Kind
    required: bool = True


@dataclass(frozen=True)
class Tensor:
    """One tensor. -1 in `shape` stands for any size."""

    name: str | None
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Columns:
    """A table: rows of the same columns."""

    columns: tuple[Column, ...]

    @property
    def parts(self) -> "tuple[Column | Tensor, ...]":
        """The columns."""
        return self.columns


@dataclass(frozen=True)
class Tensors:
    """One tensor without a name, or several with."""

    tensors: tuple[Tensor, ...]

    @property
    def parts(self) -> "tuple[Column | Tensor, ...]":
        """The tensors."""
        return self.tensors


Table = Columns | Tensors


@dataclass(frozen=True)
class Param:
    """A parameter of a request; `shape` is () for a single value, (-1,) for a list."""

    name: str
    kind: Kind
    default: object
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Signature:
    """What a model takes and gives; None: that is not said."""

    inputs: Table | None
    outputs: Table | None
    params: tuple[Param, ...] = ()


class BadSignature(ValueError):
    """A signature that cannot be understood; the message says why."""


def parse(text: SignatureText) -> Signature:
    """Read a signature.

    Raises:
        BadSignature: A part of it is not what MLflow writes.
    """
    try:
        return Signature(
            inputs=_table(text.inputs),
            outputs=_table(text.outputs),
            params=tuple(_param(spec) for spec in _specs(text.params)),
        )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadSignature(f"{type(error).__name__}: {error}") from error


def _specs(text: str | None) -> Sequence[Mapping[str, Any]]:
    found = json.loads(text) if text else []
    if not isinstance(found, list) or not all(isinstance(spec, dict) for spec in found):
        raise TypeError("not a list of specs")
    return found


def _table(text: str | None) -> Table | None:
    specs = _specs(text)
    if not specs:
        return None
    if any(spec.get("type") == "tensor" for spec in specs):
        return Tensors(tuple(_tensor(spec) for spec in specs))
    return Columns(tuple(_column(spec) for spec in specs))


def _column(spec: Mapping[str, Any]) -> Column:
    return Column(_name(spec), _kind(spec), _required(spec))


def _tensor(spec: Mapping[str, Any]) -> Tensor:
    inner = spec["tensor-spec"]
    return Tensor(_name(spec), str(inner["dtype"]), _shape(inner["shape"]))


def _param(spec: Mapping[str, Any]) -> Param:
    kind = _kind({**spec, "type": spec.get("type") or spec["dtype"]})
    return Param(str(spec["name"]), kind, spec.get("default"), _shape(spec.get("shape") or ()))


def _kind(spec: Mapping[str, Any]) -> Kind:
    match spec["type"]:
        case "array":
            return Listed(_kind(spec["items"]))
        case "map":
            return Mapped(_kind(spec["values"]))
        case "object":
            each = spec["properties"].items()
            return Object({str(name): (_kind(inner), _required(inner)) for name, inner in each})
        case str(name):
            return Scalar(name)
        case other:
            raise TypeError(f"{other!r} is no type")


def _name(spec: Mapping[str, Any]) -> str | None:
    name = spec.get("name")
    return None if name is None else str(name)


def _required(spec: Mapping[str, Any]) -> bool:
    """MLflow wrote `optional` once, and writes `required` now."""
    return bool(spec.get("required", not spec.get("optional", False)))


def _shape(sizes: Sequence[Any]) -> tuple[int, ...]:
    return tuple(int(size) for size in sizes)
