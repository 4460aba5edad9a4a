"""The types of the spec's fields: what a schema says of them, and the rules that it cannot say.

Every refusal carries what to do instead, as the `hint` in pydantic's error context.
"""

import math
import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from platformctl.domain import names, quantity
from platformctl.domain.errors import SpecError
from platformctl.domain.wording import said

REFUSED = "refused"
"""The type of the pydantic errors that are raised here; their context holds `message` and `hint`."""

ALIAS_PATTERN = r"^(?![lL][aA][tT][eE][sS][tT]$)(?![vV][0-9]+$)[^/.:\s]+$"
"""For the schema; `_alias` is the whole rule."""

MOST_REPLICAS = 10_000

_ALIAS_LIMIT = 255
_LEAST_MEMORY = Decimal(2) ** 20
_LEAST_CORES = Decimal("0.001")
_LEAST_BODY = Decimal(2) ** 10
_MODEL_URI = re.compile(r"models:/+([^/@:]+)(?:/(\d+)|@([\w-]+))?")
_DIGITS = re.compile(r"\s*([0-9]{1,9})(?:\.0+)?\s*%?\s*")


def refusal(message: str, hint: str | None = None) -> PydanticCustomError:
    """Return the error to raise from a validator: what is wrong, and what to do."""
    text = f"{message}; {hint}" if hint else message
    # A template of one placeholder: braces in a person's value are not ours to interpret.
    return PydanticCustomError(REFUSED, "{text}", {"text": text, "message": message, "hint": hint})


def _name(text: str) -> str:
    try:
        return names.name(text)
    except SpecError as error:
        raise refusal(error.message.replace(repr(text), said(text)), error.hint) from error


def _model_name(text: str) -> str:
    """MLflow's rule: mlflow.utils.validation._validate_model_name."""
    if not text.strip():
        raise refusal("a model's name is not empty")
    if "/" in text or ":" in text:
        raise refusal(f"{said(text)}: MLflow has no '/' and no ':' in a model's name", _instead_of_uri(text))
    return text


def _instead_of_uri(text: str) -> str | None:
    match = _MODEL_URI.fullmatch(text)
    if not match:
        return None
    name, version, alias = match.groups()
    also = f" and version: {version}" if version else f" and alias: {alias}" if alias else ""
    return f"write name: {name}{also}"


def _alias(text: str) -> str:
    """MLflow's rule: mlflow.utils.validation._validate_model_alias_name(_reserved)."""
    if text.lower() == "latest":
        raise refusal(
            f"{said(text)} is reserved by MLflow",
            "leave alias out: `deploy` then takes the newest version that is ready",
        )
    if number := re.fullmatch(r"[vV]([0-9]{1,9})", text):
        raise refusal(f"{said(text)} is a version, not an alias", f"write version: {int(number[1])}")
    if re.fullmatch(r"[vV]\d+", text):
        raise refusal(f"{said(text)} is reserved by MLflow", "use an alias such as champion")
    if not re.fullmatch(r"[\w-]+", text):
        raise refusal(
            f"{said(text)} is not an alias: letters, digits, '_' and '-'", "use an alias such as champion"
        )
    if len(text) > _ALIAS_LIMIT:
        raise refusal(f"an alias has at most {_ALIAS_LIMIT} characters, this one has {len(text)}")
    return text


def whole(value: object) -> object:
    """Refuse what is no whole number, text and truth values among it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    meant = _DIGITS.fullmatch(str(value)) if isinstance(value, (str, float)) else None
    hint = f"write {int(meant[1])}, without quotes or unit" if meant else "write a number such as 3"
    raise refusal(f"{said(value)} is not a whole number", hint)


def _percent(value: object) -> object:
    number = whole(value)
    if number == 0:
        raise refusal(
            "a canary has 1 to 99 percent, not 0",
            "leave canary out; to take a running canary's share away: platformctl rollback",
        )
    if number == 100:  # noqa: PLR2004 - percent
        raise refusal(
            "a canary has 1 to 99 percent, not 100",
            "leave canary out: a new version then takes all requests once it is ready",
        )
    if not isinstance(number, int) or not 0 < number < 100:  # noqa: PLR2004 - percent
        raise refusal(f"a canary has 1 to 99 percent, not {said(number)}", "write a share such as 10")
    return number


def _as_text(value: object) -> object:
    """Numbers are natural in YAML: `cpu: 1` is "1", `cpu: 0.5` is "0.5"."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return f"{number:f}"


def _parsed(text: str) -> Decimal:
    try:
        return quantity.parse(text)
    except ValueError as error:
        shown = str(error).replace(repr(text), said(text))
        message, _, hint = shown.partition("; ")
        raise refusal(message, hint or None) from error


def _cores(text: str) -> str:
    if _parsed(text) < _LEAST_CORES:
        raise refusal(f"{said(text)} is less than a thousandth of a core", "write 1, or 500m for a half")
    return text


def _memory(text: str) -> str:
    if _parsed(text) < _LEAST_MEMORY:
        meant = f"{text[:-1]}Mi" if text.endswith("m") else f"{text}Gi" if text.isdigit() else "512Mi"
        unit = "m is a thousandth" if text.endswith("m") else "without a unit it is bytes"
        raise refusal(f"{said(text)} is less than 1Mi of memory: {unit}", f"write {meant}")
    return text


def _size(text: str) -> str:
    size = _parsed(text)
    if size < _LEAST_BODY or size % 1:
        raise refusal(f"{said(text)} is less than 1Ki, or not a whole number of bytes", "write 32Mi")
    return text


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    raise refusal(f"{said(value)} is not true or false", "write true or false, without quotes")


def _type_name(text: str) -> str:
    if re.fullmatch(r"\S+", text):
        return text
    raise refusal(f"{said(text)} is no type's name", "write package.module.Type")


def finite(value: object) -> object:
    """Refuse what is no number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    percent = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) *%", value) if isinstance(value, str) else None
    meant = f"{float(percent[1]) / 100:g}" if percent else "a number such as 0.5"
    raise refusal(f"{said(value)} is not a number", f"write {meant}, without quotes or unit")


def _scalar(value: object) -> object:
    if isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise refusal(f"{said(value)} is no value of a column", "write a text, a number, true or false")


whole_number = BeforeValidator(whole)
DeploymentName = Annotated[
    str,
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": names.NAME_PATTERN, "maxLength": names.NAME_LIMIT}),
]
ModelName = Annotated[
    str, AfterValidator(_model_name), WithJsonSchema({"type": "string", "pattern": r"^[^/:]*[^/:\s][^/:]*$"})
]
AliasName = Annotated[
    str,
    AfterValidator(_alias),
    WithJsonSchema({"type": "string", "pattern": ALIAS_PATTERN, "maxLength": _ALIAS_LIMIT}),
]
_QUANTITY_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,9})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"},
        {"type": "number", "exclusiveMinimum": 0},
    ]
}
Cores = Annotated[str, BeforeValidator(_as_text), AfterValidator(_cores), WithJsonSchema(_QUANTITY_SCHEMA)]
Memory = Annotated[str, BeforeValidator(_as_text), AfterValidator(_memory), WithJsonSchema(_QUANTITY_SCHEMA)]
Percent = Annotated[int, Field(ge=1, le=99), BeforeValidator(_percent)]
Devices = Annotated[int, Field(ge=1, le=10_000), whole_number]
WaitSeconds = Annotated[int, Field(ge=0), whole_number]
Utilisation = Annotated[int, Field(ge=1, le=100), whole_number]
Port = Annotated[int, Field(ge=1, le=65_535), whole_number]
ImageReference = Annotated[str, Field(min_length=1, pattern=r"^\S+$")]
Replicas = Annotated[int, Field(ge=1, le=MOST_REPLICAS), whole_number]
Count = Annotated[int, Field(ge=0, le=10_000), whole_number]
Load = Annotated[int, Field(ge=1, le=1_000_000), whole_number]
VersionNumber = Annotated[int, Field(ge=1), whole_number]
Flag = Annotated[bool, BeforeValidator(_flag)]
TypeName = Annotated[str, AfterValidator(_type_name), WithJsonSchema({"type": "string", "pattern": r"^\S+$"})]
Seconds = Annotated[float, Field(gt=0), BeforeValidator(finite)]
Threshold = Annotated[float, Field(ge=0.001, le=10**12), BeforeValidator(finite)]
"""What Kubernetes can hold as a quantity: no finer than a thousandth."""
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(finite)]
Bytes = Annotated[str, BeforeValidator(_as_text), AfterValidator(_size), WithJsonSchema(_QUANTITY_SCHEMA)]
CallRows = Annotated[int, Field(ge=1, le=100_000), whole_number]
RequestCount = Annotated[int, Field(ge=1), whole_number]
Scalar = Annotated[bool | int | float | str, BeforeValidator(_scalar)]
