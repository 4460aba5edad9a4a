"""The types of the fields of `spec.rollout` that are numbers and names with a meaning."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema

from platformctl.domain.durations import Duration, span
from platformctl.domain.fields import finite, refusal, whole, whole_number
from platformctl.domain.route import WHOLE
from platformctl.domain.wording import said

_NAME_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"


@dataclass(frozen=True)
class AlsoWritten:
    """For the schema: a value may be written in another, shorter way.

    Args:
        shape: The schema of that way.
    """

    shape: Mapping[str, Any]

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Both ways. That Python has None for one of them is not how it is written."""
        own = handler(core_schema)
        others = [choice for choice in own.get("anyOf", [own]) if choice.get("type") != "null"]
        return {"anyOf": [dict(self.shape), *others]}


def weight(value: object) -> int:
    """Return a share in percent.

    Raises:
        PydanticCustomError: It is none from 1 to 100.
    """
    number = whole(value)
    if not isinstance(number, int) or not 1 <= number <= WHOLE:
        raise refusal(f"a step has 1 to 100 percent, not {said(value)}", "write a share such as 10")
    return number


def _alpha(value: float) -> float:
    if not 0.0001 <= value <= 0.2:  # noqa: PLR2004 - what a chance of being wrong may reasonably be
        percent = 1 <= value <= 20  # noqa: PLR2004 - as a person may have meant it
        hint = f"write {value / 100:g}" if percent else "write 0.01 for one in a hundred"
        raise refusal(f"{said(value)} is not a chance between 0.0001 and 0.2", hint)
    return value


def _margin(value: float) -> float:
    if not 1.1 <= value <= 100:  # noqa: PLR2004 - nearer to 1 nothing would ever pass
        raise refusal(f"{said(value)} is not between 1.1 and 100", "write 2 for twice the rate")
    return value


def _limit(value: float) -> float:
    if not 0.00001 <= value <= 0.9:  # noqa: PLR2004 - a part that a sample can tell from 0 and from 1
        hint = f"write {value / 100:g}" if 1 <= value <= 90 else "write 0.01 for one in a hundred"  # noqa: PLR2004
        raise refusal(f"{said(value)} is not a part between 0.00001 and 0.9", hint)
    return value


def _with_unit(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        meant = f"{value:g}ms" if value > 0 else "250ms"
        raise refusal(f"{said(value)} is a number without a unit", f"write {meant}")
    return value


def _positive(text: str) -> str:
    if span(text) <= timedelta():
        raise refusal(f"{said(text)} is no time at all", "write 250ms")
    return text


def _gate_name(text: str) -> str:
    if not re.fullmatch(_NAME_PATTERN, text, re.ASCII):
        fits = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")
        raise refusal(
            f"{said(text)} is not a name: up to 63 lower case letters, digits and '-'",
            f"use {said(fits)}" if fits else "use a name such as revenue",
        )
    return text


Weight = Annotated[
    int, BeforeValidator(weight), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": WHOLE})
]
Requests = Annotated[int, Field(ge=0, le=1_000_000_000), whole_number]
Failures = Annotated[int, Field(ge=1, le=1000), whole_number]
Figure = Annotated[float, BeforeValidator(finite)]
GateName = Annotated[
    str, AfterValidator(_gate_name), WithJsonSchema({"type": "string", "pattern": _NAME_PATTERN})
]
Alpha = Annotated[
    float,
    BeforeValidator(_alpha),
    BeforeValidator(finite),
    Field(json_schema_extra={"minimum": 0.0001, "maximum": 0.2}),
]
Margin = Annotated[
    float,
    BeforeValidator(_margin),
    BeforeValidator(finite),
    Field(json_schema_extra={"minimum": 1.1, "maximum": 100}),
]
RateLimit = Annotated[
    float,
    BeforeValidator(_limit),
    BeforeValidator(finite),
    Field(json_schema_extra={"minimum": 0.00001, "maximum": 0.9}),
]
Bound = Annotated[Duration, AfterValidator(_positive), BeforeValidator(_with_unit)]
