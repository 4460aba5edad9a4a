"""What Kubernetes and KServe take as a label, a resource's name, a variable's name; refused here first.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ and
k8s.io/apimachinery/pkg/util/validation, v0.35.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from platformctl.domain.fields import refusal
from platformctl.domain.wording import said

LABEL_LIMIT = 63
"""Characters of a label's value, of a name after its prefix, and of a host's part."""

LABEL_VALUE_PATTERN = r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"
LABEL_KEY_PATTERN = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
)
RESOURCE_PATTERN = LABEL_KEY_PATTERN.replace("/)?", "/)", 1)
VARIABLE_PATTERN = r"^[A-Za-z._-][A-Za-z0-9._-]*$"

_VALUE = re.compile(LABEL_VALUE_PATTERN)
_KEY = re.compile(LABEL_KEY_PATTERN)
_VARIABLE = re.compile(VARIABLE_PATTERN)
_PREFIX_LIMIT = 253
_DEVICE_PREFIX_LIMIT = _PREFIX_LIMIT - len("requests.")
"""A quota has that before it."""
_KEY_LIMIT = _PREFIX_LIMIT + 1 + LABEL_LIMIT
_REFUSED_VARIABLES = {
    "PYTHONPATH": "KServe refuses it: set the path in the image itself",
    "PROTOCOL": "write protocol: v1 or protocol: v2, beside env",
    "PLATFORMCTL_MODEL_NAME": "platformctl sets it, to the deployment's name",
    "PLATFORMCTL_REVISION": "platformctl sets it, to the revision's name",
    "STORAGE_URI": "leave it out: the model's files are mounted at /mnt/models (model: true)",
}


def _label_value(text: str) -> str:
    if _VALUE.fullmatch(text):
        return text
    hint = f"at most {LABEL_LIMIT} letters and digits, and between them '-', '_' and '.'"
    raise refusal(f"{said(text)} is not a label's value", hint)


def _is_key(text: str) -> bool:
    prefix = text.rpartition("/")[0]
    return len(text) <= _KEY_LIMIT and len(prefix) <= _PREFIX_LIMIT and _KEY.fullmatch(text) is not None


def _label_key(text: str) -> str:
    if _is_key(text):
        return text
    raise refusal(f"{said(text)} is not a label's key", "such as disk, or example.com/pool")


def _keys(labels: Mapping[str, str]) -> Mapping[str, str]:
    for key in labels:
        _label_key(key)
    return labels


def _resource(text: str) -> str:
    """The rule of v1helper.IsExtendedResourceName."""
    prefix = text.partition("/")[0]
    if "/" not in text or not _is_key(text) or len(prefix) > _DEVICE_PREFIX_LIMIT:
        raise refusal(
            f"{said(text)} is not the name of a resource of nodes", "vendor/name, such as nvidia.com/gpu"
        )
    if prefix == "kubernetes.io" or prefix.endswith(".kubernetes.io") or text.startswith("requests."):
        raise refusal(f"{said(text)} is no device: Kubernetes keeps that prefix", "such as nvidia.com/gpu")
    return text


def _variables(env: Mapping[str, str]) -> Mapping[str, str]:
    for name in env:
        if not _VARIABLE.fullmatch(name):
            raise refusal(
                f"{said(name)} is not a variable's name", "letters, digits, '_', '-' and '.', such as THREADS"
            )
        if name in _REFUSED_VARIABLES:
            raise refusal(f"{name} is not to be set here", _REFUSED_VARIABLES[name])
    return env


LabelValue = Annotated[
    str, AfterValidator(_label_value), WithJsonSchema({"type": "string", "pattern": LABEL_VALUE_PATTERN})
]
Labels = Annotated[
    Mapping[str, LabelValue],
    AfterValidator(_keys),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": LABEL_KEY_PATTERN},
            "additionalProperties": {"type": "string", "pattern": LABEL_VALUE_PATTERN},
        }
    ),
]
LabelKey = Annotated[
    str, AfterValidator(_label_key), WithJsonSchema({"type": "string", "pattern": LABEL_KEY_PATTERN})
]
ResourceName = Annotated[
    str, AfterValidator(_resource), WithJsonSchema({"type": "string", "pattern": RESOURCE_PATTERN})
]
Variables = Annotated[
    Mapping[str, str],
    AfterValidator(_variables),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": VARIABLE_PATTERN, "not": {"enum": sorted(_REFUSED_VARIABLES)}},
            "additionalProperties": {"type": "string"},
        }
    ),
]
