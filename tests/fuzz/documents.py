"""The OpenAPI document of a served model's inference routes, by its columns, for schemathesis."""

from collections.abc import Mapping
from typing import Any

from tests.fuzz.bodies import DATATYPES
from tests.fuzz.subjects import Subject

_LONG = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
_NUMBER = {"type": ["number", "null"], "minimum": -1e300, "maximum": 1e300}
_TYPES: dict[str, Mapping[str, Any]] = {
    "long": _LONG,
    "integer": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "double": _NUMBER,
    "float": {"type": ["number", "null"], "minimum": -1e30, "maximum": 1e30},
    "boolean": {"type": "boolean"},
    "string": {"type": ["string", "null"], "maxLength": 40},
    "binary": {"enum": ["AAAA", "", None]},
    "datetime": {"enum": ["2024-01-01", "1999-12-31T23:59:59.5", "2024-01-01T00:00:00+02:00", None]},
}
_PARAM: dict[str, Mapping[str, Any]] = {
    "long": {"enum": [0, 3, -(2**63), 2**63 - 1, None]},  # 3.0 is an integer to a schema, not to MLflow
    "double": _NUMBER,
    "string": {"type": ["string", "null"]},
}


def document(subject: Subject) -> dict[str, Any]:
    """OpenAPI 3.1: what it lets through, the model answers with 200."""
    paths = {
        "/v1/models/churn:predict": _operation("predict", _v1(subject)),
        "/v2/models/churn/infer": _operation("infer", _v2(subject)),
    }
    info = {"title": "Inference routes", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths}


def _operation(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    responses = {
        "200": {"description": "What the model says"},
        "400": {"description": "The caller's mistake"},
    }
    return {"post": {"operationId": name, "requestBody": body, "responses": responses}}


def _v1(subject: Subject) -> dict[str, Any]:
    properties: dict[str, Any] = {"instances": {"type": "array", "items": _row(subject), "maxItems": 5}}
    if subject.params is not None:
        properties["params"] = _params(subject)
    return _object(properties, ["instances"])


def _row(subject: Subject) -> dict[str, Any]:
    if not subject.columns:
        value = {"type": "number", "minimum": -1e300, "maximum": 1e300}
        return {"type": "array", "items": value, "minItems": subject.width, "maxItems": subject.width}
    properties = {column.name: dict(_TYPES[column.type]) for column in subject.columns}
    return {
        **_object(properties, [c.name for c in subject.columns if c.required]),
        "additionalProperties": True,
    }


def _v2(subject: Subject) -> dict[str, Any]:
    """Requests of one row: a schema cannot say that a shape and the number of values agree."""
    if subject.columns:
        tensors = [_tensor(c.name, DATATYPES[c.type], [1], dict(_TYPES[c.type])) for c in subject.columns]
    else:
        value = {"type": "number", "minimum": -1e300, "maximum": 1e300}
        tensors = [_tensor("x", "FP64", [1, subject.width], value, subject.width)]
    inputs = {"type": "array", "prefixItems": tensors, "minItems": len(tensors), "maxItems": len(tensors)}
    properties: dict[str, Any] = {"id": {"type": "string"}, "inputs": inputs}
    if subject.params is not None:
        properties["parameters"] = _params(subject)
    return _object(properties, ["inputs"])


def _tensor(name: str, datatype: str, shape: list[int], value: Any, width: int = 1) -> dict[str, Any]:
    data = {"type": "array", "items": value, "minItems": width, "maxItems": width}
    properties = {
        "name": {"const": name},
        "shape": {"const": shape},
        "datatype": {"const": datatype},
        "data": data,
    }
    return _object(properties, list(properties))


def _params(subject: Subject) -> dict[str, Any]:
    kinds = subject.params or {}
    known = {
        name: {"type": "array", "items": _PARAM[kind[1:-1]]} if kind.startswith("[") else _PARAM[kind]
        for name, kind in kinds.items()
    }
    return _object(known, [])


def _object(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }
