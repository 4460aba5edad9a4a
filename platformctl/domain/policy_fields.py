"""The types of the fields of `spec.rollout` that are numbers with a meaning."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from platformctl.domain.durations import Duration, span
from platformctl.domain.fields import finite, refusal
from platformctl.domain.wording import said


def _alpha(value: float) -> float:
    if not 0.0001 <= value <= 0.2:  # noqa: PLR2004 - what a chance of being wrong may reasonably be
        raise refusal(
            f"{said(value)} is not a chance between 0.0001 and 0.2", "write 0.01 for one in a hundred"
        )
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


def _positive(text: str) -> str:
    if span(text) <= timedelta():
        raise refusal(f"{said(text)} is no time at all", "write 250ms")
    return text


Alpha = Annotated[
    float,
    BeforeValidator(finite),
    AfterValidator(_alpha),
    Field(json_schema_extra={"minimum": 0.0001, "maximum": 0.2}),
]
Margin = Annotated[
    float,
    BeforeValidator(finite),
    AfterValidator(_margin),
    Field(json_schema_extra={"minimum": 1.1, "maximum": 100}),
]
RateLimit = Annotated[
    float,
    BeforeValidator(finite),
    AfterValidator(_limit),
    Field(json_schema_extra={"minimum": 0.00001, "maximum": 0.9}),
]
Bound = Annotated[Duration, AfterValidator(_positive)]
