"""How many replicas a revision has, and by what they become more and fewer."""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from platformctl.domain.base import Frozen
from platformctl.domain.fields import MOST_REPLICAS, Replicas, Threshold, Utilisation, refusal
from platformctl.domain.names import RevisionId
from platformctl.domain.wording import said

DEFAULT_CPU = 80
"""Percent of the requested processor time: what replicas are held at where the spec names no target."""

_ADDRESS_PATTERN = r"^https?://[^\s@/?#]+(/[^\s?#]*)?$"
"""For the schema; `_address` is the whole rule."""

_REVISION = "{revision}"


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        named = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        named = False
    if not named or not re.fullmatch(_ADDRESS_PATTERN, text):
        raise refusal(
            f"{said(text)} is not a URL of host, port and path", "such as http://prometheus.monitoring:9090"
        )
    return text


def _query(text: str) -> str:
    if not text.strip():
        raise refusal("is empty", "write a query of PromQL that gives one number")
    return text


def _awake(value: object) -> object:
    if value == 0 and not isinstance(value, bool):
        raise refusal(
            "0 is less than 1",
            "write 1 or more: nobody would answer; to remove it: platformctl delete NAME",
        )
    return value


Address = Annotated[
    str, AfterValidator(_address), WithJsonSchema({"type": "string", "pattern": _ADDRESS_PATTERN})
]
Query = Annotated[str, AfterValidator(_query), WithJsonSchema({"type": "string", "pattern": r"\S"})]


class Prometheus(Frozen):
    """A query to Prometheus by which KEDA scales a revision."""

    address: Address = Field(
        description="Where KEDA reaches Prometheus: an http or https URL, without a password."
    )
    query: Query = Field(
        description="A query of PromQL that gives one number. {revision} in it stands for the name of the "
        "revision that is scaled; without it a canary is scaled by what all revisions get.",
    )
    threshold: Threshold = Field(
        description="What one replica is to have of that number, in the query's own unit: with 50 there are "
        "as many replicas as there are times 50 in it."
    )

    def of(self, revision: RevisionId) -> "Prometheus":
        """The same, with the query for that revision."""
        return self.model_copy(update={"query": self.query.replace(_REVISION, revision)})


class Scaling(Frozen):
    """How many replicas, and by what they scale. Changed in place: it is not part of a revision."""

    min: Annotated[Replicas, BeforeValidator(_awake)] = Field(
        default=1, description="The number of replicas of a revision that serves, at least."
    )
    max: Replicas | None = Field(
        default=None,
        description="The number of replicas at most. Default: the same as min. The local target does "
        "not scale by itself.",
    )
    cpu: Utilisation | None = Field(
        default=None,
        description="The use of processor time, in percent of resources.cpu, that replicas are held at: "
        "above it there are more of them, below it fewer. Default: "
        f"{DEFAULT_CPU} where max is more than min and nothing else is said, else none.",
    )
    memory: Utilisation | None = Field(
        default=None,
        description="The same of memory, in percent of resources.memory. Default: none.",
    )
    prometheus: Prometheus | None = Field(
        default=None, description="Scale by a query instead, with KEDA. Default: none."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max ({self.max}) is less than min ({self.min})")
        return self

    @model_validator(mode="after")
    def _something_to_scale(self) -> Self:
        given = [key for key in ("cpu", "memory", "prometheus") if getattr(self, key) is not None]
        if not given:
            return self
        if self.max is None or self.max == self.min:
            wider = (
                f"write max: {2 * self.min}" if 2 * self.min <= MOST_REPLICAS else "make min less than max"
            )
            raise refusal(
                f"{given[0]} has nothing to do: min and max are both {self.min}",
                f"{wider}, or leave {' and '.join(given)} out",
            )
        if "prometheus" in given and len(given) > 1:
            message = f"has {given[0]} and prometheus: KServe scales by resources (HPA) or by a query (KEDA)"
            raise refusal(message, "keep one of them")
        return self
