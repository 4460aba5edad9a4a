"""What `spec.rollout.gates` says: what a new version is judged by."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    WrapSerializer,
    model_validator,
)

from platformctl.domain.base import Frozen
from platformctl.domain.fields import refusal
from platformctl.domain.gates import Kind, Unit
from platformctl.domain.policy_fields import (
    AlsoWritten,
    Bound,
    Failures,
    Figure,
    GateName,
    Margin,
    RateLimit,
)
from platformctl.domain.scaling import Address, Query
from platformctl.domain.wording import said

MOST_QUERIES = 20
"""What is known of each is part of the recorded state."""


def _switch(value: object) -> object:
    """`false` turns a gate off; `true` is a gate with nothing else said."""
    if isinstance(value, bool):
        return {} if value else None
    if isinstance(value, (Mapping, Frozen)):
        return value
    raise refusal(f"must be a mapping or false, not {said(value)}", "write false to turn the gate off")


def _written(gate: object, write: SerializerFunctionWrapHandler) -> Any:  # any JSON value
    return False if gate is None else write(gate)


class RateGate(Frozen):
    """A count that is compared with that of the version that serves."""

    margin: Margin = Field(
        default=2.0,
        description="How many times the rate of the version that serves is tolerated; more than 1.",
    )
    limit: RateLimit | None = Field(
        default=None,
        description="The part of the requests, between 0 and 1, above which the new version fails, whatever "
        "the other one does. Default: none; after the last step one is made from what the other one had.",
    )
    unit: Unit = Field(
        default=Unit.REQUEST,
        description="request: requests fail independently of each other. window: they may fail in bursts, as "
        "those of one client do; it takes more of them then, and the last step a person's approval.",
    )


class LatencyGate(RateGate):
    """The part of the answers that are slow."""

    threshold: Bound | None = Field(
        default=None,
        description="An answer that takes longer is slow: 250ms, 1s. Default: twice what 95 % of the "
        "answers of the version that serves had taken when the rollout began, and 50ms at least.",
    )


class QueryGate(Frozen):
    """A figure from Prometheus that has to stay in a range."""

    name: GateName = Field(description="What the figure is called: lower case letters, digits and '-'.")
    query: Query = Field(
        description="A query of PromQL that gives one number. {revision} in it stands for the name of a "
        "revision, {model} for the deployment's."
    )
    address: Address | None = Field(
        default=None, description="Where Prometheus answers. Default: the address that platformctl.toml says."
    )
    of: Literal["value", "ratio"] = Field(
        default="value",
        description="value: the number for the new version. ratio: that number, divided by the one for the "
        "version that serves; {revision} has to be in the query then.",
    )
    min: Figure | None = Field(
        default=None, description="The least that it may be, in the query's own unit. Default: none."
    )
    max: Figure | None = Field(
        default=None, description="The most that it may be, in the query's own unit. Default: none."
    )
    failures: Failures = Field(
        default=1,
        description="The number of times in a row that it is out of its range before the new version fails.",
    )

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if self.min is None and self.max is None:
            raise refusal("has no range", "write min, max, or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refusal(f"min ({self.min:g}) is more than max ({self.max:g})", "change one of them")
        if self.of == "ratio" and "{revision}" not in self.query:
            raise refusal(
                "of: ratio asks the same query for two revisions, and it names none",
                "write {revision} in the query",
            )
        return self


def _distinct(queries: tuple[QueryGate, ...]) -> tuple[QueryGate, ...]:
    if len(queries) > MOST_QUERIES:
        raise refusal(f"there are {len(queries)} queries", f"write at most {MOST_QUERIES}")
    names = [*Kind, *(gate.name for gate in queries)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise refusal(f"two gates are called {twice}", "give each a name of its own")
    return queries


_OFF = AlsoWritten({"type": "boolean"})
Gated = Annotated[RateGate | None, BeforeValidator(_switch), WrapSerializer(_written), _OFF]
LatencyGated = Annotated[LatencyGate | None, BeforeValidator(_switch), WrapSerializer(_written), _OFF]
Queries = Annotated[
    tuple[QueryGate, ...],
    AfterValidator(_distinct),
    Field(json_schema_extra={"maxItems": MOST_QUERIES}),
]


class Gates(Frozen):
    """What a new version is judged by. `false` turns one off."""

    errors: Gated = Field(default=RateGate(), description="5xx, resets and timeouts.")
    latency: LatencyGated = Field(default=LatencyGate(), description="Slow answers.")
    client_errors: Gated = Field(
        default=RateGate(), description="4xx: the client's errors, unless the new version has more of them."
    )
    queries: Queries = Field(default=(), description="Figures from Prometheus. Default: none.")
