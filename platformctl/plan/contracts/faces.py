"""What callers of a revision see: from its model's signature, and what stands before and after that. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from platformctl.domain.components import Image, Output
from platformctl.domain.errors import SpecError
from platformctl.domain.examples import v1_request
from platformctl.domain.features import Features
from platformctl.domain.revision import ByFormat, Code, Revision
from platformctl.domain.signatures import (
    ANY,
    Castable,
    Column,
    Columns,
    Kind,
    Param,
    Scalar,
    Seen,
    Signature,
    Table,
)
from platformctl.plan.contracts.kinds import NESTED, NULL, NUMBER, TEXT, TRUTH, WHOLE


@dataclass(frozen=True)
class Face:
    """What callers of a revision send and get.

    Args:
        label: The revision's model, as people say it.
        inputs: What they send; None: it is not known.
        outputs: What they get; None: it is not known.
        params: The parameters of a request; None: they are not known.
        answer: What the spec says that a classifier answers; None: as the model was logged.
        lists: Whether rows may be lists, in the order of the columns.
    """

    label: str
    inputs: Table | None
    outputs: Table | None = None
    params: tuple[Param, ...] | None = None
    answer: Output | None = None
    lists: bool = True


def hidden(revision: Revision) -> str | None:
    """Why what callers of a revision see cannot be known, in words; None: the model's signature says it."""
    for part, component in (("transformer", revision.transformer), ("predictor", revision.predictor)):
        if isinstance(component, Code | Image):
            what = f"class {component.class_}" if isinstance(component, Code) else "image"
            return f"what callers of {revision.id} send and get is up to its {part}, the {what} of one's own"
    return None


def by_signature(revision: Revision, signature: Signature) -> Face:
    """What callers see of a model with a signature."""
    face = Face(revision.model.label, signature.inputs, signature.outputs, signature.params)
    return _behind(revision, face)


def by_example(revision: Revision, example: bytes) -> Face | None:
    """What can be known of a model by its own input example; None: nothing.

    A column is required if all rows have it; its kind is that of the values in it.
    """
    try:
        rows = json.loads(v1_request(example))["instances"]
    except SpecError:
        return None
    columns = tuple(_of_objects(rows) or _of_lists(rows))
    return _behind(revision, Face(revision.model.label, Columns(columns))) if columns else None


def _of_objects(rows: Sequence[Any]) -> Sequence[Column]:
    if not rows or not all(isinstance(row, dict) for row in rows):
        return ()
    names = dict.fromkeys(name for row in rows for name in row)
    return [
        Column(name, _seen(row[name] for row in rows if name in row), all(name in row for row in rows))
        for name in names
    ]


def _of_lists(rows: Sequence[Any]) -> Sequence[Column]:
    lists = [row if isinstance(row, list) else [row] for row in rows if not isinstance(row, dict)]
    if not lists or len(lists) < len(rows) or any(len(row) != len(lists[0]) for row in lists):
        return ()
    return [Column(None, _seen(values)) for values in zip(*lists, strict=True)]


def _seen(values: Iterator[Any] | Sequence[Any]) -> Kind:
    return Seen(frozenset(map(_json_kind, values)))


def _json_kind(value: object) -> str:
    match value:
        case None:
            return NULL
        case bool():
            return TRUTH
        case int():
            return WHOLE
        case float():
            return WHOLE if value.is_integer() else NUMBER
        case str():
            return TEXT
        case _:
            return NESTED


def _behind(revision: Revision, face: Face) -> Face:
    """What is seen of it through the transformer, and with what the spec says of the answer."""
    answer = revision.predictor.output if isinstance(revision.predictor, ByFormat) else None
    face = replace(face, answer=answer)
    if not isinstance(revision.transformer, Features):
        return face
    return replace(face, inputs=_raw(face.inputs, revision.transformer), lists=False)


def _raw(inputs: Table | None, features: Features) -> Table | None:
    """The columns that callers send, so that the transformer makes those of the model.

    What it does: docs/transformers.md. None where it says nothing of a model of tensors, or of columns
    without names.
    """
    if not isinstance(inputs, Columns):
        return None
    known = _named(inputs.columns, features.select)
    if known is None:
        return None
    callers = {name: caller for caller, name in features.rename.items()}
    raw: list[Column] = []
    for name in features.select or tuple(known):
        caller = callers.get(name, None if name in features.rename else name)
        if caller is None:
            continue  # it is its default, whatever callers send
        column = known.get(name, Column(name, Scalar(ANY)))
        kind = Castable(features.cast[name]) if name in features.cast else column.kind
        raw.append(Column(caller, kind, column.required and name not in features.default))
    return Columns(tuple(raw))


def _named(columns: Sequence[Column], select: Sequence[str] | None) -> Mapping[str, Column] | None:
    """The columns by name; of those without, `select` says the names in their order."""
    if all(column.name is not None for column in columns):
        return {str(column.name): column for column in columns}
    if select is None or len(select) != len(columns):
        return None
    return dict(zip(select, columns, strict=True))
