"""How many replicas a revision has, and by what they become more and fewer."""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from platformctl.domain.base import Frozen
from platformctl.domain.fields import MOST_REPLICAS, Count, Load, Replicas, Threshold, Utilisation, refusal
from platformctl.domain.names import RevisionId
from platformctl.domain.wording import said

DEFAULT_CPU = 80
"""Percent of the requested processor time: what replicas are held at where the spec names no target, and what
serves has no rule of its own."""

_ADDRESS_PATTERN = r"^https?://[^\s@/?#]+(/[^\s?#]*)?$"
"""For the schema; `_address` is the whole rule."""

_REVISION = "{revision}"

_SCALERS = {"cpu": "hpa", "memory": "hpa", "prometheus": "keda", "concurrency": "kpa", "rps": "kpa"}
"""What scales by each target. Knative's own scaler (kpa) looks at one of its two."""
_NEVER_NONE = frozenset({"hpa", "keda"})
"""Those that a request does not wake."""


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

    min: Count = Field(
        default=1,
        description="The number of replicas of a revision that serves, at least. 0: none while nobody asks, "
        "and the first request waits until there is one; only in Knative mode.",
    )
    max: Replicas | None = Field(
        default=None,
        description="The number of replicas at most. Default: the same as min, or 1. The local target does "
        "not scale by itself.",
    )
    cpu: Utilisation | None = Field(
        default=None,
        description="The use of processor time, in percent of resources.cpu, that replicas are held at: "
        "above it there are more of them, below it fewer. Default: "
        f"{DEFAULT_CPU} where max is more than min and nothing else is said, else none; none in Knative "
        "mode.",
    )
    memory: Utilisation | None = Field(
        default=None,
        description="The same of memory, in percent of resources.memory. Default: none.",
    )
    prometheus: Prometheus | None = Field(
        default=None,
        description="Scale by a query instead, with KEDA; only in Standard mode. Default: none.",
    )
    concurrency: Load | None = Field(
        default=None,
        description="The number of requests at a time that a replica is to have; only in Knative mode. "
        "Default: there, the cluster's own (100) where max is more than min and nothing else is said; else "
        "none.",
    )
    rps: Load | None = Field(
        default=None,
        description="The number of requests a second that a replica is to have; only in Knative mode. "
        "Default: none.",
    )

    @property
    def most(self) -> int:
        """The number of replicas at most."""
        return self.max or max(1, self.min)

    @property
    def targets(self) -> tuple[str, ...]:
        """The fields that say by what they scale."""
        return tuple(key for key in _SCALERS if getattr(self, key) is not None)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max ({self.max}) is less than min ({self.min})")
        return self

    @model_validator(mode="after")
    def _something_to_scale(self) -> Self:
        given = self.targets
        if given and self.most == self.min:
            wider = (
                f"write max: {2 * self.min}" if 2 * self.min <= MOST_REPLICAS else "make min less than max"
            )
            raise refusal(
                f"{given[0]} has nothing to do: min and max are both {self.min}",
                f"{wider}, or leave {' and '.join(given)} out",
            )
        return self

    @model_validator(mode="after")
    def _one_scaler(self) -> Self:
        first, *others = self.targets or ("",)
        other = next((key for key in others if {first, key} != {"cpu", "memory"}), None)
        if other is not None:
            raise refusal(
                f"has {first} and {other}: KServe scales by resources (HPA), by a query (KEDA), or by "
                "requests (Knative, concurrency or rps)",
                "keep one of them",
            )
        if self.min == 0 and _SCALERS.get(first) in _NEVER_NONE:
            raise refusal(
                f"min is 0, and a revision that scales by {first} has to keep a replica: no request would "
                "wake it",
                f"write min: 1, or scale by concurrency or rps (Knative mode) instead of {first}",
            )
        return self
